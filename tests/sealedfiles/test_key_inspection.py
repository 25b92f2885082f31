"""What a file with keys says of them in public."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from gitopskit.errors import InputError, UnusableKey
from gitopskit.manifests.write import dump_documents
from gitopskit.sealedfiles.key_inspection import (
    fingerprint_in,
    inspect_keys,
    public_certificate,
)
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.keys import key_secret
from tests.support.hybrid import hybrid_certificate, hybrid_pair
from tests.support.sealed_manifests import certificate_of, fingerprint_of
from tests.support.sealing import BORN, sealing_pair

_PAIR = sealing_pair()
_PEM = _PAIR.certificate_pem
_PRIVATE = _PAIR.private_pem.reveal()


def test_a_certificate_has_dates_and_a_size() -> None:
    (facts,) = inspect_keys(_PEM, where="tls.crt")

    assert facts.structured(now=BORN + timedelta(days=2)) == {
        "kind": "certificate",
        "where": "tls.crt",
        "fingerprint": fingerprint_of(),
        "algorithm": "RSA",
        "size_bits": 2048,
        "not_before_utc": "2026-06-01T12:00:00Z",
        "not_after_utc": "2036-05-29T12:00:00Z",
        "age_days": 2,
        "has_expired": False,
        "state": None,
    }


def test_an_expired_certificate_is_told_as_such() -> None:
    (facts,) = inspect_keys(_PEM, where="tls.crt")

    assert facts.structured(now=certificate_of().not_after_utc + timedelta(days=1))["has_expired"]


def test_a_private_key_has_no_dates() -> None:
    (facts,) = inspect_keys(_PRIVATE, where="tls.key")

    structured = facts.structured(now=BORN)
    assert (facts.kind, facts.fingerprint) == ("private key", fingerprint_of())
    assert (structured["not_before_utc"], structured["age_days"]) == (None, None)
    assert structured["has_expired"] is None


def test_every_block_of_a_pem_text_is_told() -> None:
    text = b"# both\n" + _PEM + _PRIVATE + sealing_pair(1).certificate_pem

    assert [(each.kind, each.fingerprint) for each in inspect_keys(text, where="all.pem")] == [
        ("certificate", fingerprint_of(0)),
        ("certificate", fingerprint_of(1)),
        ("private key", fingerprint_of(0)),
    ]


def test_key_secrets_have_the_state_of_their_label() -> None:
    active = key_secret(_PAIR, namespace="keys", name="a")
    bare = key_secret(sealing_pair(1), namespace="keys", name="b")
    bare["metadata"] = {"name": "b"}
    del bare["data"]["tls.crt"]
    text = dump_documents([{"apiVersion": "v1", "kind": "List", "items": [active, bare]}]).encode()

    first, second = inspect_keys(text, where="keys.yaml")

    assert (first.kind, first.state, first.not_before_utc) == ("key Secret", "active", BORN)
    assert (second.kind, second.state, second.not_before_utc) == ("key Secret", "", None)
    assert first.where != second.where


@pytest.mark.parametrize("metadata", [["x"], {"labels": ["x"]}], ids=["metadata", "labels"])
def test_a_key_secret_of_the_wrong_shape_is_refused(metadata: object) -> None:
    secret = key_secret(_PAIR, namespace="keys", name="a") | {"metadata": metadata}

    with pytest.raises(InputError, match="is not a mapping"):
        inspect_keys(dump_documents([secret]).encode(), where="keys.yaml")


def test_a_key_in_string_data_is_read() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "stringData": {"tls.key": _PRIVATE.decode()}}

    (facts,) = inspect_keys(dump_documents([secret]).encode(), where="key.yaml")

    assert facts.fingerprint == fingerprint_of()


def test_a_published_certificate_is_read() -> None:
    config_map = {"kind": "ConfigMap", "data": {"tls.crt": _PEM.decode()}}

    (facts,) = inspect_keys(dump_documents([config_map]).encode(), where="x.yaml")

    assert (facts.kind, facts.fingerprint) == ("certificate", fingerprint_of())


def test_nothing_of_a_private_half_is_told() -> None:
    secret = key_secret(_PAIR, namespace="keys", name="a")

    facts = inspect_keys(dump_documents([secret]).encode(), where="keys.yaml")

    told = f"{facts} {[each.structured(now=BORN) for each in facts]}"
    assert "PRIVATE" not in told
    assert secret["data"]["tls.key"][:20] not in told


@pytest.mark.parametrize(
    "data",
    [b"kind: ConfigMap\n", b"", b"-----BEGIN RSA PUBLIC KEY-----\nAA==\n", b"data: x\n"],
    ids=["no key", "nothing", "public key", "no mapping"],
)
def test_a_file_without_keys_is_refused(data: bytes) -> None:
    with pytest.raises(UnusableKey, match="neither a certificate nor a private key"):
        inspect_keys(data, where="x")


def test_a_certificate_that_is_cut_off_is_refused() -> None:
    with pytest.raises(UnusableKey, match="cut off"):
        inspect_keys(_PEM[:200], where="x")


def test_a_file_may_hold_both_halves_of_the_one_key_that_is_meant() -> None:
    assert fingerprint_in(_PEM + _PRIVATE, where="x") == fingerprint_of()


def test_a_file_with_several_keys_means_none() -> None:
    with pytest.raises(InputError, match="there are several keys in it"):
        fingerprint_in(_PEM + sealing_pair(1).certificate_pem, where="x")


@pytest.mark.parametrize("value", ["***", 5], ids=["text", "number"])
def test_a_secrets_certificate_must_be_base64(value: object) -> None:
    with pytest.raises(UnusableKey, match="is not base64"):
        public_certificate({"kind": "Secret", "data": {"tls.crt": value}}, where="x")


def test_a_secrets_certificate_is_read_beside_any_private_key() -> None:
    data = {"tls.crt": base64.b64encode(_PEM).decode(), "tls.key": "***"}

    certificate = public_certificate({"kind": "Secret", "data": data}, where="x")

    assert certificate is not None
    assert certificate.fingerprint == fingerprint_of()


def test_a_hybrid_key_secret_is_told_with_its_state() -> None:
    secret = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1")

    (facts,) = inspect_keys(dump_documents([secret]).encode(), where="key.yaml")

    assert (facts.kind, facts.state) == ("key Secret", "active")
    assert (facts.algorithm, facts.size_bits) == ("ML-KEM-768 + X25519", None)
    assert facts.fingerprint == hybrid_certificate().fingerprint
    assert facts.not_before_utc == BORN


def test_a_config_map_may_publish_both_kinds() -> None:
    published = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "gitopskit-sealing-certificate"},
        "data": {
            "tls.crt": _PEM.decode(),
            "hybrid.pub": hybrid_pair().certificate_pem.decode(),
        },
    }

    found = inspect_keys(dump_documents([published]).encode(), where="published.yaml")

    assert [each.kind for each in found] == ["certificate", "hybrid public key"]


def test_a_pem_text_may_hold_both_kinds() -> None:
    text = hybrid_pair().private_pem.reveal() + hybrid_pair().certificate_pem + _PEM

    found = inspect_keys(text, where="all.pem")

    assert [each.kind for each in found] == ["certificate", "hybrid public key", "private key"]


def test_the_public_half_of_a_hybrid_secret_is_read_alone() -> None:
    secret = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1")
    secret["data"]["hybrid.key"] = "unreadable"

    found = public_certificate(secret, where="")

    assert found is not None
    assert found.fingerprint == hybrid_certificate().fingerprint
