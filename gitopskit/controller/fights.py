"""Fights: how often one object was reverted lately, and how long to wait before the next time.

Pure. Somebody else who writes the same field again and again is answered at once at first, and
then ever more slowly, so that two controllers do not keep each other and the API server busy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_WINDOW_SECONDS: Final = 60.0
_AT_ONCE: Final = 20
"""So many reverts in a window are done without a pause: people do not edit faster."""

_LONGEST_SECONDS: Final = 60.0

_MOST_KEPT: Final = 1000
"""Beyond so many objects, those that were not reverted lately are forgotten."""


class Fights(Generic[K]):
    """The times at which objects drifted."""

    def __init__(self) -> None:
        """Begin without any."""
        self._times: dict[K, deque[float]] = {}

    def __len__(self) -> int:
        """Return how many objects are remembered."""
        return len(self._times)

    def forget(self, ref: K) -> None:
        """Forget an object that is gone."""
        self._times.pop(ref, None)

    def delay_seconds(self, ref: K, *, now: float) -> float:
        """Note that an object drifted now, and return how long to wait before reverting it."""
        if len(self._times) > _MOST_KEPT:
            self._times = {
                it: times for it, times in self._times.items() if now - times[-1] <= _WINDOW_SECONDS
            }
        times = self._times.setdefault(ref, deque(maxlen=_AT_ONCE * 2))
        while times and now - times[0] > _WINDOW_SECONDS:
            times.popleft()
        times.append(now)
        excess = len(times) - _AT_ONCE
        return min(0.5 * 2.0**excess, _LONGEST_SECONDS) if excess > 0 else 0.0
