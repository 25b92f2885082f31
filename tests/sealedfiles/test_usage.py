"""Which key an item needs, and how that is known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.sealedfiles.reading import read_sealed
from gitopskit.sealedfiles.stored_certificates import NamedCertificate
from gitopskit.sealedfiles.usage import (
    ItemKey,
    count_keys,
    item_keys,
    resolve_fingerprint,
    users_of,
    uses_in,
)
from gitopskit.sealing.sealed_secret import parse
from tests.support.sealed_manifests import (
    certificate_of,
    fingerprint_of,
    keyring_of,
    sealed_content,
    yaml_of,
)
from tests.support.sealing import BORN

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.sealed_text import SealedPart

_OLD, _NEW = fingerprint_of(0), fingerprint_of(1)


def _parts(*contents: JsonObject) -> tuple[SealedPart, ...]:
    return read_sealed(yaml_of(*contents), path="x.yaml").parts


def _forged() -> JsonObject:
    """Return a SealedSecret whose record names another key than the one it was sealed to."""
    content = sealed_content(items={"a": "1"})
    annotations = content["metadata"]["annotations"]
    annotations[KEY_RECORDS_ANNOTATION] = annotations[KEY_RECORDS_ANNOTATION].replace(_OLD, _NEW)
    return content


def test_a_record_tells_the_key() -> None:
    keys = item_keys(parse(sealed_content(items={"a": "1"})), keyring=None)

    assert keys == (ItemKey(item="a", recorded=_OLD),)
    assert (keys[0].fingerprint, keys[0].known) == (_OLD, "recorded")


@pytest.mark.parametrize("is_recorded", [True, False], ids=["another envelope", "no record"])
def test_without_a_record_of_this_envelope_the_key_is_unknown(is_recorded: bool) -> None:  # noqa: FBT001 -- pytest passes it by name
    content = sealed_content(items={"a": "1"}, is_recorded=is_recorded)
    content["spec"]["encryptedData"] = sealed_content(items={"a": "1"})["spec"]["encryptedData"]

    (key,) = item_keys(parse(content), keyring=None)

    assert (key.fingerprint, key.known, key.is_closed) == ("", "unknown", False)


def test_a_private_key_that_opens_an_unknown_item_tells_the_key() -> None:
    content = sealed_content(items={"a": "1"}, key=1, is_recorded=False)

    (key,) = item_keys(parse(content), keyring=keyring_of(0, 1))

    assert (key.fingerprint, key.known) == (_NEW, "opened")


def test_an_item_that_no_key_opens_stays_unknown() -> None:
    content = sealed_content(items={"a": "1"}, key=1, is_recorded=False)

    (key,) = item_keys(parse(content), keyring=keyring_of(0))

    assert (key.fingerprint, key.known, key.is_closed) == ("", "unknown", True)


def test_what_a_key_opens_is_certain_whatever_the_record_says() -> None:
    sealed = parse(_forged())

    (believed,) = item_keys(sealed, keyring=None)
    (opened,) = item_keys(sealed, keyring=keyring_of(0))

    assert believed.fingerprint == _NEW
    assert (opened.fingerprint, opened.recorded, opened.known) == (_OLD, _NEW, "opened")


def test_what_no_key_opens_keeps_its_record() -> None:
    content = sealed_content(items={"a": "1"}, key=1)

    (key,) = item_keys(parse(content), keyring=keyring_of(0))

    assert (key.fingerprint, key.known, key.is_closed) == (_NEW, "recorded", True)


def test_users_are_those_that_need_the_key_and_those_that_may() -> None:
    uses = uses_in(
        _parts(
            sealed_content("a", items={"x": "1"}),
            sealed_content("b", items={"x": "1"}, key=1),
            sealed_content("c", items={"x": "1"}, is_recorded=False),
        )
    )

    users = users_of(_OLD, uses)

    assert [(use.object, use.key.known) for use in users] == [
        ("SealedSecret/shop/a", "recorded"),
        ("SealedSecret/shop/c", "unknown"),
    ]


def test_a_use_names_its_place_in_the_file() -> None:
    (use,) = uses_in(_parts(sealed_content(items={"x": "1"})))

    line = yaml_of(use.part.manifest.content).decode().split("\n").index("  encryptedData:") + 2
    assert use.where == f"x.yaml:{line}:5"


def test_keys_are_counted_by_items_and_the_unknown_one_is_last() -> None:
    uses = uses_in(
        _parts(
            sealed_content("a", items={"x": "1", "y": "2", "z": "3"}, is_recorded=False),
            sealed_content("b", items={"x": "1"}),
            sealed_content("c", items={"x": "1", "y": "2"}, key=1),
        )
    )
    named = [
        NamedCertificate(name=name, path=f"{name}.pem", certificate=certificate_of(1))
        for name in ("prod", "staging")
    ]

    counts = count_keys(uses, now=BORN + timedelta(days=12, hours=5), certificates=named)

    assert [(each.fingerprint, each.items, each.files) for each in counts] == [
        (_NEW, 2, 1),
        (_OLD, 1, 1),
        ("", 3, 1),
    ]
    assert [each.age_days for each in counts] == [12, None, None]
    assert [each.title for each in counts] == [f"{_NEW} (prod, staging)", _OLD, "unknown"]
    assert counts[2].structured() == {
        "fingerprint": None,
        "items": 3,
        "files": 1,
        "names": [],
        "age_days": None,
    }


def test_a_whole_fingerprint_needs_not_be_known() -> None:
    assert resolve_fingerprint(_OLD, ()) == _OLD


def test_the_beginning_of_one_known_fingerprint_is_enough() -> None:
    assert resolve_fingerprint(_OLD[:15], (_OLD, _NEW, "", _OLD)) == _OLD


def test_a_beginning_of_no_known_fingerprint_stays_one() -> None:
    assert resolve_fingerprint(_OLD[:15], (_NEW,)) == _OLD[:15]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_OLD[:14], "this is no fingerprint of a key"),
        ("SHA256:" + "!" * 43, "this is no fingerprint of a key"),
        (_OLD + "x", "this is no fingerprint of a key"),
        ("SHA256:" + "A" * 8, "several keys begin with SHA256:AAAAAAAA"),
    ],
    ids=["too short", "other characters", "too long", "several"],
)
def test_what_names_no_key_or_several_is_refused(text: str, words: str) -> None:
    known = ["SHA256:" + "A" * 42 + last for last in "bc"]

    with pytest.raises(InputError, match=words):
        resolve_fingerprint(text, known)
