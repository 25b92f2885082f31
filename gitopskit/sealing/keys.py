"""Sealing keys and certificates: reading what others wrote, and making new ones.

Owns the PEM and X.509 side of a sealing key and the Secret that carries it in a cluster; the
encoding of hybrid keys is hybrid_pem.py's. Knows nothing of files; ``where`` only names the place
in errors. No error ever quotes the input. X.509 is imported where it is needed, which is not where
something is sealed; see plain_certificate.py.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256

from gitopskit.errors import UnusableKey
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL, HYBRID_KEY_TYPE
from gitopskit.redaction import Plaintext
from gitopskit.sealing import hybrid_pem, pem_text
from gitopskit.sealing.base64_text import decode_base64
from gitopskit.sealing.hybrid import HybridPrivateKey, HybridPublicKey
from gitopskit.sealing.plain_certificate import read_plain
from gitopskit.sealing.private_key import load_private_key
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.envelope import PrivateHalf, PublicHalf

KEY_LABEL: Final = "sealedsecrets.bitnami.com/sealed-secrets-key"
KEY_LABEL_ACTIVE: Final = "active"
"""Label and value by which a controller finds the Secrets that hold sealing keys.

Source: github.com/bitnami-labs/sealed-secrets, pkg/controller/keys.go.
"""

PRIVATE_KEY_ITEM: Final = "tls.key"
CERTIFICATE_ITEM: Final = "tls.crt"

_DEFAULT_SIZE_BITS: Final = 4096
DEFAULT_DAYS: Final = 3650
_SMALLEST_SIZE_BITS: Final = 2048
"""Below this nothing new is sealed. Source: NIST SP 800-57 part 1 rev. 5, table 2."""

_PUBLIC_EXPONENT: Final = 65537
_KEY_USAGE: Final = "2.5.29.15"
_ENCIPHER_ONLY: Final = bytes.fromhex("03020001")
"""Key usage with encipherOnly and nothing else, as sealing certificates have it.

RFC 5280 section 4.2.1.3 gives encipherOnly no meaning without keyAgreement, so the typed extension
refuses to express it, and reading ``.extensions`` of such a certificate raises: never read them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingCertificate:
    """The public half of a sealing key: what seals, and until when it may.

    Of a hybrid key it is the public block, which says the same.
    """

    fingerprint: str
    not_before_utc: datetime
    not_after_utc: datetime
    public_key: PublicHalf = field(repr=False)
    pem: bytes = field(repr=False)

    @property
    def is_hybrid(self) -> bool:
        """Whether it is of a hybrid key."""
        return isinstance(self.public_key, HybridPublicKey)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """The private half of a sealing key; ``not_before_utc`` is its certificate's, if known."""

    fingerprint: str
    not_before_utc: datetime | None = None
    key: PrivateHalf = field(repr=False)
    certificate_pem: bytes = field(default=b"", repr=False)

    @property
    def is_hybrid(self) -> bool:
        """Whether it is a hybrid key."""
        return isinstance(self.key, HybridPrivateKey)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A new sealing key: PKCS#1 PEM of the private half, X.509 PEM of the public one.

    Of a hybrid key they are its two blocks.
    """

    private_pem: Plaintext
    certificate_pem: bytes


def fingerprint(public_key: rsa.RSAPublicKey) -> str:
    """Return the fingerprint of a public key as OpenSSH prints it: ``SHA256:`` and base64.

    Source: RFC 4253 section 6.6, and section 5 of RFC 4251 for ``string`` and ``mpint``.
    """
    numbers = public_key.public_numbers()
    parts = (b"ssh-rsa", _signed_bytes(numbers.e), _signed_bytes(numbers.n))
    written = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return "SHA256:" + base64.b64encode(hashlib.sha256(written).digest()).decode().rstrip("=")


def _signed_bytes(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def read_certificate(pem: bytes, *, where: str, now: datetime) -> SealingCertificate:
    """Return the first certificate of a PEM text, fit to seal with at ``now``.

    The issuer, the extensions and the start of validity are not looked at: a sealing certificate
    is trusted because of where it came from.

    Raises:
        UnusableKey: there is none, it cannot be read, it expired, or its key is neither hybrid
            nor an RSA key of at least 2048 bits.
    """
    return require_usable(load_certificate(pem, where=where), where=where, now=now)


def require_usable(
    certificate: SealingCertificate, *, where: str, now: datetime
) -> SealingCertificate:
    """Return a certificate, if it may seal at ``now``.

    Raises:
        UnusableKey: it expired, or its key is too short.
    """
    key = certificate.public_key
    if not isinstance(key, HybridPublicKey) and key.key_size < _SMALLEST_SIZE_BITS:
        raise UnusableKey(
            f"the certificate's key has {key.key_size} bits, which is too short to seal with",
            where=where,
            hint=f"use a key of at least {_SMALLEST_SIZE_BITS} bits",
        )
    if certificate.not_after_utc < now:
        raise UnusableKey(
            f"the certificate expired at {rfc3339(certificate.not_after_utc)}",
            where=where,
            hint="fetch the current one with `gitopskit keys fetch`",
        )
    return certificate


def load_certificate(pem: bytes, *, where: str) -> SealingCertificate:
    """Return the first certificate of a PEM text, whatever its age and size.

    A hybrid key is taken where there is no certificate; for both see certificates.py.

    Raises:
        UnusableKey: there is neither, it cannot be read, or the certificate's key is no RSA key.
    """
    block = pem_text.first_block(pem, hybrid_pem.PUBLIC)
    if block is not None and pem_text.first_block(pem, pem_text.CERTIFICATE) is None:
        return load_hybrid(block, where=where)
    block = pem_text.certificate_block(pem, where=where)
    public_key, not_before, not_after = read_plain(block) or _read_any(block, where=where)
    return SealingCertificate(
        fingerprint=fingerprint(public_key),
        not_before_utc=not_before,
        not_after_utc=not_after,
        public_key=public_key,
        pem=block,
    )


def load_hybrid(block: bytes, *, where: str) -> SealingCertificate:
    """Return the hybrid key in a public block, whatever its age.

    Raises:
        UnusableKey: it is damaged, or of a suite that is not known.
    """
    public_key, made, until = hybrid_pem.load_public(block, where=where)
    return SealingCertificate(
        fingerprint=public_key.fingerprint,
        not_before_utc=made,
        not_after_utc=until,
        public_key=public_key,
        pem=block,
    )


def _read_any(block: bytes, *, where: str) -> tuple[rsa.RSAPublicKey, datetime, datetime]:
    from cryptography import x509  # noqa: PLC0415 -- takes long, and sealing goes without

    try:
        certificate = x509.load_pem_x509_certificate(block)
        public_key = certificate.public_key()
    except (*pem_text.UNREADABLE, x509.InvalidVersion) as error:
        raise UnusableKey(
            "the certificate cannot be read", where=where, hint=pem_text.CERTIFICATE_HINT
        ) from error
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise UnusableKey(
            "the certificate's key is not an RSA key", where=where, hint=pem_text.CERTIFICATE_HINT
        )
    return public_key, certificate.not_valid_before_utc, certificate.not_valid_after_utc


def read_private_keys(data: bytes, *, where: str) -> tuple[PrivateKey, ...]:
    """Return the private keys in a PEM text, in key Secrets, or in a List of them (YAML or JSON).

    Raises:
        UnusableKey: there is none, or one cannot be read, is encrypted or is no RSA key.
        MalformedDocument: it is neither PEM nor YAML nor JSON.
    """
    if pem_text.is_pem(data):
        keys = tuple(_keys_of_pem(data, where=where))
    else:
        keys = tuple(_keys_of_documents(data, where=where))
    if not keys:
        raise UnusableKey(
            "there is no private key in it", where=where, hint=pem_text.PRIVATE_KEY_HINT
        )
    return keys


def read_key_secret(content: JsonObject, *, where: str) -> PrivateKey:
    """Return the sealing key in a Secret's ``tls.key``, dated by its ``tls.crt`` if there is one.

    In a Secret of the hybrid type they are ``hybrid.key`` and ``hybrid.pub``.

    Raises:
        UnusableKey: there is no such item, it cannot be read, or the two do not belong together.
    """
    private_item, public_item = key_items(content)
    key = next(_keys_of_pem(_item(content, private_item, where=where), where=where), None)
    if key is None:
        raise UnusableKey(
            f"`{private_item}` holds no private key",
            where=where,
            hint=pem_text.PRIVATE_KEY_HINT,
        )
    pem = _item(content, public_item, where=where)
    if not pem.strip():
        return key
    certificate = load_certificate(pem, where=where)
    if certificate.fingerprint != key.fingerprint:
        raise UnusableKey(
            f"`{public_item}` is not the public half of `{private_item}`"
            if key.is_hybrid
            else f"`{public_item}` is not the certificate of `{private_item}`",
            where=where,
            hint="put the two halves of one key into the Secret",
        )
    return PrivateKey(
        fingerprint=key.fingerprint,
        not_before_utc=certificate.not_before_utc,
        key=key.key,
        certificate_pem=certificate.pem,
    )


def key_items(content: JsonObject) -> tuple[str, str]:
    """Return which items of a key Secret hold the private and the public half, by its type."""
    if is_hybrid_secret(content):
        return hybrid_pem.PRIVATE_ITEM, hybrid_pem.PUBLIC_ITEM
    return PRIVATE_KEY_ITEM, CERTIFICATE_ITEM


def key_label(content: JsonObject) -> str:
    """Return the label that says in which state a key Secret is, by its type."""
    return HYBRID_KEY_LABEL if is_hybrid_secret(content) else KEY_LABEL


def is_hybrid_secret(content: JsonObject) -> bool:
    """Whether a Secret is of the type that holds a hybrid key."""
    return content.get("type") == HYBRID_KEY_TYPE


def _item(content: JsonObject, name: str, *, where: str) -> bytes:
    """Return an item of a Secret as bytes, empty where it is absent; stringData beats data."""
    text = _section(content, "stringData", where=where).get(name)
    if isinstance(text, str):
        return text.encode()
    try:
        return decode_base64(_section(content, "data", where=where).get(name) or "")
    except ValueError as error:
        raise UnusableKey(
            f"`{name}` is not base64", where=where, hint=pem_text.PRIVATE_KEY_HINT
        ) from error


def _section(content: JsonObject, name: str, *, where: str) -> JsonObject:
    section = content.get(name) or {}
    if not isinstance(section, dict):
        raise UnusableKey(f"`{name}` is not a mapping", where=where, hint=pem_text.PRIVATE_KEY_HINT)
    return section


def _keys_of_documents(data: bytes, *, where: str) -> Iterator[PrivateKey]:
    from gitopskit.manifests import documents  # noqa: PLC0415 -- a PEM file needs no YAML reader

    for manifest in documents.expand_lists(documents.read_documents(data, path=where)):
        yield read_key_secret(manifest.content, where=manifest.where)


def _keys_of_pem(data: bytes, *, where: str) -> Iterator[PrivateKey]:
    for block in pem_text.private_key_blocks(data):
        if hybrid_pem.is_private_block(block):
            hybrid = hybrid_pem.load_private(block, where=where)
            yield PrivateKey(fingerprint=hybrid.public_key().fingerprint, key=hybrid)
        else:
            key = load_private_key(block, where=where)
            yield PrivateKey(fingerprint=fingerprint(key.public_key()), key=key)


def new_sealing_key(
    *, now: datetime, size_bits: int = _DEFAULT_SIZE_BITS, days: float = DEFAULT_DAYS
) -> KeyPair:
    """Return a new RSA key and its self-signed certificate, valid from ``now`` for ``days``.

    Raises:
        UnusableKey: fewer than 2048 bits, or no time, are asked for.
    """
    if size_bits < _SMALLEST_SIZE_BITS or days <= 0:
        raise UnusableKey(
            f"a sealing key needs at least {_SMALLEST_SIZE_BITS} bits and a time to live"
        )
    key = rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=size_bits)
    start = now.astimezone(UTC).replace(microsecond=0)
    return KeyPair(
        private_pem=Plaintext(_private_pem(key)),
        certificate_pem=_self_signed(key, start, start + timedelta(days=days)),
    )


def _private_pem(key: rsa.RSAPrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 -- sealing goes without
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def _self_signed(key: rsa.RSAPrivateKey, not_before: datetime, not_after: datetime) -> bytes:
    from cryptography import x509  # noqa: PLC0415 -- takes long, and sealing goes without
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 -- the same

    usage = x509.UnrecognizedExtension(x509.ObjectIdentifier(_KEY_USAGE), _ENCIPHER_ONLY)
    nobody = x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(nobody)
        .issuer_name(nobody)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def key_secret(pair: KeyPair, *, namespace: str, name: str) -> JsonObject:
    """Return the Secret by which a controller finds a sealing key."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {KEY_LABEL: KEY_LABEL_ACTIVE},
        },
        "type": "kubernetes.io/tls",
        "data": {
            CERTIFICATE_ITEM: base64.b64encode(pair.certificate_pem).decode(),
            PRIVATE_KEY_ITEM: base64.b64encode(pair.private_pem.reveal()).decode(),
        },
    }
