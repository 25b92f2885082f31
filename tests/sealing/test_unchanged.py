"""Which envelopes of an earlier sealing are kept, so that an unchanged Secret changes no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.key_records import DigestKey, read_records
from gitopskit.sealing.keys import KeyPair, PrivateKey, SealingCertificate, read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.unchanged import Comparison
from gitopskit.sealing.unseal import Keyring
from tests.support.sealing import BORN

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "db", "namespace": "shop"},
    "stringData": {"a": "1", "b": "2"},
}
_DIGEST_KEY = DigestKey(b"k" * 32)


@pytest.fixture(params=["private key", "digest key"])
def comparison(request: pytest.FixtureRequest, private_key: PrivateKey) -> Comparison:
    if request.param == "private key":
        return Comparison(keyring=Keyring((private_key,)))
    return Comparison(digest_key=_DIGEST_KEY)


def _kept(before: JsonObject, after: JsonObject) -> set[str]:
    old, new = (each["spec"]["encryptedData"] for each in (before, after))
    return {item for item in new if old.get(item) == new[item]}


def test_an_unchanged_secret_gives_the_very_same_manifest(
    certificate: SealingCertificate, comparison: Comparison
) -> None:
    options = SealOptions(certificate=certificate, comparison=comparison)
    before = seal_secret(_SECRET, options)

    after = seal_secret(_SECRET, options, earlier=sealed_secret.parse(before))

    assert after == before


def test_only_the_changed_value_is_sealed_again(
    certificate: SealingCertificate, comparison: Comparison
) -> None:
    options = SealOptions(certificate=certificate, comparison=comparison)
    before = seal_secret(_SECRET, options)
    changed = _SECRET | {"stringData": {"a": "1", "b": "3", "c": "2"}}

    after = seal_secret(changed, options, earlier=sealed_secret.parse(before))

    assert _kept(before, after) == {"a"}


def test_nothing_is_kept_in_another_place(
    certificate: SealingCertificate, comparison: Comparison
) -> None:
    options = SealOptions(certificate=certificate, comparison=comparison)
    wide = SealOptions(certificate=certificate, comparison=comparison, scope=Scope.NAMESPACE_WIDE)
    before = seal_secret(_SECRET, options)

    after = seal_secret(_SECRET, wide, earlier=sealed_secret.parse(before))

    assert _kept(before, after) == set()


def test_nothing_is_kept_that_another_key_sealed(
    certificate: SealingCertificate, comparison: Comparison, other_pair: KeyPair
) -> None:
    newer = read_certificate(other_pair.certificate_pem, where="tls.crt", now=BORN)
    options = SealOptions(certificate=certificate, comparison=comparison)
    before = seal_secret(_SECRET, options)

    after = seal_secret(
        _SECRET,
        SealOptions(certificate=newer, comparison=comparison),
        earlier=sealed_secret.parse(before),
    )

    assert _kept(before, after) == set()


def test_without_a_means_to_compare_everything_is_sealed_again(
    certificate: SealingCertificate,
) -> None:
    options = SealOptions(certificate=certificate)
    before = seal_secret(_SECRET, options)

    after = seal_secret(_SECRET, options, earlier=sealed_secret.parse(before))

    assert _kept(before, after) == set()


def test_an_envelope_that_was_put_in_anothers_place_is_not_kept(
    certificate: SealingCertificate,
) -> None:
    options = SealOptions(certificate=certificate, comparison=Comparison(digest_key=_DIGEST_KEY))
    before = seal_secret(_SECRET, options)
    foreign = seal_secret(_SECRET | {"stringData": {"a": "9"}}, options)
    swapped = foreign["spec"]["encryptedData"]["a"]
    old, new = (
        read_records(sealed_secret.parse(each).annotations)["a"] for each in (before, foreign)
    )
    before["spec"]["encryptedData"]["a"] = swapped
    annotations = before["metadata"]["annotations"]
    annotations[KEY_RECORDS_ANNOTATION] = annotations[KEY_RECORDS_ANNOTATION].replace(
        old.envelope_digest, new.envelope_digest
    )

    after = seal_secret(_SECRET, options, earlier=sealed_secret.parse(before))

    assert _kept(before, after) == {"b"}
