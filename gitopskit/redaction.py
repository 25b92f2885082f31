"""Plaintext as a type, and the scrubbing of text that others wrote.

Owns what keeps a secret value out of sight. Must not know where values come from or go to.
"""

from __future__ import annotations

import hmac
import re
from typing import Final, NoReturn

LONGEST_FOREIGN_TEXT: Final = 256
"""Characters of a vendor's message that are shown at most."""

_CREDENTIALS_IN_URL: Final = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@]+@")
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}")
_ECHOED_VALUE: Final = re.compile(
    r"(Invalid value|Unsupported value|value): "
    r"(\"(?:[^\"\\]|\\.)*\"|map\[.*\]|\{.*\})"
)
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


class Plaintext:
    """A secret value that prints as its size only; ``reveal()`` is the one way out."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        """Wrap the bytes of a secret value where they enter."""
        self._value = value

    def reveal(self) -> bytes:
        """Return the bytes; to be called by seal, unseal and the write of a backend only."""
        return self._value

    def __len__(self) -> int:
        """Return the size in bytes."""
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        """Compare with another Plaintext in constant time."""
        return isinstance(other, Plaintext) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret must not key a mapping

    def __repr__(self) -> str:
        """Return the size, never the value."""
        return f"Plaintext(<{len(self._value)} bytes, hidden>)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Return the size, never the value."""
        return format(repr(self), spec)

    def __reduce__(self) -> NoReturn:
        """Refuse pickle and copy through it.

        Raises:
            TypeError: always.
        """
        raise TypeError("a Plaintext cannot be serialised")


def show_controls(text: str) -> str:
    """Return a text as one line with `?` for each control and direction character.

    Names of files and fields may hold any: unaltered, they could steer a terminal or add a line.
    """
    return _UNPRINTABLE.sub("?", text).replace("\n", "?").replace("\t", " ")


def escape_controls(text: str) -> str:
    """Return JSON in which no control or direction character stands as itself, line ends aside."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def scrub(text: str, *, limit: int = LONGEST_FOREIGN_TEXT) -> str:
    """Return a foreign message fit to be shown: one line, cut, without values and credentials.

    Credentials in URLs, bearer and basic tokens, and the values that an API server echoes in
    validation messages become ``***``; control and direction characters are dropped. It does not
    know a caller's secrets: what may hold one must not be passed on at all.
    """
    text = _CREDENTIALS_IN_URL.sub(r"\g<scheme>***@", text)
    text = _BEARER.sub(r"\1 ***", text)
    text = _ECHOED_VALUE.sub(r"\1: ***", text)
    text = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
