"""Sealing certificates in their plainest form, read without the rest of X.509.

Bitnami's controller and ours make them all alike: nobody's name, an RSA key, SHA-256. Those are
read here, because importing X.509 takes a fifth of the time in which a Secret is sealed. Nothing is
refused here: whatever is written otherwise, however little, is left to the library. Start at
``read_plain``.

Source: RFC 5280 section 4.1; X.690 sections 8 and 10.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Fields: TypeAlias = "tuple[RSAPublicKey, datetime, datetime]"
"""The key, and from when to when the certificate is valid."""

_BOOLEAN: Final = 0x01
_INTEGER: Final = 0x02
_BITS: Final = 0x03
_OCTETS: Final = 0x04
_OBJECT: Final = 0x06
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_EXTENSIONS: Final = 0xA3

_THIRD: Final = bytes.fromhex("020102")
_TRUE: Final = b"\xff"
_NOBODY: Final = b""
_SHA256_WITH_RSA: Final = bytes.fromhex("06092a864886f70d01010b0500")
_RSA: Final = bytes.fromhex("06092a864886f70d0101010500")
_OF_CERTIFICATES: Final = bytes.fromhex("551d")
"""What the names of RFC 5280's own extensions begin with; one byte more makes a whole name."""

_SHORT_FORM: Final = 0x80
_MOST_LENGTH_BYTES: Final = 3
_FIRST_GENERALIZED_YEAR: Final = 2050


class _NotPlain(Exception):
    """The certificate is not of the form that is read here."""


class _Reader:
    """Takes one DER value after the other from a text."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def tag(self) -> int:
        """The tag of the next value, 0 behind the last."""
        return self._data[self._at] if self._at < len(self._data) else 0

    def take(self, tag: int) -> bytes:
        """Return the content of the next value, which has this tag."""
        _require(self.tag == tag)
        length, start = self._length()
        self._at = start + length
        _require(self._at <= len(self._data))
        return self._data[start : self._at]

    def take_all(self, tag: int) -> _Reader:
        """Return the next value, which has this tag and parts of its own."""
        return _Reader(self.take(tag))

    def end(self) -> None:
        """Check that nothing is left."""
        _require(self._at == len(self._data))

    def _length(self) -> tuple[int, int]:
        """Return the length of the next value's content, and where that begins."""
        start = self._at + 2
        (first,) = self._data[self._at + 1 : start] or (0xFF,)
        if first < _SHORT_FORM:
            return first, start
        count = first - _SHORT_FORM
        _require(0 < count <= _MOST_LENGTH_BYTES)
        written = self._data[start : start + count]
        length = int.from_bytes(written, "big")
        _require(length >= _SHORT_FORM and written[0] != 0)
        return length, start + count


def read_plain(pem: bytes) -> Fields | None:
    """Return what a PEM block says, or None if it has to be read in another way.

    What is returned is what the library would say. The signature is not checked, as it is not
    there.
    """
    try:
        der = base64.b64decode(b"".join(pem.split(b"\n")[1:-2]), validate=True)
        return _certificate(der)
    except (_NotPlain, ValueError):
        return None


def _require(is_plain: bool) -> None:  # noqa: FBT001 -- a claim about what was just read
    if not is_plain:
        raise _NotPlain


def _certificate(der: bytes) -> Fields:
    whole = _Reader(der)
    parts = whole.take_all(_SEQUENCE)
    whole.end()
    signed = parts.take_all(_SEQUENCE)
    _require(parts.take(_SEQUENCE) == _SHA256_WITH_RSA)
    _bits(parts)
    parts.end()
    return _signed(signed)


def _signed(parts: _Reader) -> Fields:
    _require(parts.take(_VERSION) == _THIRD)
    _number(parts)
    _require(parts.take(_SEQUENCE) == _SHA256_WITH_RSA)
    _require(parts.take(_SEQUENCE) == _NOBODY)
    validity = parts.take_all(_SEQUENCE)
    not_before, not_after = _moment(validity), _moment(validity)
    validity.end()
    _require(parts.take(_SEQUENCE) == _NOBODY)
    key = _key(parts.take_all(_SEQUENCE))
    extensions = parts.take_all(_EXTENSIONS)
    parts.end()
    _skip_extensions(extensions)
    return key, not_before, not_after


def _bits(parts: _Reader) -> bytes:
    """Return the next value, a number of whole bytes."""
    unused, *bits = parts.take(_BITS) or (1,)
    _require(unused == 0 and bool(bits))
    return bytes(bits)


def _number(parts: _Reader) -> int:
    """Return the next value, a positive number in as few bytes as it takes."""
    number = int.from_bytes(written := parts.take(_INTEGER), "big", signed=True)
    _require(number > 0 and len(written) == number.bit_length() // 8 + 1)
    return number


def _key(parts: _Reader) -> RSAPublicKey:
    _require(parts.take(_SEQUENCE) == _RSA)
    written = _Reader(_bits(parts))
    parts.end()
    numbers = written.take_all(_SEQUENCE)
    written.end()
    modulus, exponent = _number(numbers), _number(numbers)
    numbers.end()
    return RSAPublicNumbers(exponent, modulus).public_key()


def _moment(parts: _Reader) -> datetime:
    """Return the next value, a moment with whole seconds in UTC; its form follows from the year."""
    is_long = parts.tag == _GENERALIZED_TIME
    text = parts.take(_GENERALIZED_TIME if is_long else _UTC_TIME).decode("ascii")
    digits = text.removesuffix("Z")
    _require(digits.isdigit() and len(text) == len(digits) + 1 == (15 if is_long else 13))
    full = digits if is_long else ("19" if digits >= "5" else "20") + digits
    month, day, hour, minute, second = (int(full[at : at + 2]) for at in range(4, 14, 2))
    year = int(full[:4])
    _require(is_long == (year >= _FIRST_GENERALIZED_YEAR))
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _skip_extensions(parts: _Reader) -> None:
    """Go through the extensions, of which none says anything about sealing."""
    extensions = parts.take_all(_SEQUENCE)
    parts.end()
    _skip_extension(extensions.take_all(_SEQUENCE))
    while extensions.tag:
        _skip_extension(extensions.take_all(_SEQUENCE))
    extensions.end()


def _skip_extension(parts: _Reader) -> None:
    name = parts.take(_OBJECT)
    _require(name[:2] == _OF_CERTIFICATES and len(name) == 3 and name[2] < _SHORT_FORM)  # noqa: PLR2004 -- the two and one more
    if parts.tag == _BOOLEAN:
        _require(parts.take(_BOOLEAN) == _TRUE)
    parts.take(_OCTETS)
    parts.end()
