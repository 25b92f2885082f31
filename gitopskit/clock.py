"""Time as an object, so that whatever waits or looks at the time can be tested without either.

Owns the only reads of the clock and the only sleeps of the package.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time and waits."""

    def now_utc(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        ...

    def monotonic_seconds(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait in a coroutine."""
        ...

    def sleep_blocking(self, seconds: float) -> None:
        """Wait in a thread."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_utc(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait in a coroutine."""
        import asyncio  # noqa: PLC0415 -- 13 ms, which a command without coroutines need not pay

        await asyncio.sleep(seconds)

    def sleep_blocking(self, seconds: float) -> None:
        """Wait in a thread."""
        time.sleep(seconds)
