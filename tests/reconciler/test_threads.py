"""Threads work in the order that others decide, and count until they end."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.reconciler.lanes import Question, Rounds
from gitopskit.reconciler.threads import Threads
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION = Question(repository="shop")
OTHER = Question(repository="other")


@pytest.fixture
def threads() -> Iterator[Threads]:
    """Return threads of which one works at once."""
    made = Threads(Rounds(1), most=2, name="test", clock=SystemClock())
    yield made
    made.close()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_answer_comes_back_and_so_does_what_went_wrong(threads: Threads) -> None:
    begins: list[str] = []

    assert await threads.do(QUESTION, divmod, 7, 2, on_begin=lambda: begins.append("a")) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await threads.do(OTHER, divmod, 7, 0)
    assert begins == ["a"]


async def test_a_thread_counts_until_it_ends_though_nobody_waits_for_it(threads: Threads) -> None:
    gate, begun = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        gate.wait(10.0)

    forgotten = asyncio.create_task(threads.do(QUESTION, hang))
    await eventually(begun.is_set)
    forgotten.cancel()
    await asyncio.gather(forgotten, return_exceptions=True)
    next_one = asyncio.create_task(threads.do(OTHER, int, "5"))
    await settle()
    was_waiting = not next_one.done()
    gate.set()

    assert was_waiting
    assert await next_one == 5


async def test_who_gives_up_while_waiting_keeps_no_place(threads: Threads) -> None:
    gate = threading.Event()
    busy = asyncio.create_task(threads.do(QUESTION, gate.wait, 10.0))
    gone = asyncio.create_task(threads.do(OTHER, int, "1"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    gate.set()

    assert await busy
    assert await threads.do(OTHER, int, "2") == 2


async def test_who_gives_up_when_the_turn_has_come_passes_it_on(threads: Threads) -> None:
    for moment in range(4):
        gone = asyncio.create_task(threads.do(QUESTION, int, "1"))
        for _ in range(moment):
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)

    assert await threads.do(OTHER, int, "2") == 2


async def test_two_that_give_up_at_once_leave_a_place(threads: Threads) -> None:
    first = asyncio.create_task(threads.do(QUESTION, int, "1"))
    second = asyncio.create_task(threads.do(OTHER, int, "1"))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)

    assert await threads.do(Question(repository="third"), int, "2") == 2


async def test_closing_ends_those_who_wait() -> None:
    threads = Threads(Rounds(1), most=1, name="test", clock=SystemClock())
    gate = threading.Event()
    waiting = [asyncio.create_task(threads.do(it, gate.wait, 10.0)) for it in (QUESTION, OTHER)]
    await settle()

    threads.close()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    gate.set()

    assert [type(it) for it in found] == [asyncio.CancelledError] * 2
