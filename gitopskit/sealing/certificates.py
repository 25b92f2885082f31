"""The certificates of both kinds in one text, and which of them seals.

Pure. A text may hold a certificate, a hybrid key, or both. Start at ``load_certificates``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gitopskit.errors import UnusableKey
from gitopskit.sealing import hybrid_pem, pem_text
from gitopskit.sealing.hybrid import is_hybrid
from gitopskit.sealing.keys import load_certificate, load_hybrid, require_usable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gitopskit.sealing.keys import SealingCertificate

KeyKind: TypeAlias = Literal["rsa", "hybrid"]
KeyWish: TypeAlias = KeyKind | Literal["hybrid if there"]
"""What somebody wants to seal to. Who wants nothing gets RSA, or a hybrid key that is alone."""

_HINTS: Final[dict[KeyKind, str]] = {
    "rsa": "give the sealing certificate (`tls.crt`) in PEM form, or leave out --no-post-quantum",
    "hybrid": "fetch it with `gitopskit keys fetch`, make one with `gitopskit keys new "
    "--post-quantum`, or seal to RSA with --no-post-quantum",
}
_NAMES: Final[dict[KeyKind, str]] = {"rsa": "certificate of an RSA key", "hybrid": "hybrid key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """What a text or a cluster has to seal with, one certificate of a kind at most."""

    rsa: SealingCertificate | None = None
    hybrid: SealingCertificate | None = None

    @property
    def all(self) -> tuple[SealingCertificate, ...]:
        """Return those that are there, RSA's first."""
        return tuple(each for each in (self.rsa, self.hybrid) if each is not None)

    @property
    def pem(self) -> bytes:
        """Return them as one text."""
        return b"".join(each.pem for each in self.all)

    def of_kind(self, kind: KeyKind) -> SealingCertificate | None:
        """Return the one of a kind, if there is one."""
        return self.hybrid if kind == "hybrid" else self.rsa


def load_certificates(pem: bytes, *, where: str) -> Certificates:
    """Return the first certificate of each kind in a PEM text, whatever their age and size.

    Raises:
        UnusableKey: there is none, or one cannot be read.
    """
    block = pem_text.first_block(pem, hybrid_pem.PUBLIC)
    if block is None:
        return Certificates(rsa=load_certificate(pem, where=where))
    hybrid = load_hybrid(block, where=where)
    if pem_text.first_block(pem, pem_text.CERTIFICATE) is None:
        return Certificates(hybrid=hybrid)
    return Certificates(rsa=load_certificate(pem, where=where), hybrid=hybrid)


def hybrid_part(pem: bytes) -> bytes:
    """Return the hybrid keys of a PEM text, as they are."""
    return b"".join(pem_text.blocks_of(pem, hybrid_pem.PUBLIC))


def without_hybrid(pem: bytes) -> bytes:
    """Return a PEM text without its hybrid keys; empty if nothing else is in it."""
    for block in pem_text.blocks_of(pem, hybrid_pem.PUBLIC):
        pem = pem.replace(block.rstrip(), b"")
    return pem.strip() + b"\n" if pem.strip() else b""


def read_chosen(
    pem: bytes, *, wish: KeyWish | None, where: str, now: datetime
) -> SealingCertificate:
    """Return the certificate in a PEM text that fits a wish, and may seal at ``now``.

    Raises:
        UnusableKey: there is none that fits, it cannot be read, expired, or is too short.
    """
    is_for_hybrid = wish in ("hybrid", "hybrid if there")
    block = pem_text.first_block(pem, hybrid_pem.PUBLIC) if is_for_hybrid else None
    if block is not None:
        return require_usable(load_hybrid(block, where=where), where=where, now=now)
    if wish == "hybrid":
        raise _missing(wish, where)
    found = load_certificate(pem, where=where)
    if wish == "rsa" and found.is_hybrid:
        raise _missing(wish, where)
    return require_usable(found, where=where, now=now)


def _missing(kind: KeyKind, where: str) -> UnusableKey:
    return UnusableKey(f"there is no {_NAMES[kind]} to seal with", where=where, hint=_HINTS[kind])


def wish_of(
    *, post_quantum: bool | None, envelopes: Iterable[bytes] = (), is_named: bool = False
) -> KeyWish | None:
    """Return what is to be sealed to: as a flag says, or else as the envelopes there are sealed.

    Beside hybrid envelopes nothing is sealed to RSA unless somebody says so: by the flag, or by a
    certificate that ``is_named`` and has no hybrid key beside it.
    """
    if post_quantum is not None:
        return "hybrid" if post_quantum else "rsa"
    if not any(map(is_hybrid, envelopes)):
        return None
    return "hybrid if there" if is_named else "hybrid"
