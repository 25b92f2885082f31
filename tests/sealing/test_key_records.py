"""Which key an item was sealed to: written down, and believed only of the very same envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.redaction import Plaintext
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.key_records import (
    DigestKey,
    dump_records,
    key_of,
    read_records,
    record_of,
)
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.unchanged import Comparison

if TYPE_CHECKING:
    from gitopskit.sealing.keys import SealingCertificate

_KEY = "SHA256:" + "a" * 43
_OTHER = "SHA256:" + "b" * 43
_SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "db", "namespace": "shop", "annotations": {KEY_RECORDS_ANNOTATION: "x"}},
    "stringData": {"b": "2", "a": "1"},
}


def test_records_are_read_as_they_were_written() -> None:
    records = {
        "z": record_of(b"one", fingerprint=_KEY),
        ".dockerconfigjson": record_of(b"two", fingerprint=_OTHER, value_digest="0" * 64),
    }

    text = dump_records(records)

    assert [line.split(" ")[0] for line in text.splitlines()] == [".dockerconfigjson", "z"]
    assert read_records({KEY_RECORDS_ANNOTATION: text}) == records


def test_a_record_counts_for_its_own_envelope_only() -> None:
    records = {"a": record_of(b"one", fingerprint=_KEY)}

    assert key_of(records, "a", b"one") == _KEY
    assert key_of(records, "a", b"sealed again by a tool that knows no records") == ""
    assert key_of(records, "b", b"one") == ""


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "a",
        f"a {_KEY} {'0' * 31}",
        f"a {_KEY[:-1]} {'0' * 32}",
        f"a/b {_KEY} {'0' * 32}",
        f"a {_KEY} {'0' * 32} hmac:00",
        f"a {_KEY} {'0' * 32}\na {_OTHER} {'1' * 32}\na {_KEY} {'2' * 32}",
    ],
    ids=[
        "none",
        "a number",
        "a word",
        "short digest",
        "short fingerprint",
        "impossible item",
        "short value digest",
        "one item thrice",
    ],
)
def test_what_cannot_be_read_is_unknown(text: object) -> None:
    assert read_records({KEY_RECORDS_ANNOTATION: text}) == {}


def test_more_records_than_an_annotation_can_hold_are_left_out() -> None:
    many = {f"{number:0253d}": record_of(b"", fingerprint=_KEY) for number in range(400)}

    assert dump_records(many) == ""
    assert dump_records({}) == ""


def test_sealing_records_the_key_of_every_item(certificate: SealingCertificate) -> None:
    content = seal_secret(_SECRET, SealOptions(certificate=certificate))

    sealed = sealed_secret.parse(content)
    records = read_records(sealed.annotations)
    keys = {item: key_of(records, item, blob) for item, blob in sealed.encrypted_data.items()}
    assert keys == dict.fromkeys(("a", "b"), certificate.fingerprint)
    assert "annotations" not in sealed.template_metadata


def test_sealing_need_not_record_anything(certificate: SealingCertificate) -> None:
    options = SealOptions(certificate=certificate, records_keys=False)

    assert "annotations" not in seal_secret(_SECRET, options)["metadata"]


def test_digests_of_values_are_recorded_where_a_key_is_given(
    certificate: SealingCertificate,
) -> None:
    digest_key = DigestKey(b"k" * 32)
    options = SealOptions(certificate=certificate, comparison=Comparison(digest_key=digest_key))

    sealed = sealed_secret.parse(seal_secret(_SECRET, options))

    envelope = sealed.encrypted_data["a"]
    expected = digest_key.digest(Plaintext(b"1"), item="a", label=b"shop/db", envelope=envelope)
    assert read_records(sealed.annotations)["a"].value_digest == expected


def test_a_digest_tells_places_items_values_and_envelopes_apart() -> None:
    digest = DigestKey(b"k" * 32).digest
    one, other = Plaintext(b"1"), Plaintext(b"2")

    digests = {
        digest(one, item="a", label=b"shop/db", envelope=b"e"),
        digest(one, item="b", label=b"shop/db", envelope=b"e"),
        digest(one, item="a", label=b"shop/dba", envelope=b"e"),
        digest(other, item="a", label=b"shop/db", envelope=b"e"),
        digest(one, item="a", label=b"shop/db", envelope=b"f"),
        digest(Plaintext(b""), item="a1", label=b"shop/db", envelope=b"e"),
        DigestKey(b"j" * 32).digest(one, item="a", label=b"shop/db", envelope=b"e"),
    }

    assert len(digests) == 7
    assert "kkkk" not in repr(DigestKey(b"k" * 32))
