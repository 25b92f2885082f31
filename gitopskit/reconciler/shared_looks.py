"""SharedLooks: looks at one revision that many ask for are few.

Whoever asks for a look shares the one that has not begun yet: it will see what is there now. One
that has begun may have read the repository before, and is shared by those alone who know nothing.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gitopskit.reconciler.application import Follow

    Look = Callable[[Follow, Callable[[], object]], Awaitable[bool]]
    """A look, which calls its second argument when it begins, and tells whether it saw news."""


class SharedLooks:
    """The looks that are asked for or under way; used from one event loop."""

    def __init__(self, look: Look) -> None:
        """Keep what looks."""
        self._look = look
        self._waiting: dict[Follow, asyncio.Task[bool]] = {}
        self._latest: dict[Follow, asyncio.Task[bool]] = {}

    async def fresh(self, follow: Follow) -> bool:
        """Look at a revision as it is from now on; tell of news."""
        return await asyncio.shield(self._waiting.get(follow) or self._begin(follow))

    async def any(self, follow: Follow) -> bool:
        """Look at a revision, or wait for a look that is under way; tell of news."""
        return await asyncio.shield(self._latest.get(follow) or self._begin(follow))

    def _begin(self, follow: Follow) -> asyncio.Task[bool]:
        task = asyncio.get_running_loop().create_task(self._run(follow))
        self._waiting[follow] = self._latest[follow] = task
        task.add_done_callback(partial(self._forget, follow))
        return task

    async def _run(self, follow: Follow) -> bool:
        return await self._look(follow, partial(self._waiting.pop, follow, None))

    def _forget(self, follow: Follow, task: asyncio.Task[bool]) -> None:
        for held in (self._waiting, self._latest):
            if held.get(follow) is task:
                del held[follow]
