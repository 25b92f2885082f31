"""Tokens: the Authorization header of a connection, renewed in time.

Must not know where the header comes from.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gitopskit.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """The value of an Authorization header (empty for none) and how long to trust it."""

    header: str = field(repr=False)
    valid_seconds: float = math.inf


class Tokens:
    """Hands out the current Authorization header and loads another when it is too old."""

    def __init__(
        self,
        load: Callable[[], Awaitable[Authorization]],
        *,
        clock: Clock,
        first: Authorization | None = None,
    ) -> None:
        """Keep how to load a header, and the first one where it is known already."""
        self._load = load
        self._clock = clock
        self._lock = asyncio.Lock()
        self._held = first
        self._loaded_at = clock.monotonic_seconds()

    async def current(self) -> str:
        """Return the header, loaded first if there is none yet or it is too old."""
        held = self._usable()
        if held is None:
            async with self._lock:
                held = self._usable() or await self._reload()
        return held.header

    async def renew(self, refused: str) -> str:
        """Return a header loaded after the server refused one; many callers share one load."""
        async with self._lock:
            if self._held is None or self._held.header == refused:
                return (await self._reload()).header
            return self._held.header

    def _usable(self) -> Authorization | None:
        if self._held is None:
            return None
        age_seconds = self._clock.monotonic_seconds() - self._loaded_at
        return self._held if age_seconds < self._held.valid_seconds else None

    async def _reload(self) -> Authorization:
        self._held = await self._load()
        self._loaded_at = self._clock.monotonic_seconds()
        return self._held


def fixed_token(token: str, *, clock: Clock) -> Tokens:
    """Return Tokens for a bearer token that nobody renews; empty for none."""
    authorization = Authorization(header=f"Bearer {token}" if token else "")

    async def load() -> Authorization:
        return authorization

    return Tokens(load, clock=clock, first=authorization)
