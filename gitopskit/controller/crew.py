"""Crew: workers of a queue, of which one that waits for something outside gives its place away.

So keys that wait for slow servers keep none of the others waiting. Who comes back waits for a place
again. When the queue is closed those with a place finish, and those without give up.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from gitopskit.controller.queue import QueueClosed, WorkQueue, work_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

K = TypeVar("K", bound="Hashable")


class Crew:
    """So many places for work; used from one event loop."""

    def __init__(self, places: int) -> None:
        """Begin with all places free."""
        self._places = asyncio.Semaphore(places)
        self._working: set[asyncio.Task[Any]] = set()
        self._away: set[asyncio.Task[Any]] = set()
        self._is_over = False

    async def run(self, queue: WorkQueue[K], handler: Callable[[K], Awaitable[None]]) -> None:
        """Handle keys as ``run_workers`` does, until the queue is closed."""
        async with asyncio.TaskGroup() as group:
            with suppress(QueueClosed):
                while True:
                    await self._places.acquire()
                    key = await queue.get()
                    task = group.create_task(self._work(queue, handler, key))
                    self._working.add(task)
            self._is_over = True
            for task in self._away:
                task.cancel()

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Give the place of this task away for the length of a block, if it has one."""
        task = asyncio.current_task()
        if task is None or task not in self._working:
            yield
            return
        self._leave(task)
        self._away.add(task)
        if self._is_over:
            task.cancel()
        try:
            yield
        finally:
            if not task.cancelling():
                await self._come_back(task)
            self._away.discard(task)

    async def _come_back(self, task: asyncio.Task[Any]) -> None:
        try:
            await self._places.acquire()
        except asyncio.CancelledError:
            self._away.discard(task)
            raise
        self._working.add(task)

    def _leave(self, task: asyncio.Task[Any]) -> None:
        if task in self._working:
            self._working.discard(task)
            self._places.release()

    async def _work(
        self, queue: WorkQueue[K], handler: Callable[[K], Awaitable[None]], key: K
    ) -> None:
        task = asyncio.current_task()
        try:
            await work_on(queue, handler, key)
        finally:
            if task is not None:
                self._leave(task)
