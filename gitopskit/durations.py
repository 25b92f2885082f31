"""How lengths of time are written. Pure; waiting is clock.py's."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "\u03bcs": 1e-6,
    "ns": 1e-9,
}
_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|\u03bcs|ns)", re.ASCII)
_LONGEST_TEXT: Final = 64


def parse_duration(text: str) -> float | None:
    """Return the seconds of a text such as ``720h0m0s``, ``1h30m``, ``1.5s`` or ``0``.

    None where it is no such text, or negative.

    Source: Go's package time, ParseDuration.
    """
    if text == "0":
        return 0.0
    parts = _PART.findall(text)
    if not parts or len(text) > _LONGEST_TEXT or "".join(map("".join, parts)) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
