"""Sealing keys and certificates: what is read, what is refused, what is made."""

import base64
import hashlib
import json
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import MalformedDocument, UnusableKey
from gitopskit.redaction import Plaintext
from gitopskit.sealing.keys import (
    KeyPair,
    PrivateKey,
    SealingCertificate,
    key_secret,
    load_certificate,
    new_sealing_key,
    read_certificate,
    read_key_secret,
    read_private_keys,
)
from tests.support.sealing import rsa_of

_EC_KEY = ec.generate_private_key(ec.SECP256R1())
_SHORT_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505 -- it must be refused


def _certificate_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, *, name: str = ""
) -> bytes:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else []
    somebody = x509.Name(names)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(somebody)
        .issuer_name(somebody)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def _private_pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    kind: PrivateFormat = PrivateFormat.PKCS8,
    password: bytes = b"",
) -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, kind, lock)


def test_a_certificate_is_read(pair: KeyPair, private_key: PrivateKey, now: datetime) -> None:
    certificate = read_certificate(b"a note\n" + pair.certificate_pem, where="tls.crt", now=now)

    assert certificate.fingerprint == private_key.fingerprint
    assert certificate.fingerprint.startswith("SHA256:")
    assert certificate.not_before_utc == now
    assert certificate.not_after_utc == now + timedelta(days=3650)
    assert certificate.pem == pair.certificate_pem
    assert "BEGIN" not in repr(certificate)


def test_the_first_of_several_certificates_counts(
    pair: KeyPair, other_pair: KeyPair, private_key: PrivateKey
) -> None:
    both = pair.certificate_pem + other_pair.certificate_pem

    assert load_certificate(both, where="").fingerprint == private_key.fingerprint


def _cut(pem: bytes) -> bytes:
    return pem[: len(pem) // 2]


def _of_version_9(pem: bytes) -> bytes:
    """Return a certificate whose version nobody defined. Source: RFC 5280 section 4.1.2.1."""
    der = bytearray(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER))
    der[der.index(b"\xa0\x03\x02\x01\x02") + 4] = 9
    armour = b"-----%s CERTIFICATE-----\n"
    return armour % b"BEGIN" + base64.encodebytes(bytes(der)) + armour % b"END"


def _garbled(pem: bytes) -> bytes:
    first, _, rest = pem.partition(b"\n")
    return first + b"\nAAAA" + rest


@pytest.mark.parametrize(
    ("pem", "what"),
    [
        (b"", "this is no PEM certificate"),
        (b"apiVersion: v1\n", "this is no PEM certificate"),
        (b"-----BEGIN " + b"A" * 64 + b"-----", "this is no PEM certificate"),
        (_cut(_certificate_of(_EC_KEY)), "the PEM certificate is cut off"),
        (_garbled(_certificate_of(_EC_KEY)), "the certificate cannot be read"),
        (_of_version_9(_certificate_of(_SHORT_KEY)), "the certificate cannot be read"),
        (_certificate_of(_EC_KEY), "the certificate's key is not an RSA key"),
        (
            _private_pem(_EC_KEY, PrivateFormat.TraditionalOpenSSL),
            "this is a private key, not a certificate",
        ),
        (
            _EC_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "this is a public key, not a certificate",
        ),
        (
            _certificate_of(_SHORT_KEY),
            "the certificate's key has 1024 bits, which is too short to seal with",
        ),
    ],
    ids=[
        "nothing",
        "yaml",
        "kind nobody knows",
        "cut",
        "garbled",
        "unknown version",
        "curve",
        "private key",
        "public key",
        "short",
    ],
)
def test_what_is_no_sealing_certificate_is_refused(pem: bytes, what: str, now: datetime) -> None:
    with pytest.raises(UnusableKey) as caught:
        read_certificate(pem, where="tls.crt", now=now)

    assert str(caught.value) == f"{what} - tls.crt"
    assert caught.value.hint


def test_an_expired_certificate_is_refused_with_its_date(pair: KeyPair, now: datetime) -> None:
    with pytest.raises(UnusableKey) as caught:
        read_certificate(pair.certificate_pem, where="c.pem", now=now + timedelta(days=3651))

    assert str(caught.value) == "the certificate expired at 2036-05-29T12:00:00Z - c.pem"
    assert "keys fetch" in caught.value.hint


@pytest.mark.parametrize(
    "kind", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["pkcs8", "pkcs1"]
)
def test_private_keys_in_pem_are_read(private_key: PrivateKey, kind: PrivateFormat) -> None:
    keys = read_private_keys(_private_pem(rsa_of(private_key), kind), where="tls.key")

    assert [key.fingerprint for key in keys] == [private_key.fingerprint]
    assert keys[0].not_before_utc is None
    assert "RSAPrivateKey" not in repr(keys[0])


def test_several_keys_in_one_pem_are_read(pair: KeyPair, other_pair: KeyPair) -> None:
    text = pair.private_pem.reveal() + pair.certificate_pem + other_pair.private_pem.reveal()

    assert len(read_private_keys(text, where="keys.pem")) == 2


@pytest.mark.parametrize("as_list", [False, True], ids=["one Secret", "List"])
def test_private_keys_in_secrets_are_read(pair: KeyPair, now: datetime, *, as_list: bool) -> None:
    secret = key_secret(pair, namespace="kube-system", name="key")
    content = {"apiVersion": "v1", "kind": "List", "items": [secret]} if as_list else secret

    (key,) = read_private_keys(json.dumps(content).encode(), where="key.json")

    assert key.not_before_utc == now
    assert key.certificate_pem == pair.certificate_pem


def test_a_key_in_string_data_is_read(pair: KeyPair, private_key: PrivateKey) -> None:
    secret = {"stringData": {"tls.key": pair.private_pem.reveal().decode()}}

    assert read_key_secret(secret, where="").fingerprint == private_key.fingerprint


def _short_key_on_curve448() -> bytes:
    """Return an Ed25519 key that says to be an Ed448 key, which OpenSSL calls an internal error."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    body = base64.encodebytes(der.replace(b"\x2b\x65\x70", b"\x2b\x65\x71"))
    return b"-----BEGIN PRIVATE KEY-----\n" + body + b"-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"-----BEGIN CERTIFICATE-----\n", "there is no private key in it"),
        (b"", "there is no private key in it"),
        (_private_pem(_EC_KEY), "the private key is not an RSA key"),
        (_private_pem(_EC_KEY, password=b"x"), "the private key is encrypted"),
        (_garbled(_private_pem(_EC_KEY)), "the private key cannot be read"),
        (_short_key_on_curve448(), "the private key cannot be read"),
    ],
    ids=["certificate", "nothing", "curve", "encrypted", "garbled", "short on Curve448"],
)
def test_what_is_no_private_key_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(UnusableKey) as caught:
        read_private_keys(data, where="tls.key")

    assert str(caught.value) == f"{what} - tls.key"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({}, "`tls.key` holds no private key"),
        ({"data": {"tls.key": "%"}}, "`tls.key` is not base64"),
        ({"data": {"tls.key": 7}}, "`tls.key` is not base64"),
        ({"data": {"tls.key": "aGVsbG8="}}, "`tls.key` holds no private key"),
        ({"data": ["tls.key"]}, "`data` is not a mapping"),
    ],
    ids=["empty", "not base64", "a number", "no pem", "a list"],
)
def test_a_secret_without_a_key_is_refused(content: dict[str, object], what: str) -> None:
    with pytest.raises(UnusableKey) as caught:
        read_key_secret(content, where="Secret/x/y")

    assert str(caught.value) == f"{what} - Secret/x/y"


def test_halves_of_two_keys_are_refused(pair: KeyPair, other_pair: KeyPair) -> None:
    mixed = KeyPair(private_pem=pair.private_pem, certificate_pem=other_pair.certificate_pem)

    with pytest.raises(UnusableKey, match="is not the certificate of"):
        read_key_secret(key_secret(mixed, namespace="a", name="b"), where="")


@settings(deadline=None)
@given(data=st.binary() | st.text().map(str.encode))
def test_arbitrary_bytes_are_refused_and_never_crash(data: bytes) -> None:
    with pytest.raises((UnusableKey, MalformedDocument)):
        read_private_keys(data, where="x")
    with pytest.raises(UnusableKey):
        load_certificate(data, where="x")


def test_a_long_run_of_first_lines_costs_no_more_than_reading_it(pair: KeyPair) -> None:
    """A key Secret of that size kept the unsealer from all other work for minutes."""
    run = b"-----BEGIN PRIVATE KEY-----\n" * 100_000

    with pytest.raises(UnusableKey):
        read_key_secret({"data": {"tls.key": base64.b64encode(run).decode()}}, where="run")
    assert len(read_private_keys(pair.private_pem.reveal() + run, where="run")) == 1


def test_a_new_key_is_what_the_controller_expects(pair: KeyPair) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        certificate = x509.load_pem_x509_certificate(pair.certificate_pem)
    der = certificate.public_bytes(Encoding.DER)

    assert certificate.subject == certificate.issuer == x509.Name([])
    assert bytes.fromhex("0603551d0f0101ff040403020001") in der
    assert bytes.fromhex("0603551d130101ff040530030101ff") in der
    assert pair.private_pem.reveal().startswith(b"-----BEGIN RSA PRIVATE KEY-----\n")
    assert "BEGIN" not in repr(pair.private_pem)


@pytest.mark.parametrize(("size_bits", "days"), [(1024, 1), (2048, 0)], ids=["short", "dead"])
def test_a_useless_key_is_not_made(size_bits: int, days: int, now: datetime) -> None:
    with pytest.raises(UnusableKey):
        new_sealing_key(now=now, size_bits=size_bits, days=days)


def test_a_key_secret_is_found_by_its_label(pair: KeyPair) -> None:
    secret = key_secret(pair, namespace="kube-system", name="key-1")

    assert secret["metadata"] == {
        "name": "key-1",
        "namespace": "kube-system",
        "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
    }
    assert secret["type"] == "kubernetes.io/tls"
    assert Plaintext(base64.b64decode(secret["data"]["tls.key"])) == pair.private_pem


def test_a_fingerprint_is_that_of_openssh(
    certificate: SealingCertificate, private_key: PrivateKey
) -> None:
    line = rsa_of(private_key).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()

    assert certificate.fingerprint == f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def test_a_certificate_of_somebody_with_a_name_is_read(private_key: PrivateKey) -> None:
    pem = _certificate_of(rsa_of(private_key), name="sealed-secrets")

    assert load_certificate(pem, where="").fingerprint == private_key.fingerprint
