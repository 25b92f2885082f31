"""WorkQueue: which keys need work now, and workers that do it.

A key is never handled twice at once; added again while it is handled, it is handled once more.
Failed keys come back after growing pauses. Keys wait on levels: those of the first level are taken
first, and the others get a share, so that neither a flood of what is new nor one of what can wait
keeps the rest waiting. On each level groups of keys take turns, so that no group floods the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import structlog

from gitopskit.controller.turns import Turns
from gitopskit.errors import ApiError, GitopskitError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gitopskit.backoff import Backoff
    from gitopskit.clock import Clock

K = TypeVar("K", bound=Hashable)

_LOG: Final = structlog.get_logger("queue")

_SHARE: Final = 8
"""One key of so many is taken from the level whose turn it is, whatever the first ones hold."""


class QueueClosed(Exception):
    """The queue was closed: there is no more work to take."""


class WorkQueue(Generic[K]):
    """A queue of keys for the coroutines of one event loop."""

    def __init__(
        self,
        clock: Clock,
        *,
        backoff: Backoff,
        levels: int = 1,
        group: Callable[[K], Hashable] = lambda _: None,
    ) -> None:
        """Keep how to wait; nothing is started.

        ``levels`` are counted from 0, the most urgent; ``group`` tells which keys share a turn.
        """
        self._clock = clock
        self._backoff = backoff
        self._ready: tuple[Turns[K], ...] = tuple(Turns(group) for _ in range(levels))
        self._last = levels - 1
        self._turns = 0
        self._handled: set[K] = set()
        self._again: dict[K, int] = {}
        self._failures: dict[K, int] = {}
        self._timers: dict[K, tuple[float, asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        """Return how many keys are ready to be taken."""
        return sum(map(len, self._ready))

    def add(self, key: K, *, level: int = 0) -> None:
        """Ask for work on a key; once is enough until somebody takes it.

        Of several levels for one key the most urgent counts.
        """
        if key in self._handled:
            self._again[key] = min(level, self._again.get(key, level))
            return
        for urgency, keys in enumerate(self._ready):
            if key in keys:
                if urgency <= level:
                    return
                keys.remove(key)
        self._ready[level].add(key)
        self._changed.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Ask for work on a key later, on the last level; of several times the earliest counts."""
        due = self._clock.monotonic_seconds() + seconds
        if key in self._timers:
            earlier, timer = self._timers[key]
            if earlier <= due:
                return
            timer.cancel()
        if not self._is_closed:
            timer = asyncio.get_running_loop().create_task(self._add_later(key, seconds))
            self._timers[key] = (due, timer)

    def is_put_off(self, key: K) -> bool:
        """Tell whether a key comes by itself, later, as ``add_after`` or ``retry`` asked."""
        return key in self._timers

    def retry(self, key: K, *, at_least_seconds: float = 0.0) -> None:
        """Ask for work on a key after a pause that grows with its failures in a row."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, max(at_least_seconds, self._backoff.pause_seconds(failures)))

    def forget(self, key: K) -> None:
        """Forget a key's failures: its next pause is the shortest again."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """Return the key that has been ready for longest, of the group whose turn it is.

        ``done`` must follow.

        Raises:
            QueueClosed: the queue is closed.
        """
        while not any(self._ready) and not self._is_closed:
            self._changed.clear()
            await self._changed.wait()
        if self._is_closed:
            raise QueueClosed
        key = self._next_level().pop()
        self._handled.add(key)
        return key

    def done(self, key: K) -> None:
        """Tell that a key taken with ``get`` is handled; it may be taken again from now on."""
        self._handled.discard(key)
        level = self._again.pop(key, None)
        if level is not None:
            self.add(key, level=level)

    def clear(self) -> None:
        """Drop what waits, now or for later, and past failures; keys at hand are not disturbed."""
        for keys in self._ready:
            keys.clear()
        for _, timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._failures.clear()

    def close(self) -> None:
        """Hand out no more keys and drop what waits; keys being handled are not disturbed."""
        self._is_closed = True
        self.clear()
        self._changed.set()

    def _next_level(self) -> Turns[K]:
        """Return the level to take from: the most urgent one, or the one whose turn it is."""
        held = [keys for keys in self._ready if keys]
        self._turns += 1
        turn, is_shared = self._turns // _SHARE, self._turns % _SHARE == 0
        return held[turn % len(held)] if is_shared else held[0]

    async def _add_later(self, key: K, seconds: float) -> None:
        await self._clock.sleep(seconds)
        del self._timers[key]
        self.add(key, level=self._last)


async def run_workers(
    queue: WorkQueue[K], handler: Callable[[K], Awaitable[None]], *, workers: int
) -> None:
    """Handle keys, so many at a time, until the queue is closed; then finish those at hand.

    A handler that returns has succeeded. One that raises has failed: the key comes back after a
    growing pause, unless the error is terminal, which a repetition would only repeat. Whatever
    it raises is logged and stops nobody else. Where this is cancelled, the keys at hand are ready
    again, for whoever works next.
    """
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(_work(queue, handler))


async def _work(queue: WorkQueue[K], handler: Callable[[K], Awaitable[None]]) -> None:
    with contextlib.suppress(QueueClosed):
        while True:
            await work_on(queue, handler, await queue.get())
            await asyncio.sleep(0)  # who comes back at once keeps nobody else from running


async def work_on(queue: WorkQueue[K], handler: Callable[[K], Awaitable[None]], key: K) -> None:
    """Handle a key that was taken; where that fails, it comes back as its error asks.

    Where this is cancelled, the key is ready again.
    """
    try:
        await _handle(queue, handler, key)
    except asyncio.CancelledError:
        queue.add(key)
        raise
    finally:
        queue.done(key)


async def _handle(queue: WorkQueue[K], handler: Callable[[K], Awaitable[None]], key: K) -> None:
    try:
        await handler(key)
    except GitopskitError as error:
        if error.next_step == "terminal":
            _LOG.error("work_failed", key=str(key), problem=str(error), hint=error.hint)
            queue.forget(key)
            return
        _LOG.warning("work_failed", key=str(key), problem=str(error))
        wanted = error.retry_after_seconds if isinstance(error, ApiError) else 0.0
        queue.retry(key, at_least_seconds=wanted)
    except Exception:  # noqa: BLE001 -- one bad object must not stop the others
        _LOG.exception("work_crashed", key=str(key))
        queue.retry(key)
    else:
        queue.forget(key)
