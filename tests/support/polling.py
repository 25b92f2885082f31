"""Waiting for what a real server does in its own time."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_POLL_SECONDS = 0.02


async def eventually(
    condition: Callable[[], bool | Awaitable[bool]], *, timeout_seconds: float = 10.0
) -> None:
    """Wait until a condition (plain or awaitable) holds; TimeoutError if it does not in time."""
    async with asyncio.timeout(timeout_seconds):
        while True:
            holds = condition()
            if await holds if inspect.isawaitable(holds) else holds:
                return
            await asyncio.sleep(_POLL_SECONDS)
