"""Clocks for tests: time goes on when somebody sleeps, or when the test says so."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import Final

from gitopskit.clock import SystemClock

_START: Final = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class FakeClock:
    """A clock whose sleeps take no time and move it on; ``sleeps`` holds how long they were."""

    def __init__(self, start: datetime = _START) -> None:
        self._start = start
        self._elapsed_seconds = 0.0
        self.sleeps: list[float] = []

    def now_utc(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_seconds)

    def monotonic_seconds(self) -> float:
        return self._elapsed_seconds

    async def sleep(self, seconds: float) -> None:
        self.sleep_blocking(seconds)
        await asyncio.sleep(0)

    def sleep_blocking(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self._elapsed_seconds += seconds

    def advance(self, seconds: float) -> None:
        """Let time go by without a sleep."""
        self._elapsed_seconds += seconds


class WrongClock(SystemClock):
    """The machine's clock, but the time of day is off, and time jumps where the test says so."""

    def __init__(self, *, skew: timedelta = timedelta()) -> None:
        self.skew = skew
        self.jump_seconds = 0.0

    def now_utc(self) -> datetime:
        return super().now_utc() + self.skew

    def monotonic_seconds(self) -> float:
        return super().monotonic_seconds() + self.jump_seconds


class ManualClock(FakeClock):
    """A clock whose sleepers wait until ``wake`` has moved the time past their end."""

    def __init__(self, start: datetime = _START) -> None:
        super().__init__(start)
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        woken = asyncio.get_running_loop().create_future()
        due = self._elapsed_seconds + seconds
        heapq.heappush(self._sleepers, (due, next(self._order), woken))
        await woken

    async def wake(self, seconds: float) -> None:
        """Move on the time, wake who is due, and let them run until they wait again."""
        await settle()
        target = self._elapsed_seconds + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._elapsed_seconds = max(self._elapsed_seconds, due)
            if not woken.done():
                woken.set_result(None)
                await settle()
        self._elapsed_seconds = target
        await settle()


async def settle(turns: int = 20) -> None:
    """Let every coroutine run that can run without time passing."""
    for _ in range(turns):
        await asyncio.sleep(0)
