"""Hybrid keys as PEM text: our own encoding, for there is no common one of both halves in one.

Owns the bytes behind the armour. A public block carries when the key was made and until when it
may seal, as a certificate does; a private block carries the seed. Both end in a digest against
damage; nothing is signed. No error ever quotes the input::

    public                                  private
    offset  size  content                   offset  size  content
    0       6     suite                     0       6     suite
    6       8     made, seconds since 1970  6       32    seed
    14      8     until, likewise           38      32    digest in the key's fingerprint
    22      1216  public key
    1238    32    SHA-256 of all before

Source: docs/sealed-format.md, "Hybrid keys".
"""

from __future__ import annotations

import base64
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gitopskit.errors import UnusableKey
from gitopskit.redaction import Plaintext
from gitopskit.sealing.hybrid import SUITE, HybridPrivateKey, HybridPublicKey
from gitopskit.sealing.pem_text import UNREADABLE

if TYPE_CHECKING:
    from typing import TypeAlias

    HybridFields: TypeAlias = tuple[HybridPublicKey, datetime, datetime]

PUBLIC: Final = b"GITOPSKIT HYBRID PUBLIC KEY"
PRIVATE: Final = b"GITOPSKIT HYBRID PRIVATE KEY"

PRIVATE_ITEM: Final = "hybrid.key"
PUBLIC_ITEM: Final = "hybrid.pub"
"""The items of a key Secret, and the names of files, that hold the two blocks."""

_PUBLIC: Final = struct.Struct(">6sQQ1216s32s")
_PRIVATE: Final = struct.Struct(">6s32s32s")
_SMALLEST_BODY_BYTES: Final = len(SUITE) + hashlib.sha256().digest_size
_LINE_SIZE: Final = 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HINT: Final = "give the key as `gitopskit keys new --post-quantum` wrote it"


def dump_public(public_key: HybridPublicKey, *, made: datetime, until: datetime) -> bytes:
    """Return the public block of a key; both moments are given in whole seconds."""
    signed = _PUBLIC.pack(SUITE, _seconds(made), _seconds(until), public_key.raw, b"")
    body = signed[: -hashlib.sha256().digest_size]
    return _armoured(PUBLIC, body + hashlib.sha256(body).digest())


def load_public(block: bytes, *, where: str) -> HybridFields:
    """Return the key in a public block, when it was made, and until when it may seal.

    Raises:
        UnusableKey: it is damaged, or of a suite that is not known.
    """
    body = _body(block, _PUBLIC, where=where)
    _, made, until, raw, digest = _PUBLIC.unpack(body)
    if hashlib.sha256(body[: -len(digest)]).digest() != digest:
        raise _unreadable(where)
    try:
        return HybridPublicKey.from_raw(raw), _moment(made), _moment(until)
    except (*UNREADABLE, OverflowError) as error:
        raise _unreadable(where) from error


def is_private_block(block: bytes) -> bool:
    """Whether a PEM block says that it is a private half of a hybrid key."""
    return block.startswith(b"-----BEGIN " + PRIVATE + b"-----")


def dump_private(seed: Plaintext) -> Plaintext:
    """Return the private block of the key of a seed."""
    digest = HybridPrivateKey.from_seed(seed).public_key().digest
    return Plaintext(_armoured(PRIVATE, _PRIVATE.pack(SUITE, seed.reveal(), digest)))


def load_private(block: bytes, *, where: str) -> HybridPrivateKey:
    """Return the key in a private block.

    Raises:
        UnusableKey: it is damaged, or of a suite that is not known.
    """
    _, seed, digest = _PRIVATE.unpack(_body(block, _PRIVATE, where=where))
    key = HybridPrivateKey.from_seed(Plaintext(seed))
    if key.public_key().digest != digest:
        raise _unreadable(where)
    return key


def _armoured(kind: bytes, body: bytes) -> bytes:
    text = base64.b64encode(body)
    lines = [text[at : at + _LINE_SIZE] for at in range(0, len(text), _LINE_SIZE)]
    begin, end = b"-----BEGIN " + kind + b"-----", b"-----END " + kind + b"-----"
    return b"\n".join([begin, *lines, end, b""])


def _body(block: bytes, layout: struct.Struct, *, where: str) -> bytes:
    _, *lines, _ = block.strip().split(b"\n")
    try:
        body = base64.b64decode(b"".join(line.strip() for line in lines), validate=True)
    except ValueError:
        raise _unreadable(where) from None
    suite = body[: len(SUITE)]
    if suite == SUITE and len(body) == layout.size:
        return body
    if suite == SUITE or len(body) < _SMALLEST_BODY_BYTES:
        raise _unreadable(where)
    raise UnusableKey(
        f"the hybrid key is of the suite {suite.hex()}, which is not known here",
        where=where,
        hint="use the version of gitopskit that made it, or a newer one",
    )


def _unreadable(where: str) -> UnusableKey:
    return UnusableKey("the hybrid key cannot be read", where=where, hint=_HINT)


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def _moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
