"""Fights: how often one object was reverted lately, and how long to wait before the next time.

Pure. Somebody else who writes the same field again and again is answered at once at first, and
then ever more slowly, so that two controllers do not keep each other and the API server busy.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.manifests.identity import ObjectRef

_WINDOW_SECONDS: Final = 60.0
_AT_ONCE: Final = 20
"""So many reverts in a window are done without a pause: people do not edit faster."""

_LONGEST_SECONDS: Final = 60.0


class Fights:
    """The times at which objects drifted."""

    def __init__(self) -> None:
        """Begin without any."""
        self._times: dict[ObjectRef, deque[float]] = {}

    def delay_seconds(self, ref: ObjectRef, *, now: float) -> float:
        """Note that an object drifted now, and return how long to wait before reverting it."""
        times = self._times.setdefault(ref, deque(maxlen=_AT_ONCE * 2))
        while times and now - times[0] > _WINDOW_SECONDS:
            times.popleft()
        times.append(now)
        excess = len(times) - _AT_ONCE
        return min(0.5 * 2.0**excess, _LONGEST_SECONDS) if excess > 0 else 0.0
