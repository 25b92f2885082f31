"""Literals of a template, as Go's package strconv reads them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from gitopskit.errors import TemplateFailed, TemplateRefused

LEAST_INT64: Final = -(1 << 63)
GREATEST_INT64: Final = (1 << 63) - 1
_GREATEST_UINT64: Final = (1 << 64) - 1
_MOST_BITS: Final = 64

_INTEGER: Final = re.compile(
    r"(?P<sign>[+-]?)(?:0[xX](?P<x>(?:_?[0-9a-fA-F])+)|0[bB](?P<b>(?:_?[01])+)"
    r"|0[oO](?P<o>(?:_?[0-7])+)|0(?P<old>(?:_?[0-7])+)|(?P<d>0|[1-9](?:_?[0-9])*))"
)
_BASES: Final = {"x": 16, "b": 2, "o": 8, "old": 8, "d": 10}
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEXADECIMAL: Final = re.compile(r"0[xX][^pP]+")
_UNUSUAL: Final = re.compile(r"[ipP_]")
_FLOAT_SIGNS: Final = frozenset(".eEpP")

_ESCAPE: Final = re.compile(
    r"\\(?:(?P<plain>[abfnrtv\\'\"])|(?P<octal>[0-3][0-7]{2})|x(?P<byte>[0-9a-fA-F]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|)"
)
_PLAIN: Final = dict(zip("abfnrtv\\'\"", b"\a\b\f\n\r\t\v\\'\"", strict=True))
_LARGEST_RUNE: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Number:
    """A number: as an integer, if it is one of Go's int; as a float; and how it is written."""

    integer: int | None
    real: float
    is_float: bool


def read_integer(text: str) -> int | None:
    """Return the integer that a text spells, with its prefix and underscores, or None.

    One that has more than 64 bits may come out as another such.

    Source: pkg.go.dev/strconv, ParseInt with base 0.
    """
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    base, digits = next((_BASES[name], match[name]) for name in _BASES if match[name])
    digits = digits.replace("_", "").lstrip("0")
    value = int(digits[: _MOST_BITS + 1] or "0", base)
    return -value if match["sign"] == "-" else value


def read_number(text: str) -> Number:
    """Return a number as it stands in a template.

    Raises:
        TemplateFailed: Go has no such number.
        TemplateRefused: it is of a kind that nobody writes into a configuration file.
    """
    if text.startswith("'"):
        rune = _read_rune(text)
        return Number(rune, float(rune), is_float=False)
    has_float_signs = not _FLOAT_SIGNS.isdisjoint(text)
    value = read_integer(text)
    if value is not None and LEAST_INT64 <= value <= _GREATEST_UINT64:
        integer = value if value <= GREATEST_INT64 else None
        is_float = has_float_signs and not _HEXADECIMAL.fullmatch(text)
        return Number(integer, float(value), is_float)
    if _UNUSUAL.search(text):
        raise TemplateRefused("complex numbers, and floats with `p` or `_`, are not supported")
    real = float(text) if has_float_signs and _DECIMAL.fullmatch(text) else math.inf
    if math.isinf(real):
        raise TemplateFailed(f"`{text[:40]}` is no number that fits")
    return Number(_as_integer(real), real, is_float=True)


def _as_integer(real: float) -> int | None:
    is_integer = real.is_integer() and LEAST_INT64 <= real <= GREATEST_INT64
    return int(real) if is_integer else None


def unquote(text: str) -> bytes:
    """Return the text between double quotes or backquotes.

    Raises:
        TemplateFailed: it holds an escape that Go does not know.
    """
    if text.startswith("`"):
        return text[1:-1].replace("\r", "").encode()
    pieces: list[bytes] = []
    end = 1
    for match in _ESCAPE.finditer(text, 1, len(text) - 1):
        pieces += [text[end : match.start()].encode(), _unescape(match, foreign_quote="'")]
        end = match.end()
    return b"".join([*pieces, text[end:-1].encode()])


def _unescape(match: re.Match[str], *, foreign_quote: str) -> bytes:
    if match["octal"] or match["byte"]:
        return bytes([_code(match, foreign_quote=foreign_quote)])
    return chr(_code(match, foreign_quote=foreign_quote)).encode()


def _read_rune(text: str) -> int:
    inside = text[1:-1]
    if len(inside) == 1 and inside != "'":
        return ord(inside)
    match = _ESCAPE.fullmatch(inside)
    if match is None:
        raise TemplateFailed("a character constant is one character between single quotes")
    return _code(match, foreign_quote='"')


def _code(match: re.Match[str], *, foreign_quote: str) -> int:
    """Return the byte or code point that an escape stands for."""
    plain, octal = match["plain"], match["octal"]
    if plain and plain != foreign_quote:
        return _PLAIN[plain]
    if octal:
        return int(octal, 8)
    code = int(match["byte"] or match["short"] or match["long"] or "-1", 16)
    if not 0 <= code <= _LARGEST_RUNE or code in _SURROGATES:
        raise TemplateFailed("a text holds an escape that is none")
    return code
