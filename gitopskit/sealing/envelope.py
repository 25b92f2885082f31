"""The bytes of one sealed value.

Owns the layout and the only draw of entropy for it. Knows nothing of Secrets, scopes or files::

    offset  size          content
    0       2             n, the size of the wrapped session key, big-endian
    2       n             session key under RSA-OAEP (SHA-256, MGF1 with SHA-256, label)
    2 + n   len + 16      value under AES-256-GCM (nonce of 12 zero bytes, no additional data), tag

Source: docs/sealed-format.md; github.com/bitnami-labs/sealed-secrets, pkg/crypto.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from gitopskit.errors import Undecryptable
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_SESSION_KEY_SIZE_BYTES: Final = 32
_PREFIX: Final = struct.Struct(">H")
_TAG_SIZE_BYTES: Final = 16
_NONCE: Final = bytes(12)
"""All zero, which is sound because no session key ever encrypts a second value."""


def seal_value(value: Plaintext, *, public_key: RSAPublicKey, label: bytes) -> bytes:
    """Return the envelope of a value under a fresh session key."""
    return _seal_with(
        os.urandom(_SESSION_KEY_SIZE_BYTES), value, public_key=public_key, label=label
    )


def open_value(blob: bytes, *, private_keys: Sequence[RSAPrivateKey], label: bytes) -> Plaintext:
    """Return the value in an envelope, trying the keys in their order.

    Raises:
        Undecryptable: no key opens it, for whatever reason: key, label, size or content.
    """
    return open_and_tell(blob, private_keys=private_keys, label=label)[0]


def open_and_tell(
    blob: bytes, *, private_keys: Sequence[RSAPrivateKey], label: bytes
) -> tuple[Plaintext, int]:
    """Return the value in an envelope and the index of the key that opened it.

    Raises:
        Undecryptable: no key opens it, for whatever reason: key, label, size or content.
    """
    parts = _split(blob)
    if parts is not None:
        for index, key in enumerate(private_keys):
            value = _open_with(key, *parts, label=label)
            if value is not None:
                return value, index
    raise Undecryptable("no key opens the sealed value")


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
    key: RSAPrivateKey, wrapped: bytes, sealed: bytes, *, label: bytes
) -> Plaintext | None:
    if len(wrapped) != (key.key_size + 7) // 8:
        return None
    try:
        session_key = key.decrypt(wrapped, _oaep(label))
        if len(session_key) != _SESSION_KEY_SIZE_BYTES:
            return None
        return Plaintext(AESGCM(session_key).decrypt(_NONCE, sealed, None))
    except (ValueError, InvalidTag):
        return None
