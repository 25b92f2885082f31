"""Asking: looks at repositories that come together, so that a storm of pushes costs few.

Whoever asks while a look is under way is answered by one more look after it: the one under way may
have read the repository before the push.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gitopskit.reconciler.application import Follow


class Asking:
    """The looks that are under way, one at most for each revision that is followed."""

    def __init__(self, look: Callable[[Follow], Awaitable[object]]) -> None:
        """Keep what looks; nothing is started."""
        self._look = look
        self._group: asyncio.TaskGroup | None = None
        self._under_way: set[Follow] = set()
        self._again: set[Follow] = set()

    async def run(self) -> None:
        """Look at what is asked for, until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            await asyncio.Event().wait()

    def ask(self, follow: Follow, *, is_news: bool = False) -> None:
        """Look at a revision; ``is_news`` looks once more where a look is under way.

        Before ``run`` nothing is done: every repository is looked at when it begins to be followed.
        """
        if self._group is None:
            return
        if follow not in self._under_way:
            self._under_way.add(follow)
            self._group.create_task(self._run(follow))
        elif is_news:
            self._again.add(follow)

    async def _run(self, follow: Follow) -> None:
        try:
            await self._look(follow)
            while follow in self._again:
                self._again.discard(follow)
                await self._look(follow)
        finally:
            self._again.discard(follow)
            self._under_way.discard(follow)
