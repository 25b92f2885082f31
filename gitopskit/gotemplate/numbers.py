"""Numbers: conversions that never fail, integers of 64 bits that wrap around, floats by decimals.

Source: masterminds.github.io/sprig, "Math Functions"; pkg.go.dev/github.com/spf13/cast.
"""

from __future__ import annotations

import functools
import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.literals import GREATEST_INT64, LEAST_INT64, read_integer
from gitopskit.gotemplate.printing import plain
from gitopskit.gotemplate.values import Int64, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_ANY: Final = Parameter.ANY
_INT: Final = Parameter.INT

_TWO_TO_64: Final = 1 << 64
_ZERO_FRACTION: Final = re.compile(rb"\.0+\Z")
_SPECIAL_FLOAT: Final = re.compile(rb"[+-]?(?:inf|infinity|nan)", re.IGNORECASE)
_FLOAT: Final = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEXADECIMAL: Final = re.compile(rb"[+-]?0[xX]")
_BEGINS_LIKE_A_NUMBER: Final = re.compile(rb"[+-]?[0-9]")
_LONGEST_NUMBER: Final = 400
_MOST_PLACES: Final = 22
"""The powers of ten up to here are exact as floats, so that they are the same everywhere."""

_DIVISION_PLACES: Final = 16
"""Source: pkg.go.dev/github.com/shopspring/decimal, DivisionPrecision."""


def to_int(value: Value) -> int:
    """Return a value as an int; what is no number is 0.

    Raises:
        TemplateRefused: it is a float beyond the integers of Go, for which machines differ, or a
            very long text that begins like a number.
    """
    if isinstance(value, bytes):
        return _integer_of(value)
    if isinstance(value, float):
        if not LEAST_INT64 <= value < -LEAST_INT64:
            raise TemplateRefused("a float that large is not supported as an integer")
        return int(value)
    return int(value) if isinstance(value, int) else 0


def _integer_of(text: bytes) -> int:
    """Return the integer that a text spells, with a prefix if it likes, or 0."""
    if not _BEGINS_LIKE_A_NUMBER.match(text):
        return 0
    if len(text) > _LONGEST_NUMBER:
        raise TemplateRefused("so long a text as an integer is not supported")
    spelled = _ZERO_FRACTION.sub(b"", text)
    value = read_integer(spelled.decode()) if spelled.isascii() else None
    return value if value is not None and LEAST_INT64 <= value <= GREATEST_INT64 else 0


def to_float(value: Value) -> float:
    """Return a value as a float; what is no number is 0.

    Raises:
        TemplateRefused: it is a text with a hexadecimal float, or very long.
    """
    if isinstance(value, bytes):
        return _float_of(value)
    return float(value) if isinstance(value, int | float) else 0.0


def _float_of(text: bytes) -> float:
    if len(text) > _LONGEST_NUMBER or _HEXADECIMAL.match(text) or b"_" in text:
        raise TemplateRefused("this text as a float is not supported")
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text)
    value = float(text) if _FLOAT.fullmatch(text) else 0.0
    return 0.0 if math.isinf(value) else value


def _wrapped(value: int) -> Int64:
    return Int64((value - LEAST_INT64) % _TWO_TO_64 + LEAST_INT64)


def _int(value: Value) -> int:
    return to_int(value)


def _int64(value: Value) -> Int64:
    return Int64(to_int(value))


def _float64(value: Value) -> float:
    return to_float(value)


def _atoi(text: bytes) -> int:
    """Return the decimal integer that a text spells, the nearest one if it is too large, or 0."""
    if not _DECIMAL.fullmatch(text):
        return 0
    digits = text.lstrip(b"+-").lstrip(b"0")[: len(str(GREATEST_INT64)) + 1]
    value = int(digits or b"0")
    return max(-value, LEAST_INT64) if text.startswith(b"-") else min(value, GREATEST_INT64)


_DECIMAL: Final = re.compile(rb"[+-]?[0-9]+")
_OCTAL: Final = re.compile(rb"[+-]?[0-7]+")


def _to_decimal(budget: Budget, value: Value) -> Int64:
    text = plain(value, budget)
    octal = int(text[:_LONGEST_NUMBER], 8) if _OCTAL.fullmatch(text) else 0
    return Int64(octal if LEAST_INT64 <= octal <= GREATEST_INT64 else 0)


def _add(*values: Value) -> Int64:
    return _wrapped(sum(map(to_int, values)))


def _add1(value: Value) -> Int64:
    return _wrapped(to_int(value) + 1)


def _sub(one: Value, other: Value) -> Int64:
    return _wrapped(to_int(one) - to_int(other))


def _mul(*values: Value) -> Int64:
    product = Int64(1)
    for value in values:
        product = _wrapped(product * to_int(value))
    return product


def _div(one: Value, other: Value) -> Int64:
    dividend, divisor = to_int(one), _nonzero(to_int(other))
    quotient = abs(dividend) // abs(divisor)
    return _wrapped(quotient if (dividend < 0) == (divisor < 0) else -quotient)


def _mod(one: Value, other: Value) -> Int64:
    dividend, divisor = to_int(one), _nonzero(to_int(other))
    remainder = abs(dividend) % abs(divisor)
    return Int64(-remainder if dividend < 0 else remainder)


def _nonzero(divisor: int) -> int:
    if not divisor:
        raise TemplateFailed("a division by zero")
    return divisor


def _max(*values: Value) -> Int64:
    return Int64(max(map(to_int, values)))


def _min(*values: Value) -> Int64:
    return Int64(min(map(to_int, values)))


def _maxf(*values: Value) -> float:
    return functools.reduce(_larger, map(to_float, values))


def _minf(*values: Value) -> float:
    return -functools.reduce(_larger, (-to_float(value) for value in values))


def _larger(one: float, other: float) -> float:
    """Return the larger number; infinity before what is no number, and 0 before -0."""
    if math.inf in (one, other):
        return math.inf
    if math.isnan(one) or math.isnan(other):
        return math.nan
    if one == other == 0:
        return other if math.copysign(1, one) < 0 else one
    return max(one, other)


def _floor(value: Value) -> float:
    return _whole(to_float(value), math.floor)


def _ceil(value: Value) -> float:
    return _whole(to_float(value), math.ceil)


def _whole(value: float, rounded: Callable[[float], int]) -> float:
    if not math.isfinite(value):
        return value
    return float(rounded(value)) or math.copysign(0.0, value)


def _round(value: Value, places: int, *limit: float) -> float:
    """Return a float with so many decimal places; what is beyond is cut off or counts as one."""
    if abs(places) > _MOST_PLACES:
        raise TemplateRefused("rounding to so many places is not supported")
    power = 10.0**places if places >= 0 else 1 / 10.0**-places
    scaled = power * to_float(value)
    fraction = math.modf(scaled)[0] if math.isfinite(scaled) else math.nan
    is_up = fraction >= (limit[0] if limit else 0.5)
    return _whole(scaled, math.ceil if is_up else math.floor) / power


def _add1f(value: Value) -> float:
    return _addf(value, 1)


def _addf(*values: Value) -> float:
    return _nearest(sum(_decimals(values), Fraction()))


def _subf(first: Value, *values: Value) -> float:
    return _nearest(_exact(first) - sum(_decimals(values), Fraction()))


def _mulf(first: Value, *values: Value) -> float:
    return _nearest(math.prod(_decimals(values), start=_exact(first)))


def _divf(first: Value, *values: Value) -> float:
    return _nearest(functools.reduce(_quotient, _decimals(values), _exact(first)))


def _quotient(one: Fraction, other: Fraction) -> Fraction:
    """Return a quotient of as many decimal places as there are, the last one rounded."""
    if not other:
        raise TemplateFailed("a division by zero")
    scaled = one / other * 10**_DIVISION_PLACES
    rounded = math.floor(abs(scaled) + Fraction(1, 2))
    return Fraction(rounded if scaled > 0 else -rounded, 10**_DIVISION_PLACES)


def _decimals(values: Iterable[Value]) -> Iterator[Fraction]:
    """Yield floats as what they are written as; the digits of a result grow with each."""
    for number, value in enumerate(values):
        if number == _MOST_DECIMALS:
            raise TemplateRefused("so many floats at once are not supported")
        yield _exact(value)


_MOST_DECIMALS: Final = 64


def _exact(value: Value) -> Fraction:
    real = to_float(value)
    if not math.isfinite(real):
        raise TemplateFailed("an infinity has no decimals")
    return Fraction(repr(real))


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _until(budget: Budget, count: int) -> Slice:
    return _until_step(budget, 0, count, -1 if count < 0 else 1)


def _until_step(budget: Budget, start: int, stop: int, step: int) -> Slice:
    if max(abs(start), abs(stop), abs(step)) > _LARGEST_STEP:
        raise TemplateRefused("a sequence of numbers that large is not supported")
    numbers = range(start, stop, step) if step else range(0)
    budget.items(len(numbers))
    return Slice.of(numbers, "int")


_LARGEST_STEP: Final = 1 << 62
"""Beyond half of the integers a sequence could run over their end, and never end itself."""


def _seq(budget: Budget, *bounds: int) -> bytes:
    """Return the numbers from one to another, both included, with spaces between them."""
    if not 0 < len(bounds) <= _MOST_BOUNDS:
        return b""
    start = bounds[0] if len(bounds) > 1 else 1
    end = bounds[-1]
    direction = -1 if end < start else 1
    step = bounds[1] if len(bounds) == _MOST_BOUNDS else direction
    return plain(_until_step(budget, start, end + direction, step), budget)[1:-1]


_MOST_BOUNDS: Final = 3


NUMBERS: Final = {
    "int": Function(_int, (_ANY,)),
    "int64": Function(_int64, (_ANY,)),
    "float64": Function(_float64, (_ANY,)),
    "atoi": Function(_atoi, (Parameter.STRING,)),
    "toDecimal": Function(_to_decimal, (_ANY,), is_charged=True),
    "add": Function(_add, (), _ANY),
    "add1": Function(_add1, (_ANY,)),
    "sub": Function(_sub, (_ANY, _ANY)),
    "mul": Function(_mul, (_ANY,), _ANY),
    "div": Function(_div, (_ANY, _ANY)),
    "mod": Function(_mod, (_ANY, _ANY)),
    "max": Function(_max, (_ANY,), _ANY),
    "biggest": Function(_max, (_ANY,), _ANY),
    "min": Function(_min, (_ANY,), _ANY),
    "add1f": Function(_add1f, (_ANY,)),
    "addf": Function(_addf, (), _ANY),
    "subf": Function(_subf, (_ANY,), _ANY),
    "mulf": Function(_mulf, (_ANY,), _ANY),
    "divf": Function(_divf, (_ANY,), _ANY),
    "maxf": Function(_maxf, (_ANY,), _ANY),
    "minf": Function(_minf, (_ANY,), _ANY),
    "floor": Function(_floor, (_ANY,)),
    "ceil": Function(_ceil, (_ANY,)),
    "round": Function(_round, (_ANY, _INT), Parameter.FLOAT),
    "until": Function(_until, (_INT,), is_charged=True),
    "untilStep": Function(_until_step, (_INT, _INT, _INT), is_charged=True),
    "seq": Function(_seq, (), _INT, is_charged=True),
}
