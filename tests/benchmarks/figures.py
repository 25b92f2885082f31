"""A figure with its reference, and how it is printed."""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured, in which unit, and what it is held against.

    ``reference`` is measured in the same run; 0 where only an aim exists, which ``aim`` names.
    """

    name: str
    value: float
    unit: str
    reference: float = 0.0
    reference_name: str = ""
    aim: str = ""


def median_ms(seconds: Sequence[float]) -> float:
    """Return the median of durations in milliseconds."""
    return statistics.median(seconds) * 1000


def show(figures: Sequence[Figure]) -> None:
    """Print one line per figure: value, reference, ratio, aim."""
    for figure in figures:
        line = f"{figure.name:<52} {figure.value:>10.2f} {figure.unit:<8}"
        if figure.reference:
            ratio = figure.value / figure.reference
            line += f" x{ratio:<6.2f} of {figure.reference:.2f} ({figure.reference_name})"
        if figure.aim:
            line += f"  [aim: {figure.aim}]"
        sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()
