"""Key pairs of servers, with certificates that they signed themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gitopskit.generators.tls_terms import DEFAULT_DAYS, read_hosts, require_days
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.generators.tls_terms import Host, KeyType

_CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the clock of a client may be behind."""

_LONGEST_COMMON_NAME: Final = 64
"""Source: RFC 5280 appendix A.1, ub-common-name."""

_NAMELESS: Final = "self-signed"
"""The common name where no host fits; clients look at the alternative names alone (RFC 9525)."""

_HASHES: Final = {"ecdsa-p384": SHA384()}
"""TLS 1.3 has no name for this curve with another hash. Source: RFC 8446 section 4.2.3."""

_RSA_EXPONENT: Final = 65537
_RSA_BITS: Final = {"rsa-2048": 2048, "rsa-3072": 3072, "rsa-4096": 4096}


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPair:
    """The private key in PKCS#8 PEM, and its certificate in PEM with the moment it ends."""

    private_key: Plaintext
    certificate: bytes
    not_after_utc: datetime


def new_tls_pair(
    hosts: Sequence[str],
    *,
    now: datetime,
    days: int = DEFAULT_DAYS,
    key_type: KeyType = "ecdsa-p256",
) -> TlsPair:
    """Return a new key and its self-signed certificate for a server, valid for ``days`` from now.

    The certificate can sign no other one; a client trusts it by knowing it.

    Raises:
        InputError: a host is neither a DNS name nor an address, there is none, or the days are
            not from 1 to 3650.
    """
    names = read_hosts(hosts)
    start = now.astimezone(UTC).replace(microsecond=0)
    end = start + timedelta(days=require_days(days))
    key = _new_key(key_type)
    certificate = (
        _builder(key, names)
        .not_valid_before(start - _CLOCK_SKEW)
        .not_valid_after(end)
        .sign(key, _HASHES.get(key_type, SHA256()))
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return TlsPair(
        private_key=Plaintext(pem),
        certificate=certificate.public_bytes(Encoding.PEM),
        not_after_utc=end,
    )


def _new_key(key_type: KeyType) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if key_type in _RSA_BITS:
        return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS[key_type])
    return ec.generate_private_key(ec.SECP384R1() if key_type == "ecdsa-p384" else ec.SECP256R1())


def _builder(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, names: Sequence[Host]
) -> x509.CertificateBuilder:
    public = key.public_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _common_name(names))])
    usage = _usage(encrypts_keys=isinstance(key, rsa.RSAPrivateKey))
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(server, critical=False)
        .add_extension(x509.SubjectAlternativeName(map(_general_name, names)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )


def _common_name(names: Sequence[Host]) -> str:
    texts = map(str, names)
    return next((text for text in texts if len(text) <= _LONGEST_COMMON_NAME), _NAMELESS)


def _general_name(name: Host) -> x509.GeneralName:
    return x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)


def _usage(*, encrypts_keys: bool) -> x509.KeyUsage:
    """Return the usage of a server's key; RSA encrypts the session's key before TLS 1.3.

    Source: RFC 5280 section 4.2.1.3, RFC 5246 section 7.4.2.
    """
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=encrypts_keys,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
