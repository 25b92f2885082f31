"""A certificate authority for one run of a control plane, and the keys that it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from datetime import datetime

_LIFETIME: Final = timedelta(days=30)
_CLOCK_SKEW: Final = timedelta(minutes=5)
_SERVICE_ADDRESS: Final = "10.96.0.1"
_DNS_NAMES: Final = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingIdentity:
    """PEM texts: the authority's certificate, and the API server's certificate and keys."""

    ca_certificate: bytes
    certificate: bytes
    private_key: bytes = field(repr=False)
    token_signing_key: bytes = field(repr=False)


def new_identity(*, now: datetime) -> ServingIdentity:
    """Return fresh keys and a certificate for loopback, signed by an authority of its own.

    The authority's private key is forgotten.
    """
    ca_key, server_key = _new_key(), _new_key()
    ca_name = _name("gitopskit throw-away control plane")
    ca_certificate = (
        _builder(ca_name, issuer=ca_name, key=ca_key, now=now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_identifier(ca_key), critical=False)
        .sign(ca_key, SHA256())
    )
    certificate = (
        _builder(_name("kube-apiserver"), issuer=ca_name, key=server_key, now=now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_alternative_names(), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, SHA256())
    )
    return ServingIdentity(
        ca_certificate=ca_certificate.public_bytes(Encoding.PEM),
        certificate=certificate.public_bytes(Encoding.PEM),
        private_key=_pem(server_key),
        token_signing_key=_pem(_new_key()),
    )


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, *, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
    )


def _identifier(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _alternative_names() -> x509.SubjectAlternativeName:
    addresses = [x509.IPAddress(ip_address(text)) for text in ("127.0.0.1", _SERVICE_ADDRESS)]
    return x509.SubjectAlternativeName([*map(x509.DNSName, _DNS_NAMES), *addresses])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
