"""The bytes of one value that is sealed to a hybrid key: ML-KEM-768 and X25519, through HPKE.

Owns the layout, the suite and the two halves of such a key as values. Knows nothing of PEM. The
library's HPKE is imported where it is used, for sealing to an RSA key goes without::

    offset  size        content
    0       2           the mark ff ff: a size that no RSA key has
    2       6           the suite: KEM, KDF and AEAD of HPKE, 2 bytes each
    8       1120        encapsulated key: ML-KEM-768 ciphertext, X25519 share
    1128    len + 16    value and tag; HPKE's info is the label

Source: docs/sealed-format.md, "Hybrid envelopes"; RFC 9180; draft-ietf-hpke-pq-05, section 4.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag

from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hpke import (
        MLKEM768X25519PrivateKey,
        MLKEM768X25519PublicKey,
        Suite,
    )

MARK: Final = b"\xff\xff"
"""Where an RSA envelope has the size of its first part: peers that know RSA alone find it cut off
or too large, and refuse it as any other value that they cannot open."""

MARK_IN_BASE64: Final = b"//"
"""How every envelope with the mark begins where it is written."""

SUITE: Final = bytes.fromhex("647a00010002")
"""MLKEM768-X25519, HKDF-SHA256, AES-256-GCM.

Source: draft-ietf-hpke-pq-05, section 8.2; RFC 9180, sections 7.2 and 7.3.
"""

ALGORITHM: Final = "ML-KEM-768 + X25519"

HEADER_SIZE_BYTES: Final = len(MARK) + len(SUITE)
OVERHEAD_SIZE_BYTES: Final = HEADER_SIZE_BYTES + 1120 + 16
SEED_SIZE_BYTES: Final = 32

_ML_KEM_PUBLIC_BYTES: Final = 1184
_ML_KEM_SEED_BYTES: Final = 64
_PUBLIC_SIZE_BYTES: Final = _ML_KEM_PUBLIC_BYTES + 32
_EXPANDED_SIZE_BYTES: Final = _ML_KEM_SEED_BYTES + 32
"""Source: FIPS 203, table 3 and section 3.3; RFC 7748, section 5."""

_FINGERPRINT_NAME: Final = b"mlkem768-x25519@gitopskit.io"


class HybridPublicKey:
    """The half that seals: ``raw`` is the ML-KEM-768 key, then the X25519 key, 1216 bytes.

    Plain, because a dataclass takes a millisecond of every call that seals to an RSA key.
    """

    __slots__ = ("library_key", "raw")

    def __init__(self, raw: bytes, library_key: MLKEM768X25519PublicKey) -> None:
        """Keep the bytes, and the key that the library made of them."""
        self.raw = raw
        self.library_key = library_key

    def __eq__(self, other: object) -> bool:
        """Compare the bytes, which are public."""
        return isinstance(other, HybridPublicKey) and self.raw == other.raw

    def __hash__(self) -> int:
        """Return the hash of the bytes."""
        return hash(self.raw)

    @classmethod
    def from_raw(cls, raw: bytes) -> HybridPublicKey:
        """Return the key of its bytes, to which a value was sealed for a trial.

        Raises:
            ValueError: they have another size, or nothing can be sealed to them.
        """
        from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey  # noqa: PLC0415 -- RSA goes without
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey  # noqa: PLC0415 -- the same
        from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey  # noqa: PLC0415 -- the same

        key = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(raw[:_ML_KEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(raw[_ML_KEM_PUBLIC_BYTES:]),
        )
        _suite().encrypt(b"", key)
        return cls(raw, key)

    @property
    def digest(self) -> bytes:
        """Return what the fingerprint shows.

        Source: docs/sealed-format.md; the form is that of RFC 4253, section 6.6.
        """
        parts = (_FINGERPRINT_NAME, self.raw)
        written = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hashlib.sha256(written).digest()

    @property
    def fingerprint(self) -> str:
        """Return ``SHA256:`` and the digest in base64, as for any sealing key."""
        return "SHA256:" + base64.b64encode(self.digest).decode().rstrip("=")


class HybridPrivateKey:
    """The half that opens. The seed that it was made of is not kept."""

    __slots__ = ("_public_key", "library_key")

    def __init__(self, public_key: HybridPublicKey, library_key: MLKEM768X25519PrivateKey) -> None:
        """Keep the key that the library made, and the half that belongs to it."""
        self._public_key = public_key
        self.library_key = library_key

    def __eq__(self, other: object) -> bool:
        """Compare the public halves."""
        return isinstance(other, HybridPrivateKey) and self._public_key == other._public_key

    def __hash__(self) -> int:
        """Return the hash of the public half."""
        return hash(self._public_key)

    def public_key(self) -> HybridPublicKey:
        """Return the half that seals, as the library's own keys do."""
        return self._public_key

    @classmethod
    def from_seed(cls, seed: Plaintext) -> HybridPrivateKey:
        """Return the key of 32 bytes.

        Raises:
            ValueError: they are more or fewer.

        Source: draft-irtf-cfrg-concrete-hybrid-kems; draft-connolly-cfrg-xwing-kem.
        """
        from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey  # noqa: PLC0415 -- RSA goes without
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415 -- the same
        from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey  # noqa: PLC0415 -- the same

        if len(seed) != SEED_SIZE_BYTES:
            raise ValueError("a seed has 32 bytes")
        expanded = hashlib.shake_256(seed.reveal()).digest(_EXPANDED_SIZE_BYTES)
        ml_kem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_ML_KEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[_ML_KEM_SEED_BYTES:])
        raw = ml_kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        return cls(HybridPublicKey.from_raw(raw), MLKEM768X25519PrivateKey(ml_kem, x25519))


def new_seed() -> Plaintext:
    """Return the seed of a new key."""
    return Plaintext(os.urandom(SEED_SIZE_BYTES))


def is_hybrid(blob: bytes) -> bool:
    """Whether an envelope says that it was sealed to a hybrid key, of whatever suite."""
    return blob.startswith(MARK)


def suite_of(blob: bytes) -> bytes:
    """Return the suite that a hybrid envelope names; fewer than 6 bytes if it is cut off there."""
    return blob[len(MARK) : HEADER_SIZE_BYTES]


def seal_hybrid(value: Plaintext, *, public_key: HybridPublicKey, label: bytes) -> bytes:
    """Return the envelope of a value."""
    sealed = _suite().encrypt(value.reveal(), public_key.library_key, info=label)
    return MARK + SUITE + sealed


def open_hybrid(blob: bytes, *, private_key: HybridPrivateKey, label: bytes) -> Plaintext | None:
    """Return the value in an envelope; None if it does not open, for whatever reason."""
    if not blob.startswith(MARK + SUITE):
        return None
    sealed = blob[HEADER_SIZE_BYTES:]
    try:
        return Plaintext(_suite().decrypt(sealed, private_key.library_key, info=label))
    except (InvalidTag, ValueError):
        return None


def _suite() -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite  # noqa: PLC0415 -- RSA goes without

    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
