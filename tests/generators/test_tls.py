"""Key pairs of servers and their certificates."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from gitopskit.clock import SystemClock
from gitopskit.errors import InputError
from gitopskit.generators.tls import TlsPair, new_tls_pair
from gitopskit.generators.tls_terms import KEY_TYPES

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.generators.tls_terms import KeyType

_NOW = datetime(2026, 6, 1, 12, 30, 15, 999, tzinfo=timezone(timedelta(hours=2)))
_HOSTS = ("Shop.example", "*.apps.example", "192.0.2.1", "2001:db8::1", "shop.example")
_LONG_NAME = f"{'a' * 63}.example"


def _certificate_of(pair: TlsPair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate)


@pytest.fixture(scope="module")
def certificate() -> x509.Certificate:
    return _certificate_of(new_tls_pair(_HOSTS, now=_NOW, days=30))


def _verify(certificate: x509.Certificate, *, host: str, at: datetime) -> None:
    """Let a strict client that trusts the certificate alone verify it.

    Raises:
        VerificationError: it would not talk to the host.
    """
    verifier = PolicyBuilder().store(Store([certificate])).time(at)
    verifier.build_server_verifier(x509.DNSName(host)).verify(certificate, [])


@pytest.mark.parametrize("host", ["shop.example", "web.apps.example"])
@pytest.mark.parametrize(
    "after", [timedelta(minutes=-5), timedelta(days=30)], ids=["first", "last"]
)
def test_a_client_that_knows_the_certificate_trusts_the_server(
    certificate: x509.Certificate, host: str, after: timedelta
) -> None:
    _verify(certificate, host=host, at=_NOW.replace(microsecond=0) + after)


@pytest.mark.parametrize(
    ("host", "after"),
    [
        ("other.example", timedelta()),
        ("a.b.apps.example", timedelta()),
        ("shop.example", timedelta(minutes=-5, seconds=-1)),
        ("shop.example", timedelta(days=30, seconds=1)),
    ],
    ids=["another host", "below the wildcard", "too early", "too late"],
)
def test_a_client_trusts_nobody_else_and_at_no_other_time(
    certificate: x509.Certificate, host: str, after: timedelta
) -> None:
    with pytest.raises(VerificationError):
        _verify(certificate, host=host, at=_NOW.replace(microsecond=0) + after)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_a_client_and_a_server_agree_with_each_kind_of_key(
    key_type: KeyType, tmp_path: Path
) -> None:
    now = SystemClock().now_utc()
    pair = new_tls_pair(["192.0.2.1", "shop.example"], now=now, days=1, key_type=key_type)

    for host in ("shop.example", "192.0.2.1"):
        _shake_hands(pair, tmp_path, host=host)

    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(pair, tmp_path, host="other.example")


def _shake_hands(pair: TlsPair, folder: Path, *, host: str) -> None:
    """Let a client that trusts the certificate alone meet a server that has the key, in memory."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    certificate.write_bytes(pair.certificate)
    key.write_bytes(pair.private_key.reveal())
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    server.load_cert_chain(certificate, key)
    client.load_verify_locations(certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    unfinished = [
        client.wrap_bio(down, up, server_hostname=host),
        server.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(3):
        unfinished = [side for side in unfinished if not _has_finished(side)]
    assert unfinished == []


def _has_finished(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_the_key_is_of_the_kind_asked_for_and_the_certificate_is_its_own(key_type: KeyType) -> None:
    pair = new_tls_pair(["a"], now=_NOW, key_type=key_type)

    key = load_pem_private_key(pair.private_key.reveal(), None)
    assert pair.private_key.reveal().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    assert key_type in {f"rsa-{key.key_size}", f"ecdsa-p{key.key_size}"}
    assert _certificate_of(pair).public_key() == key.public_key()


@pytest.mark.parametrize(
    ("key_type", "expected"), [("ecdsa-p256", 256), ("ecdsa-p384", 384), ("rsa-2048", 256)]
)
def test_the_signature_is_one_that_tls_1_3_has_a_name_for(key_type: KeyType, expected: int) -> None:
    pair = new_tls_pair(["a"], now=_NOW, key_type=key_type)

    signed = _certificate_of(pair).signature_hash_algorithm
    assert signed is not None
    assert signed.digest_size * 8 == expected


def test_a_certificate_names_each_host_once(certificate: x509.Certificate) -> None:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == ["shop.example", "*.apps.example"]
    addresses = [ip_address("192.0.2.1"), ip_address("2001:db8::1")]
    assert names.get_values_for_type(x509.IPAddress) == addresses
    assert len(list(names)) == 4


def test_a_certificate_is_valid_from_five_minutes_ago_for_its_days() -> None:
    pair = new_tls_pair(["a"], now=_NOW, days=7)

    certificate = _certificate_of(pair)
    assert certificate.not_valid_before_utc == datetime(2026, 6, 1, 10, 25, 15, tzinfo=UTC)
    assert certificate.not_valid_after_utc == datetime(2026, 6, 8, 10, 30, 15, tzinfo=UTC)
    assert pair.not_after_utc == certificate.not_valid_after_utc


def test_a_certificate_can_serve_and_nothing_else(certificate: x509.Certificate) -> None:
    extensions = certificate.extensions

    basic = extensions.get_extension_for_class(x509.BasicConstraints)
    extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert (basic.critical, basic.value.ca) == (True, False)
    assert list(extended.value) == [ExtendedKeyUsageOID.SERVER_AUTH]


@pytest.mark.parametrize(
    ("key_type", "encrypts_keys"),
    [("ecdsa-p256", False), ("ecdsa-p384", False), ("rsa-2048", True)],
)
def test_the_key_signs_and_only_rsa_encrypts_keys(
    key_type: KeyType, *, encrypts_keys: bool
) -> None:
    pair = new_tls_pair(["a"], now=_NOW, key_type=key_type)

    usage = _certificate_of(pair).extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.key_encipherment == encrypts_keys
    assert not usage.value.key_cert_sign
    assert not usage.value.crl_sign


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["b.example", "a.example"], "b.example"),
        (["2001:0DB8::1"], "2001:db8::1"),
        ([_LONG_NAME, "a.example"], "a.example"),
        ([_LONG_NAME], "self-signed"),
    ],
    ids=["first", "address", "first that fits", "none fits"],
)
def test_the_common_name_is_the_first_host_that_fits(hosts: list[str], expected: str) -> None:
    certificate = _certificate_of(new_tls_pair(hosts, now=_NOW))

    assert certificate.subject.rfc4514_string() == f"CN={expected}"
    assert certificate.issuer == certificate.subject


def test_two_pairs_share_neither_key_nor_number() -> None:
    first, second = new_tls_pair(["a"], now=_NOW), new_tls_pair(["a"], now=_NOW)

    assert first.private_key != second.private_key
    assert _certificate_of(first).serial_number != _certificate_of(second).serial_number


@pytest.mark.parametrize(
    ("hosts", "days", "what"),
    [
        ([], 1, "a certificate cannot be for so many hosts"),
        (["a", "a:443"], 1, "host 2 of 2 is neither a DNS name nor an address"),
        (["a"], 0, "a certificate cannot live so many days"),
        (["a"], 3651, "a certificate cannot live so many days"),
    ],
    ids=["no host", "port", "no day", "too many days"],
)
def test_what_no_certificate_can_be_is_refused(hosts: list[str], days: int, what: str) -> None:
    with pytest.raises(InputError) as caught:
        new_tls_pair(hosts, now=_NOW, days=days)

    assert str(caught.value) == what
    assert caught.value.hint
