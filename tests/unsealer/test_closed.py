from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from gitopskit.sealing.hybrid import MARK, SUITE
from gitopskit.sealing.keys import read_key_secret
from gitopskit.sealing.unseal import Keyring
from gitopskit.unsealer.closed import describe
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject


@pytest.fixture(scope="module")
def other_key() -> SealingKey:
    return SealingKey.new("other")


def keyring(*keys: SealingKey) -> Keyring:
    return Keyring([read_key_secret(key.secret(), where=key.name) for key in keys])


def sealed(key: SealingKey, *, records_keys: bool = False) -> JsonObject:
    content = key.seal("db", "shop", {"a": "1"})
    if not records_keys:
        content["metadata"].pop("annotations", None)
    return content


def with_blob(content: JsonObject, blob: bytes) -> JsonObject:
    content["spec"]["encryptedData"]["a"] = base64.b64encode(blob).decode()
    return content


def test_the_scope_and_the_number_of_keys_tried_are_told(
    key: SealingKey, other_key: SealingKey
) -> None:
    assert describe(sealed(key), ["a"], keyring=keyring(other_key)) == (
        "no key opens `a` (1 key tried) in the scope strict"
    )
    assert "2 keys tried" in describe(sealed(key), ["a"], keyring=keyring(key, other_key))


def test_the_key_on_record_is_named(key: SealingKey, other_key: SealingKey) -> None:
    content = sealed(key, records_keys=True)
    name = key.certificate.fingerprint

    assert f"sealed to {name}, which is not here" in describe(
        content, ["a"], keyring=keyring(other_key)
    )
    assert f"sealed to {name}, which is here" in describe(content, ["a"], keyring=keyring(key))


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        pytest.param(b"\x01\x00short", "cut off", id="cut off"),
        pytest.param(b"\x00\x01" + bytes(600), "no sealed value", id="no envelope"),
        pytest.param(b"\xff\xff" + bytes(600), "no sealed value", id="unknown suite"),
        pytest.param(
            MARK + SUITE + bytes(1200), "a hybrid key, and there is none", id="kind of key"
        ),
        pytest.param(b"\x02\x00" + bytes(600), "a key of 4096 bits, and there is none", id="size"),
    ],
)
def test_what_an_envelope_shows_in_the_clear_is_told(
    key: SealingKey, blob: bytes, words: str
) -> None:
    content = with_blob(sealed(key), blob)

    assert words in describe(content, ["a"], keyring=keyring(key))


def test_many_items_are_counted(key: SealingKey) -> None:
    content = key.seal("db", "shop", {f"k{number}": "1" for number in range(10)})
    items = sorted(content["spec"]["encryptedData"])

    text = describe(content, items, keyring=keyring(key))

    assert "`k7`" in text
    assert "`k8`" not in text
    assert "2 more" in text


def test_what_only_the_private_key_shows_is_not_told(key: SealingKey) -> None:
    elsewhere = key.seal("other", "shop", {"a": "1"})
    elsewhere["metadata"] = {"name": "db", "namespace": "shop"}
    altered = sealed(key)
    blob = bytearray(base64.b64decode(altered["spec"]["encryptedData"]["a"]))
    blob[-1] ^= 1
    with_blob(altered, bytes(blob))

    texts = {describe(each, ["a"], keyring=keyring(key)) for each in (elsewhere, altered)}

    assert len(texts) == 1
