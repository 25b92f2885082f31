"""FirstWord: what is told of an Application that nobody has looked at while Git takes its time.

Without it, people see an empty status for as long as a large repository is fetched and built. It
costs one write, and none where the first look is quick.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import ApiError
from gitopskit.reconciler import reporting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.reconciler.publishing import Publisher
    from gitopskit.reconciler.state import Tracked

_LOG: Final = structlog.get_logger("reconciler")
_PATIENCE_SECONDS: Final = 15.0
"""A look may take so long without a word."""


class FirstWord:
    """Tells of Applications that wait for their first look."""

    def __init__(self, publisher: Publisher) -> None:
        """Keep who writes."""
        self._publisher = publisher

    @asynccontextmanager
    async def given(self, tracked: Tracked) -> AsyncIterator[None]:
        """Tell what an Application waits for, once, if the block takes long and it is new."""
        if tracked.status.get("sync"):
            yield
            return
        is_over = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._tell_late(tracked, is_over))
        try:
            yield
        finally:
            is_over.set()
            await task  # what comes next is to be written after it

    async def _tell_late(self, tracked: Tracked, is_over: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await is_over.wait()
        except TimeoutError:
            try:
                await self._publisher.publish(tracked, reporting.beginning(tracked))
            except ApiError as error:  # the look itself tells soon
                _LOG.warning("first_word_not_told", application=tracked.name, problem=str(error))
