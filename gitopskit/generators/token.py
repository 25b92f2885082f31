"""Tokens: random bytes as a text, and random identifiers."""

from __future__ import annotations

import base64
import secrets
from typing import Final, Literal, TypeAlias
from uuid import UUID

from gitopskit.errors import InputError
from gitopskit.redaction import Plaintext

TokenEncoding: TypeAlias = Literal["base64url", "hex", "base64"]

ENCODINGS: Final[tuple[TokenEncoding, ...]] = ("base64url", "hex", "base64")

SMALLEST_BYTES: Final = 16
"""128 bits, which nobody guesses. Source: NIST SP 800-57 part 1 rev. 5, table 4."""

LARGEST_BYTES: Final = 1024

_UUID_BITS: Final = 128


def require_token_size(size_bytes: int) -> int:
    """Return the size if a token can have it.

    Raises:
        InputError: it is not from 16 to 1024.
    """
    if not SMALLEST_BYTES <= size_bytes <= LARGEST_BYTES:
        raise InputError(
            "a token cannot have this size",
            hint=f"choose from {SMALLEST_BYTES} to {LARGEST_BYTES} bytes",
        )
    return size_bytes


def new_token(size_bytes: int = 32, encoding: TokenEncoding = "base64url") -> Plaintext:
    """Return a text of so many random bytes: base64url without padding, hex, or padded base64.

    Raises:
        InputError: the size is not from 16 to 1024 bytes.
    """
    value = secrets.token_bytes(require_token_size(size_bytes))
    if encoding == "hex":
        return Plaintext(value.hex().encode())
    if encoding == "base64":
        return Plaintext(base64.b64encode(value))
    return Plaintext(base64.urlsafe_b64encode(value).rstrip(b"="))


def new_uuid() -> Plaintext:
    """Return a random UUID in its 36 characters. Source: RFC 9562 section 5.4, version 4."""
    return Plaintext(str(UUID(int=secrets.randbits(_UUID_BITS), version=4)).encode())
