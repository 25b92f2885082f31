"""Batches: the overlays of one revision that are asked for at the same time, built by one start.

What comes while a batch is built waits for the next one. A revision of which a batch failed is
built one by one from then on, so that a bad overlay holds the others up once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.render.together import Built

    BuildTogether = Callable[[Snapshot, Sequence[str]], Awaitable[dict[str, Built]]]

_MOST: Final = 50
"""Building together grows with the square of the overlays: 600 at once take as long as singly."""

_MOST_UNFIT: Final = 1000


class Batches:
    """Gathers what is to be built; used from one event loop."""

    def __init__(self, build: BuildTogether) -> None:
        """Keep what builds the paths of a revision, and leaves out what is to be built alone."""
        self._build = build
        self._waiting: dict[Snapshot, OrderedDict[str, asyncio.Future[Built | None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unfit: OrderedDict[Snapshot, None] = OrderedDict()

    async def build(self, snapshot: Snapshot, path: str) -> Built | None:
        """Return what a path of a revision renders to, or None where it is to be built alone."""
        if snapshot in self._unfit:
            return None
        waiting = self._waiting.get(snapshot)
        if waiting is None:
            waiting = self._waiting[snapshot] = OrderedDict()
            task = asyncio.create_task(self._work(snapshot, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        future = waiting.setdefault(path, asyncio.get_running_loop().create_future())
        return await asyncio.shield(future)

    async def _work(
        self, snapshot: Snapshot, waiting: OrderedDict[str, asyncio.Future[Built | None]]
    ) -> None:
        """Build batch after batch until nobody waits."""
        try:
            while waiting:
                taken = [waiting.popitem(last=False) for _ in range(min(_MOST, len(waiting)))]
                found: dict[str, Built] = {}
                try:
                    if snapshot not in self._unfit:
                        found = await self._build(snapshot, [path for path, _ in taken])
                finally:
                    for path, future in taken:
                        if not future.done():
                            future.set_result(found.get(path))
                if taken[1:] and not found:
                    self._note_unfit(snapshot)
        finally:
            del self._waiting[snapshot]
            for future in waiting.values():
                future.set_result(None)

    def _note_unfit(self, snapshot: Snapshot) -> None:
        self._unfit[snapshot] = None
        if len(self._unfit) > _MOST_UNFIT:
            self._unfit.popitem(last=False)
