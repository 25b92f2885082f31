"""The SealedSecrets of a text, and changes that leave every other byte alone."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError, MalformedDocument, UnsupportedField
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.sealedfiles.sealed_text import NewEnvelope, PartChange, SealedPart, SealedText
from gitopskit.sealing.key_records import record_of
from tests.support.sealed_manifests import fingerprint_of, sealed_content, yaml_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.edit import Pointer
    from gitopskit.manifests.json_types import JsonObject

_KEY, _OTHER = fingerprint_of(0), fingerprint_of(1)
_BARE = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\n"


def _read(*contents: JsonObject) -> SealedText:
    return SealedText.read(yaml_of(*contents), path="x.yaml")


def _change(
    part: SealedPart, items: Mapping[str, bytes | None], *, begins_records: bool = False
) -> PartChange:
    return PartChange(
        part=part,
        items={
            item: None if blob is None else NewEnvelope(envelope=blob, fingerprint=_OTHER)
            for item, blob in items.items()
        },
        begins_records=begins_records,
    )


def test_sealed_secrets_are_found_among_other_documents() -> None:
    data = b"# a comment\n- a list\n---\nkind: SealedSecret\napiVersion: example.com/v1\n---\n"

    found = SealedText.read(data + yaml_of(sealed_content()), path="x.yaml")

    assert [str(part.sealed.ref) for part in found.parts] == ["SealedSecret/shop/db"]
    assert found.text.startswith("# a comment\n")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: [", MalformedDocument),
        ("kind: List\nitems: [text]", MalformedDocument),
        (_BARE.replace("name: a, ", ""), InputError),
        (_BARE.replace("v1alpha1", "v2"), InputError),
        (_BARE + "spec: {data: AA==}", UnsupportedField),
    ],
    ids=["malformed", "list of texts", "no name", "other version", "old form"],
)
def test_a_text_with_a_fault_is_not_changed_in_part(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        SealedText.read(text.encode(), path="x.yaml")


def test_the_keys_of_a_part_are_those_that_its_records_prove() -> None:
    content = sealed_content(items={"a": "1", "b": "2"})
    items = content["spec"]["encryptedData"]
    items["b"] = items["a"]

    (part,) = _read(content).parts

    assert part.keys == {"a": _KEY, "b": ""}


def test_the_only_part_is_meant_without_a_name() -> None:
    sealed = _read(sealed_content())

    assert sealed.part() is sealed.parts[0]


def test_one_of_several_parts_is_chosen_by_name_and_namespace() -> None:
    sealed = _read(sealed_content("db"), sealed_content("db", "prod"), sealed_content("cache"))

    assert sealed.part(name="cache") is sealed.parts[2]
    assert sealed.part(name="db", namespace="prod") is sealed.parts[1]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "there is no SealedSecret in the file"),
        (["db", "db"], "several SealedSecrets fit"),
        (["cache"], "no SealedSecret of that name is in the file"),
    ],
    ids=["none", "several", "another"],
)
def test_a_part_that_cannot_be_told_is_refused(names: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        _read(*map(sealed_content, names)).part(name="db")


def test_no_change_gives_the_very_text() -> None:
    sealed = _read(sealed_content())

    assert sealed.changed([]) == sealed.text
    assert sealed.changed([_change(sealed.parts[0], {})]) == sealed.text


def test_only_the_changed_item_and_its_record_differ() -> None:
    sealed = _read(sealed_content(), sealed_content("cache"))

    changed = sealed.changed([_change(sealed.parts[0], {"token": b"new"})])

    pairs = zip(sealed.text.split("\n"), changed.split("\n"), strict=True)
    different = [new.strip() for old, new in pairs if old != new]
    digest = record_of(b"new", fingerprint=_OTHER).envelope_digest
    assert different == [f"token {_OTHER} {digest}", "token: bmV3"]
    assert SealedText.read(changed.encode(), path="x").parts[0].keys == {
        "password": _KEY,
        "token": _OTHER,
    }


def test_an_item_is_removed_with_its_record() -> None:
    sealed = _read(sealed_content())

    changed = sealed.changed([_change(sealed.parts[0], {"token": None})])

    (part,) = SealedText.read(changed.encode(), path="x").parts
    assert [*part.sealed.encrypted_data] == [*part.records] == ["password"]


def test_the_annotation_goes_with_its_last_record() -> None:
    sealed = _read(sealed_content(items={"a": "1"}))

    changed = sealed.changed([_change(sealed.parts[0], {"a": None})])

    assert KEY_RECORDS_ANNOTATION not in changed


@pytest.mark.parametrize("begins", [True, False], ids=["asked", "not asked"])
def test_records_are_begun_only_where_that_is_asked(begins: bool) -> None:  # noqa: FBT001 -- pytest passes it by name
    sealed = _read(sealed_content(items={"a": "1"}, is_recorded=False))

    changed = sealed.changed([_change(sealed.parts[0], {"a": b"x"}, begins_records=begins)])

    (part,) = SealedText.read(changed.encode(), path="x").parts
    assert part.keys == {"a": _OTHER if begins else ""}


def test_records_of_items_that_stay_can_be_added() -> None:
    sealed = _read(sealed_content(items={"a": "1"}, is_recorded=False))
    (part,) = sealed.parts
    record = record_of(part.sealed.encrypted_data["a"], fingerprint=_KEY)

    changed = sealed.changed(
        [PartChange(part=part, items={}, recorded={"a": record}, begins_records=True)]
    )

    (after,) = SealedText.read(changed.encode(), path="x").parts
    assert after.keys == {"a": _KEY}
    assert after.sealed.encrypted_data == part.sealed.encrypted_data


def test_other_fields_can_be_changed_along() -> None:
    sealed = _read(sealed_content())
    fields: dict[Pointer, str] = {("spec", "template", "metadata", "labels", "team"): "a"}

    changed = sealed.changed([PartChange(part=sealed.parts[0], items={}, fields=fields)])

    (part,) = SealedText.read(changed.encode(), path="x").parts
    assert part.sealed.template_metadata["labels"] == {"team": "a"}


@pytest.mark.parametrize(
    "spec",
    ["", "spec:\n", "spec: {}\n", "spec:\n  encryptedData:\n"],
    ids=["none", "null", "empty", "null items"],
)
def test_a_sealed_secret_without_items_gets_its_first(spec: str) -> None:
    sealed = SealedText.read((_BARE + spec).encode(), path="x.yaml")

    changed = sealed.changed([_change(sealed.parts[0], {"a": b"x"}, begins_records=True)])

    (part,) = SealedText.read(changed.encode(), path="x").parts
    assert part.sealed.encrypted_data == {"a": b"x"}
    assert part.keys == {"a": _OTHER}


def test_what_becomes_larger_than_a_cluster_takes_is_refused() -> None:
    sealed = _read(sealed_content(items={"a": "1"}))

    with pytest.raises(InputError, match="becomes larger than"):
        sealed.changed([_change(sealed.parts[0], {"a": bytes(1536 * 1024)})])


def test_records_count_into_the_size() -> None:
    items = {f"item-{number}": base64.b64encode(b"x").decode() for number in range(500)}
    content = sealed_content(items={"a": "1"}, is_recorded=False)
    content["spec"]["encryptedData"] = items
    content["metadata"]["annotations"] = {"note": "x" * (1536 * 1024 - 50_000)}
    sealed = _read(content)
    records = {item: record_of(b"x", fingerprint=_KEY) for item in items}
    (part,) = sealed.parts

    with pytest.raises(InputError, match="becomes larger than"):
        sealed.changed([PartChange(part=part, items={}, recorded=records, begins_records=True)])


def test_line_breaks_around_an_envelope_stay() -> None:
    text = f"{_BARE}spec:\n  encryptedData:\n    a: |\n      YWJj\n"
    sealed = SealedText.read(text.encode(), path="x.yaml")

    changed = sealed.changed([_change(sealed.parts[0], {"a": b"new"})])

    assert changed == text.replace("YWJj", "bmV3")


def test_no_text_and_no_envelope_is_shown() -> None:
    sealed = _read(sealed_content())
    new = NewEnvelope(envelope=b"secret-envelope", fingerprint=_KEY)

    assert "secret-envelope" not in repr(new)
    assert sealed.text not in repr(sealed)
