"""The bytes of one sealed value, to whatever key it is sealed.

Owns the layout for RSA keys and the session key in it; that for hybrid keys is hybrid.py's. Knows
nothing of Secrets, scopes or files::

    offset  size          content
    0       2             n, the size of the wrapped session key, big-endian
    2       n             session key under RSA-OAEP (SHA-256, MGF1 with SHA-256, label)
    2 + n   len + 16      value under AES-256-GCM (nonce of 12 zero bytes, no additional data), tag

Source: docs/sealed-format.md; github.com/bitnami-labs/sealed-secrets, pkg/crypto.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from gitopskit.errors import Undecryptable
from gitopskit.redaction import Plaintext
from gitopskit.sealing.hybrid import (
    OVERHEAD_SIZE_BYTES,
    SUITE,
    HybridPrivateKey,
    HybridPublicKey,
    is_hybrid,
    open_hybrid,
    seal_hybrid,
    suite_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    PublicHalf: TypeAlias = RSAPublicKey | HybridPublicKey
    PrivateHalf: TypeAlias = RSAPrivateKey | HybridPrivateKey

_SESSION_KEY_SIZE_BYTES: Final = 32
_PREFIX: Final = struct.Struct(">H")
_TAG_SIZE_BYTES: Final = 16
_SMALLEST_MODULUS_BYTES: Final = 128
_LARGEST_MODULUS_BYTES: Final = 2048
"""Sizes of RSA keys that somebody may have sealed with: 1024 to 16384 bits."""

_NONCE: Final = bytes(12)
"""All zero, which is sound because no session key ever encrypts a second value."""


def seal_value(value: Plaintext, *, public_key: PublicHalf, label: bytes) -> bytes:
    """Return the envelope of a value under a fresh session key."""
    if isinstance(public_key, HybridPublicKey):
        return seal_hybrid(value, public_key=public_key, label=label)
    return _seal_with(
        os.urandom(_SESSION_KEY_SIZE_BYTES), value, public_key=public_key, label=label
    )


def open_value(blob: bytes, *, private_keys: Sequence[PrivateHalf], label: bytes) -> Plaintext:
    """Return the value in an envelope, trying the keys in their order.

    Raises:
        Undecryptable: no key opens it, for whatever reason: key, label, size or content.
    """
    return open_and_tell(blob, private_keys=private_keys, label=label)[0]


def open_and_tell(
    blob: bytes, *, private_keys: Sequence[PrivateHalf], label: bytes
) -> tuple[Plaintext, int]:
    """Return the value in an envelope and the index of the key that opened it.

    Raises:
        Undecryptable: no key opens it, for whatever reason: key, label, size or content.
    """
    parts = _split(blob)
    for index, key in enumerate(private_keys):
        if isinstance(key, HybridPrivateKey):
            value = open_hybrid(blob, private_key=key, label=label)
        else:
            value = _open_with(key, parts, label=label)
        if value is not None:
            return value, index
    raise Undecryptable("no key opens the sealed value")


def wrapped_size_bytes(key: PublicHalf | PrivateHalf) -> int:
    """Return the size that envelopes to a key announce, 0 for a hybrid key."""
    if isinstance(key, HybridPublicKey | HybridPrivateKey):
        return 0
    return (key.key_size + 7) // 8


@dataclass(frozen=True, slots=True)
class Measures:
    """What an envelope says of itself in the clear, in bytes; the sizes may not be true.

    ``value_size_bytes`` is negative where the envelope is too short for what it announces.
    ``suite`` is what a hybrid envelope names in hexadecimal digits, empty for RSA; only its size
    of a value counts, and of an unknown suite not even that.
    """

    wrapped_size_bytes: int
    value_size_bytes: int
    suite: str = ""

    @property
    def is_hybrid(self) -> bool:
        """Whether it says that it was sealed to a hybrid key."""
        return bool(self.suite)

    @property
    def is_of_unknown_suite(self) -> bool:
        """Whether it names a suite that is not known here; it may be newer, or altered."""
        return self.is_hybrid and not SUITE.hex().startswith(self.suite)

    @property
    def is_cut_off(self) -> bool:
        """Whether the end is missing, if the first bytes are true."""
        is_true = not self.is_of_unknown_suite and self.wrapped_size_bytes <= _LARGEST_MODULUS_BYTES
        return self.value_size_bytes < 0 and is_true

    @property
    def is_of_no_key(self) -> bool:
        """Whether the first bytes are not true: nobody's RSA key has such a size."""
        is_known = _SMALLEST_MODULUS_BYTES <= self.wrapped_size_bytes <= _LARGEST_MODULUS_BYTES
        return not (self.is_hybrid or is_known)


def measure(blob: bytes) -> Measures:
    """Return the sizes that an envelope announces."""
    if is_hybrid(blob):
        return Measures(
            wrapped_size_bytes=0,
            value_size_bytes=len(blob) - OVERHEAD_SIZE_BYTES,
            suite=suite_of(blob).hex() or SUITE.hex(),
        )
    announced = _PREFIX.unpack_from(blob)[0] if len(blob) >= _PREFIX.size else 0
    rest = len(blob) - _PREFIX.size - announced - _TAG_SIZE_BYTES
    return Measures(wrapped_size_bytes=announced, value_size_bytes=rest)


def probe(
    blob: bytes, *, private_key: PrivateHalf, label: bytes
) -> Literal["opens", "altered", "closed"]:
    """Return what becomes of an envelope with one key: for whoever holds it, and nobody else.

    ``altered`` means that key and label are right and the value behind them was changed; to tell
    that to somebody who sends envelopes would be an oracle. Of a hybrid envelope nobody can tell.
    """
    if isinstance(private_key, HybridPrivateKey):
        value = open_hybrid(blob, private_key=private_key, label=label)
        return "closed" if value is None else "opens"
    parts = _split(blob)
    session_key = None if parts is None else _unwrap(private_key, parts[0], label=label)
    if parts is None or session_key is None:
        return "closed"
    return "altered" if _decrypt(session_key, parts[1]) is None else "opens"


def _seal_with(
    session_key: bytes, value: Plaintext, *, public_key: RSAPublicKey, label: bytes
) -> bytes:
    wrapped = public_key.encrypt(session_key, _oaep(label))
    sealed = AESGCM(session_key).encrypt(_NONCE, value.reveal(), None)
    return _PREFIX.pack(len(wrapped)) + wrapped + sealed


def _oaep(label: bytes) -> OAEP:
    return OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=label)


def _split(blob: bytes) -> tuple[bytes, bytes] | None:
    """Return the wrapped session key and the sealed value, or None where they cannot be there."""
    if len(blob) < _PREFIX.size:
        return None
    (size,) = _PREFIX.unpack_from(blob)
    end = _PREFIX.size + size
    if len(blob) < end + _TAG_SIZE_BYTES:
        return None
    return blob[_PREFIX.size : end], blob[end:]


def _open_with(
    key: RSAPrivateKey, parts: tuple[bytes, bytes] | None, *, label: bytes
) -> Plaintext | None:
    if parts is None:
        return None
    session_key = _unwrap(key, parts[0], label=label)
    return None if session_key is None else _decrypt(session_key, parts[1])


def _unwrap(key: RSAPrivateKey, wrapped: bytes, *, label: bytes) -> bytes | None:
    if len(wrapped) != (key.key_size + 7) // 8:
        return None
    try:
        session_key = key.decrypt(wrapped, _oaep(label))
    except ValueError:
        return None
    return session_key if len(session_key) == _SESSION_KEY_SIZE_BYTES else None


def _decrypt(session_key: bytes, sealed: bytes) -> Plaintext | None:
    try:
        return Plaintext(AESGCM(session_key).decrypt(_NONCE, sealed, None))
    except InvalidTag:
        return None
