"""Floats as text, as Go writes them."""

from __future__ import annotations

import math
from typing import Final

_FIXED: Final = range(-4, 6)
"""Exponents of ten for which ``%v`` writes no exponent."""

_LEAST_FIXED_IN_JSON: Final = 1e-6
_LEAST_SCIENTIFIC_IN_JSON: Final = 1e21


def shortest(value: float) -> str:
    """Return the shortest text that reads back as the value, as ``%v`` writes it.

    Source: pkg.go.dev/fmt, "Printing": ``%g`` with the smallest precision that is exact.
    """
    if not math.isfinite(value):
        return special(value)
    sign, digits, exponent = _parts(value)
    if exponent in _FIXED:
        return sign + _fixed(digits, exponent)
    return f"{sign}{_scientific(digits)}e{exponent:+03}"


def in_json(value: float) -> str:
    """Return a finite value as Go's encoding/json writes it.

    Source: pkg.go.dev/encoding/json, Marshal: as in ES6, an exponent without leading zeros.
    """
    sign, digits, exponent = _parts(value)
    if value == 0 or _LEAST_FIXED_IN_JSON <= abs(value) < _LEAST_SCIENTIFIC_IN_JSON:
        return sign + _fixed(digits, exponent)
    return f"{sign}{_scientific(digits)}e{exponent:+}"


def special(value: float) -> str:
    """Return the name of an infinity, or of what is no number."""
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def _parts(value: float) -> tuple[str, str, int]:
    """Return the sign, the digits without zeros at their ends, and the first one's exponent."""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or "0") + len(whole) - 1 - (len(whole + fraction) - len(digits))
    sign = "-" if math.copysign(1, value) < 0 else ""
    return sign, digits.rstrip("0") or "0", exponent if digits else 0


def _fixed(digits: str, exponent: int) -> str:
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole


def _scientific(digits: str) -> str:
    return f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
