"""What a file with keys says of them in public: certificates, private keys, key Secrets, Lists.

Nothing of a private half is part of the result. Start at ``inspect_keys``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gitopskit.errors import InputError, UnusableKey
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.sealing import hybrid_pem, pem_text
from gitopskit.sealing.base64_text import decode_base64
from gitopskit.sealing.fields import read_mapping
from gitopskit.sealing.hybrid import ALGORITHM, HybridPrivateKey, HybridPublicKey
from gitopskit.sealing.keys import (
    CERTIFICATE_ITEM,
    key_items,
    key_label,
    load_certificate,
    load_hybrid,
    read_key_secret,
    read_private_keys,
)
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.envelope import PrivateHalf, PublicHalf
    from gitopskit.sealing.keys import PrivateKey, SealingCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """The public side of one key; dates are None where no certificate tells them.

    ``state`` is the value of a key Secret's label: ``active``, or anything else for a retired one.
    ``size_bits`` is an RSA key's, None for a hybrid key.
    """

    kind: Literal["certificate", "hybrid public key", "private key", "key Secret"]
    where: str
    fingerprint: str
    algorithm: str
    size_bits: int | None
    not_before_utc: datetime | None = None
    not_after_utc: datetime | None = None
    state: str = ""

    def structured(self, *, now: datetime) -> JsonObject:
        """Return the facts for programs."""
        begun, until = self.not_before_utc, self.not_after_utc
        return {
            "kind": self.kind,
            "where": self.where,
            "fingerprint": self.fingerprint,
            "algorithm": self.algorithm,
            "size_bits": self.size_bits,
            "not_before_utc": rfc3339(begun) if begun else None,
            "not_after_utc": rfc3339(until) if until else None,
            "age_days": (now - begun).days if begun else None,
            "has_expired": until < now if until else None,
            "state": self.state or None,
        }


def inspect_keys(data: bytes, *, where: str) -> tuple[KeyFacts, ...]:
    """Return what the keys in a PEM text, in Secrets, or in Lists of them are, in their order.

    Raises:
        UnusableKey: there is no key in it, or one that cannot be read.
        InputError: a key Secret has the wrong shape.
        MalformedDocument: it is neither PEM nor YAML nor JSON.
    """
    if pem_text.is_pem(data):
        found = [*_certificates(data, where), *_private_keys(data, where)]
    else:
        manifests = expand_lists(read_documents(data, path=where))
        found = [facts for manifest in manifests for facts in _of_manifest(manifest)]
    if not found:
        raise UnusableKey(
            "there is neither a certificate nor a private key in it",
            where=where,
            hint="give a PEM file, or the Secret (or List of them) that holds a key",
        )
    return tuple(found)


def fingerprint_in(data: bytes, *, where: str) -> str:
    """Return the fingerprint of the one key that a file is about.

    Raises:
        InputError: there are several keys in it.
        UnusableKey: there is none, or one that cannot be read.
    """
    fingerprints = {facts.fingerprint for facts in inspect_keys(data, where=where)}
    if len(fingerprints) > 1:
        raise InputError(
            "there are several keys in it",
            where=where,
            hint="name one by its fingerprint; `gitopskit keys inspect` lists them",
        )
    return fingerprints.pop()


def public_certificate(content: JsonObject, *, where: str) -> SealingCertificate | None:
    """Return the public half in a Secret or ConfigMap; a private half is not read.

    It is in ``tls.crt``, or in ``hybrid.pub`` of a Secret of the hybrid type.

    Raises:
        UnusableKey: it cannot be read.
    """
    return _public_in(content, key_items(content)[1], where=where)


def _public_in(content: JsonObject, item: str, *, where: str) -> SealingCertificate | None:
    data = content.get("data")
    text = data.get(item) if isinstance(data, dict) else None
    if not text:
        return None
    try:
        pem = text.encode() if content.get("kind") == "ConfigMap" else decode_base64(text)
    except (ValueError, AttributeError) as error:
        raise UnusableKey(
            f"`{item}` is not base64", where=where, hint=pem_text.CERTIFICATE_HINT
        ) from error
    return load_certificate(pem, where=where)


def _certificates(data: bytes, where: str) -> Iterator[KeyFacts]:
    """Yield all certificates of a PEM text, then its hybrid public keys."""
    rest = data
    while b"-----BEGIN CERTIFICATE-----" in rest:
        certificate = load_certificate(rest, where=where)
        yield _of_certificate(certificate, where)
        rest = rest.partition(certificate.pem.rstrip())[2]
    for block in pem_text.blocks_of(data, hybrid_pem.PUBLIC):
        yield _of_certificate(load_hybrid(block, where=where), where)


def _private_keys(data: bytes, where: str) -> Iterator[KeyFacts]:
    if any(True for _ in pem_text.private_key_blocks(data)):
        for key in read_private_keys(data, where=where):
            yield _of_private_key(key, where)


def _of_manifest(manifest: Manifest) -> Iterator[KeyFacts]:
    content = manifest.content
    if _has_private_key(content):
        key = read_key_secret(content, where=manifest.where)
        yield _of_private_key(key, manifest.where, state=_state(content, manifest.where))
        return
    for item in (CERTIFICATE_ITEM, hybrid_pem.PUBLIC_ITEM):
        certificate = _public_in(content, item, where=manifest.where)
        if certificate is not None:
            yield _of_certificate(certificate, manifest.where)


def _state(content: JsonObject, where: str) -> str:
    labels = read_mapping(read_mapping(content, "metadata", where=where), "labels", where=where)
    return str(labels.get(key_label(content)) or "")


def _has_private_key(content: JsonObject) -> bool:
    sections = (content.get("data"), content.get("stringData"))
    return any(
        isinstance(section, dict) and key_items(content)[0] in section for section in sections
    )


def _of_certificate(certificate: SealingCertificate, where: str) -> KeyFacts:
    return KeyFacts(
        kind="hybrid public key" if certificate.is_hybrid else "certificate",
        where=where,
        fingerprint=certificate.fingerprint,
        algorithm=_algorithm(certificate.public_key),
        size_bits=_size_bits(certificate.public_key),
        not_before_utc=certificate.not_before_utc,
        not_after_utc=certificate.not_after_utc,
    )


def _of_private_key(key: PrivateKey, where: str, *, state: str | None = None) -> KeyFacts:
    """Return the facts of a private key; one with a ``state`` is in a Secret."""
    pem = key.certificate_pem
    certificate = load_certificate(pem, where=where) if pem else None
    return KeyFacts(
        kind="private key" if state is None else "key Secret",
        where=where,
        fingerprint=key.fingerprint,
        algorithm=_algorithm(key.key),
        size_bits=_size_bits(key.key),
        not_before_utc=certificate.not_before_utc if certificate else None,
        not_after_utc=certificate.not_after_utc if certificate else None,
        state=state or "",
    )


def _algorithm(key: PublicHalf | PrivateHalf) -> str:
    return "RSA" if _size_bits(key) else ALGORITHM


def _size_bits(key: PublicHalf | PrivateHalf) -> int | None:
    return None if isinstance(key, HybridPublicKey | HybridPrivateKey) else key.key_size
