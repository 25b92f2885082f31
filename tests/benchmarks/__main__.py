"""Measure everything, or what is named: `python -m tests.benchmarks [startup sealing …]`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from tests.benchmarks import (
    hybrid,
    pull_loop,
    reconciling,
    reconciling_scale,
    sealing,
    startup,
    unsealing,
    validation,
)
from tests.benchmarks.figures import Figure, show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MEASUREMENTS: Final[dict[str, Callable[[], list[Figure]]]] = {
    "startup": startup.measure,
    "sealing": sealing.measure,
    "hybrid": hybrid.measure,
    "validation": validation.measure,
    "unsealing": unsealing.measure,
    "pull-loop": pull_loop.measure,
    "reconciling": reconciling.measure,
    "reconciling-large": reconciling_scale.measure_large,
    "reconciling-many": reconciling_scale.measure_many,
    "reconciling-crowd": reconciling_scale.measure_crowd,
}


def main(names: Sequence[str]) -> int:
    """Print the figures of the named measurements, or of all."""
    unknown = [name for name in names if name not in _MEASUREMENTS]
    if unknown:
        known = ", ".join(_MEASUREMENTS)
        sys.stderr.write(f"there is no measurement {unknown[0]!r}; there are: {known}\n")
        return 2
    for name in names or _MEASUREMENTS:
        sys.stdout.write(f"\n{name}\n")
        show(_MEASUREMENTS[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
