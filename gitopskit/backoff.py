"""How long to wait before the next attempt: growing pauses with a random part.

Owns the arithmetic alone; waiting is the clock's.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

_LARGEST_EXPONENT: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses that grow by ``factor`` from ``initial_seconds`` up to ``maximum_seconds``.

    ``jitter`` is the share of each pause that is drawn at random, from 0 (none) to 1 (all of
    it), so that many clients that failed together do not come back together.
    """

    initial_seconds: float = 0.2
    factor: float = 2.0
    maximum_seconds: float = 60.0
    jitter: float = 0.5

    def pause_seconds(self, attempt: int) -> float:
        """Return the pause after the failed attempt of that number, counted from 0."""
        grown = self.initial_seconds * self.factor ** min(attempt, _LARGEST_EXPONENT)
        longest = min(self.maximum_seconds, grown)
        drawn = random.random()  # noqa: S311 -- spreads load, guards nothing
        return longest * (1 - self.jitter * drawn)
