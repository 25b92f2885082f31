"""What a YAML scalar means to kubectl: ``yes`` is true, ``0644`` is 420, a date is a string.

Owns the table and the number grammar, and how a value becomes the name of a field. Knows nothing
of documents or positions. Start at ``resolve_plain``.

Source: sigs.k8s.io/yaml on go.yaml.in/yaml/v2 (YAML 1.1 without base 60 and without dates), then
JSON as k8s.io/apimachinery decodes it: whole numbers that fit are int64, all others float64. A
conformance test compares the rules with kubectl itself.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

JsonScalar: TypeAlias = str | int | float | bool | None

_WORDS: Final[dict[str, JsonScalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **{
        word: True
        for lower in ("y", "yes", "on", "true")
        for word in (lower, lower.capitalize(), lower.upper())
    },
    **{
        word: False
        for lower in ("n", "no", "off", "false")
        for word in (lower, lower.capitalize(), lower.upper())
    },
    **{
        sign + word: math.copysign(math.inf, -1 if sign == "-" else 1)
        for sign in ("", "+", "-")
        for word in (".inf", ".Inf", ".INF")
    },
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_FIRST_OF_WORDS_AND_NUMBERS: Final = frozenset("yYnNtTfFoO~.+-0123456789")
_INTEGER: Final = re.compile(
    r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))"
)
_SIGNED_BINARY: Final = re.compile(r"0b([+-][01]+)")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_FLOAT_FROM_POINT: Final = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_DATE: Final = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})"
    r"|[ ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?"
)
_LEAST_INT64: Final = -(2**63)
_LARGEST_INT64: Final = 2**63 - 1
_LARGEST_UINT64: Final = 2**64 - 1
_LONGEST_INTEGER: Final = 64
"""Significant digits of an integer worth converting: 64 binary ones fill a uint64."""

_LARGEST_PLAIN_FLOAT: Final = 1e21
"""From here on encoding/json writes an exponent, and the decoder sees no whole number."""

_TAG_PREFIX: Final = "tag:yaml.org,2002:"


class ScalarError(ValueError):
    """A scalar that kubectl refuses; the message says why and never shows the scalar."""


def resolve(text: str, *, tag: str | None, is_plain: bool) -> JsonScalar:
    """Return the JSON value of a scalar with its explicit tag, if it has one.

    Raises:
        ScalarError: the tag does not fit the text, or JSON has no such number.
    """
    value = _as_json(_resolve(text, tag=tag, is_plain=is_plain))
    if isinstance(value, float) and not math.isfinite(value):
        raise ScalarError("JSON has no infinity and no not-a-number")
    return value


def resolve_key(text: str, *, tag: str | None, is_plain: bool) -> str:
    """Return the name that a scalar gives to a field: ``yes`` is ``true``, ``0644`` is ``420``.

    Raises:
        ScalarError: the tag does not fit the text, or it is null or an integer beyond int64.
    """
    value = _resolve(text, tag=tag, is_plain=is_plain)
    if isinstance(value, str):
        return value
    if value is None:
        raise ScalarError("null cannot name a field")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _shortest_float32(value)
    if value > _LARGEST_INT64:
        raise ScalarError("an integer beyond 64 bits cannot name a field")
    return str(value)


def resolve_plain(text: str) -> JsonScalar:
    """Return the JSON value of a scalar without quotes and tag; infinities as floats."""
    return _as_json(_decode(text))


def _decode(text: str) -> JsonScalar:
    """Return what a plain scalar is to the YAML reader, before JSON: 1.0 is a float here."""
    if text and text[0] not in _FIRST_OF_WORDS_AND_NUMBERS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return text if text[0].isalpha() or text[0] == "~" else _number(text)


def _as_json(value: JsonScalar) -> JsonScalar:
    """Return a value after its way through JSON: whole floats are integers, if they fit."""
    if type(value) is int:
        return value if value <= _LARGEST_INT64 else float(value)
    if type(value) is float and value.is_integer() and abs(value) < _LARGEST_PLAIN_FLOAT:
        whole = int(_decimal(repr(value)))
        return whole if _LEAST_INT64 <= whole <= _LARGEST_INT64 else value
    return value


def _resolve(text: str, *, tag: str | None, is_plain: bool) -> JsonScalar:
    if tag is None:
        return _decode(text) if is_plain else text
    if not tag.startswith(_TAG_PREFIX):
        return text
    return _convert(text, kind=tag.removeprefix(_TAG_PREFIX))


def _convert(text: str, *, kind: str) -> JsonScalar:
    if kind == "binary":
        return _decode_binary(text)
    if kind == "timestamp" and not _DATE.fullmatch(text):
        raise ScalarError("this is not a date, though it is tagged !!timestamp")
    if kind not in ("int", "float", "bool", "null"):
        return text
    value = _decode(text)
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    fits = {
        "int": is_integer,
        "float": is_integer or isinstance(value, float),
        "bool": isinstance(value, bool),
        "null": value is None,
    }
    if not fits[kind]:
        raise ScalarError(f"this is no {kind}, though it is tagged !!{kind}")
    return value


def _decode_binary(text: str) -> str:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ScalarError("this is not base64, though it is tagged !!binary") from error
    return decoded.decode(errors="replace")


def _number(text: str) -> int | float | str:
    plain = text.replace("_", "")
    integer = _integer(plain)
    if integer is not None:
        return integer
    is_float = _FLOAT_FROM_POINT.fullmatch(text) if text[0] == "." else _FLOAT.fullmatch(plain)
    if is_float:
        value = float(plain)
        return value if math.isfinite(value) else text
    binary = _SIGNED_BINARY.fullmatch(plain)
    return int(binary[1], 2) if binary and len(plain) <= _LONGEST_INTEGER else text


def _integer(plain: str) -> int | None:
    match = _INTEGER.fullmatch(plain)
    if match is None:
        return None
    sign, hexadecimal, binary, octal, decimal = match.groups()
    bases = ((hexadecimal, 16), (binary, 2), (octal, 8), (decimal, 10))
    digits, base = next((digits, base) for digits, base in bases if digits is not None)
    if len(digits.lstrip("0")) > _LONGEST_INTEGER:
        return None
    value = int(digits, base) * (-1 if sign == "-" else 1)
    largest = _LARGEST_INT64 if sign else _LARGEST_UINT64
    return value if _LEAST_INT64 <= value <= largest else None


def _shortest_float32(value: float) -> str:
    """Return a float as Go's ``strconv.FormatFloat(value, 'g', -1, 32)`` writes it."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    try:
        narrow = float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return ".inf" if value > 0 else "-.inf"
    written = next(
        written
        for digits in range(9)
        if struct.unpack("<f", struct.pack("<f", float(written := f"{narrow:.{digits}e}")))[0]
        == narrow
    )
    mantissa, _, exponent = written.partition("e")
    if -4 <= int(exponent) < 6:  # noqa: PLR2004 -- the bounds of Go's shortest 'g'
        return f"{_decimal(written):f}"
    return f"{mantissa}e{exponent}"


def _decimal(text: str) -> Decimal:
    """Return the very number that a text writes."""
    from decimal import Decimal  # noqa: PLC0415 -- few files hold a number that needs it

    return Decimal(text)
