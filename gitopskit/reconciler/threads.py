"""Threads: what blocks is done in threads, in an order that others decide.

A thread that was begun counts until it ends, even if nobody waits for its answer any more.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, TypeVarTuple

from gitopskit.git.remotes import server_of
from gitopskit.reconciler.lanes import SLOW_SECONDS, Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.clock import Clock
    from gitopskit.reconciler.application import Follow

_Arguments = TypeVarTuple("_Arguments")
_Answer = TypeVar("_Answer")


class Line(Protocol):
    """Which question is next, see ``Lanes``."""

    def add(self, question: Question) -> None:
        """Put a question at its end."""

    def remove(self, question: Question) -> None:
        """Take out a question that waits."""

    def begin(self, now: float) -> Question | None:
        """Begin with the next question, if there is room."""

    def end(self, question: Question, now: float) -> None:
        """End a question that was begun."""


class Threads:
    """Threads of one purpose; used from one event loop."""

    def __init__(self, line: Line, *, most: int, name: str, clock: Clock) -> None:
        """Keep who decides; ``most`` is how many threads there are at most."""
        self._line = line
        self._clock = clock
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)
        self._waiting: dict[Question, asyncio.Future[None]] = {}
        self._running: set[asyncio.Future[Any]] = set()

    async def do(
        self,
        question: Question,
        work: Callable[[*_Arguments], _Answer],
        *arguments: *_Arguments,
        on_begin: Callable[[], object] = lambda: None,
    ) -> _Answer:
        """Do some work about a question when it is its turn; ``on_begin`` is told when it is."""
        loop = asyncio.get_running_loop()
        turn = self._waiting[question] = loop.create_future()
        self._line.add(question)
        self._begin()
        try:
            await turn
        except asyncio.CancelledError:
            self._withdraw(question, turn)
            raise
        on_begin()
        running = loop.run_in_executor(self._pool, work, *arguments)
        again = loop.call_later(SLOW_SECONDS, self._begin)  # there may be room for others then
        self._running.add(running)
        running.add_done_callback(partial(self._end, question, again))
        return await asyncio.shield(running)

    def submit(self, work: Callable[[*_Arguments], object], *arguments: *_Arguments) -> None:
        """Do some work that is about no question when a thread is free."""
        self._pool.submit(work, *arguments)

    def close(self) -> None:
        """Take no more work; what threads are doing they finish, for nobody."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for turn in self._waiting.values():
            turn.cancel()
        for running in self._running:
            running.cancel()

    def _begin(self) -> None:
        while question := self._line.begin(self._clock.monotonic_seconds()):
            turn = self._waiting.pop(question)
            if turn.cancelled():
                self._line.end(question, self._clock.monotonic_seconds())
            else:
                turn.set_result(None)

    def _withdraw(self, question: Question, turn: asyncio.Future[None]) -> None:
        """Let go of a turn: one that is waited for, or one that came and is not used."""
        if self._waiting.pop(question, None) is not None:
            self._line.remove(question)
        elif not turn.cancelled():
            self._line.end(question, self._clock.monotonic_seconds())
            self._begin()

    def _end(
        self, question: Question, again: asyncio.TimerHandle, running: asyncio.Future[Any]
    ) -> None:
        again.cancel()
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # whoever waited for it may be gone
        self._line.end(question, self._clock.monotonic_seconds())
        self._begin()


def question_about(follow: Follow, *, is_transfer: bool = False) -> Question:
    """Return a question about a repository, on its server, for its project."""
    return Question(
        repository=follow.url,
        server=server_of(follow.url),
        project=follow.project,
        is_transfer=is_transfer,
    )
