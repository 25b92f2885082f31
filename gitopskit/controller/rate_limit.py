"""Rates that are kept, one for everybody or one for each peer. Pure: who asks tells the time.

The generic cell rate algorithm, which holds one number for each limit: the moment at which it would
have recovered from all that was taken. Source: ITU-T I.371, annex A.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_NEVER_USED: Final = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many a second in the long run, and so many at once after a pause."""

    per_second: float
    burst: float

    def after(
        self, recovered_at: float, *, cost: float, now: float, paid: float = 0.0
    ) -> tuple[float, float]:
        """Return when it has recovered if the cost is taken now, and how long to wait before.

        Seconds of a monotonic clock. The wait is 0 where it may be taken now: as long as 1 is
        left, however much it costs. Those who come later wait until it is paid off. What who asks
        has ``paid`` just before counts as left, so that nobody waits for what it took itself.
        """
        begin = max(recovered_at, now)
        left = self.burst - (begin - now) * self.per_second + paid
        wait = (1.0 - left) / self.per_second
        return (begin + cost / self.per_second, 0.0) if wait <= 0 else (recovered_at, wait)


class Budget:
    """One rate for everybody."""

    def __init__(self, rate: Rate) -> None:
        """Start rested: a burst may be taken."""
        self._rate = rate
        self._recovered_at = _NEVER_USED

    def take(self, *, cost: float, now: float, paid: float = 0.0) -> float:
        """Take a cost if it may be taken; return how many seconds to wait before, 0 if it was."""
        self._recovered_at, wait = self._rate.after(
            self._recovered_at, cost=cost, now=now, paid=paid
        )
        return wait


class PeerLimits:
    """One rate for each peer, for a bounded number of peers.

    A peer that was not heard of for longest is forgotten first, and starts rested when it comes
    back. So with enough addresses this limit can be evaded; that is why there is a budget as well.
    """

    def __init__(self, rate: Rate, *, most_peers: int) -> None:
        """Start with no peer."""
        self._rate = rate
        self._most_peers = most_peers
        self._recovered_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """Return how many peers are remembered."""
        return len(self._recovered_at)

    def take(self, peer: str, *, now: float) -> float:
        """Take one if the peer may; return how many seconds to wait before, 0 if it was taken."""
        before = self._recovered_at.pop(peer, _NEVER_USED)
        after, wait = self._rate.after(before, cost=1.0, now=now)
        self._recovered_at[peer] = after
        if len(self._recovered_at) > self._most_peers:
            self._recovered_at.popitem(last=False)
        return wait
