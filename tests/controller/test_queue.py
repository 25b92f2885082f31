from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gitopskit.backoff import Backoff
from gitopskit.controller.queue import QueueClosed, WorkQueue, run_workers
from gitopskit.errors import ApiError, EnvironmentFault, InputError
from tests.support.clock import ManualClock, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

BACKOFF = Backoff(initial_seconds=1, factor=2, maximum_seconds=60, jitter=0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def queue(clock: ManualClock) -> AsyncIterator[WorkQueue[str]]:
    queue: WorkQueue[str] = WorkQueue(clock, backoff=BACKOFF)
    yield queue
    queue.close()
    await settle()


async def drained(queue: WorkQueue[str]) -> list[str]:
    """Return every key that is ready, handled at once."""
    keys = []
    while len(queue):
        key = await queue.get()
        queue.done(key)
        keys.append(key)
    return keys


async def test_keys_come_out_in_order_and_once(queue: WorkQueue[str]) -> None:
    for key in ("b", "a", "b", "c"):
        queue.add(key)

    assert await drained(queue) == ["b", "a", "c"]


async def test_a_key_is_not_handled_twice_at_once(queue: WorkQueue[str]) -> None:
    queue.add("a")
    key = await queue.get()
    queue.add("a")
    queue.add("a")

    assert len(queue) == 0
    queue.done(key)
    assert await drained(queue) == ["a"]


async def test_who_waits_gets_what_is_added_later(queue: WorkQueue[str]) -> None:
    waiting = [asyncio.ensure_future(queue.get()) for _ in range(3)]
    await settle()

    for key in ("a", "b", "c"):
        queue.add(key)
    await settle()

    assert sorted(task.result() for task in waiting) == ["a", "b", "c"]


@pytest.fixture
def levelled(clock: ManualClock) -> WorkQueue[str]:
    return WorkQueue(clock, backoff=BACKOFF, levels=3)


async def test_what_is_urgent_is_taken_first(levelled: WorkQueue[str]) -> None:
    for key, level in (("late", 2), ("old", 1), ("older", 1), ("new", 0)):
        levelled.add(key, level=level)

    assert len(levelled) == 4
    assert await drained(levelled) == ["new", "old", "older", "late"]


async def test_of_two_levels_the_more_urgent_counts(levelled: WorkQueue[str]) -> None:
    for key, level in (("a", 1), ("b", 2), ("b", 0), ("a", 2)):
        levelled.add(key, level=level)

    assert await drained(levelled) == ["b", "a"]


async def test_a_key_that_is_handled_comes_back_on_the_more_urgent_level(
    levelled: WorkQueue[str],
) -> None:
    levelled.add("a")
    await levelled.get()
    for level in (2, 1):
        levelled.add("a", level=level)
    levelled.done("a")
    levelled.add("b", level=1)

    assert await drained(levelled) == ["a", "b"]


async def test_no_level_waits_for_ever(levelled: WorkQueue[str]) -> None:
    for number in range(40):
        levelled.add(f"new-{number}")
    levelled.add("old", level=1)
    levelled.add("late", level=2)

    taken = await drained(levelled)

    assert taken.index("old") < 24
    assert taken.index("late") < 24


async def test_groups_take_turns(clock: ManualClock) -> None:
    queue: WorkQueue[str] = WorkQueue(clock, backoff=BACKOFF, group=lambda key: key[0])
    for key in ("a1", "a2", "a3", "b1", "c1", "b2"):
        queue.add(key)

    assert await drained(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_a_retry_comes_back_on_the_last_level(
    levelled: WorkQueue[str], clock: ManualClock
) -> None:
    levelled.retry("late")
    await clock.wake(10)
    levelled.add("old", level=1)

    assert await drained(levelled) == ["old", "late"]


async def test_a_key_can_come_later(queue: WorkQueue[str], clock: ManualClock) -> None:
    queue.add_after("a", 10)

    await clock.wake(9)
    early = len(queue)
    await clock.wake(1)

    assert early == 0
    assert await drained(queue) == ["a"]


async def test_what_comes_later_is_put_off_until_then(
    queue: WorkQueue[str], clock: ManualClock
) -> None:
    queue.add_after("a", 10)

    was_put_off = queue.is_put_off("a")
    await clock.wake(10)

    assert was_put_off
    assert not queue.is_put_off("a")


@pytest.mark.parametrize("seconds", [(10, 5), (5, 10)], ids=["earlier last", "earlier first"])
async def test_of_two_times_the_earlier_counts(
    queue: WorkQueue[str], clock: ManualClock, seconds: tuple[float, float]
) -> None:
    for pause in seconds:
        queue.add_after("a", pause)

    await clock.wake(5)
    first = await drained(queue)
    await clock.wake(60)

    assert first == ["a"]
    assert await drained(queue) == []


async def test_pauses_grow_with_failures_until_they_are_forgotten(
    queue: WorkQueue[str], clock: ManualClock
) -> None:
    for _ in range(3):
        queue.retry("a")
        await clock.wake(10)
    queue.forget("a")
    queue.retry("a")
    await clock.wake(10)

    assert clock.sleeps == [1, 2, 4, 1]


async def test_a_retry_waits_as_long_as_asked(queue: WorkQueue[str], clock: ManualClock) -> None:
    queue.retry("a", at_least_seconds=30)
    await settle()

    assert clock.sleeps == [30]


async def test_what_waits_can_be_dropped(queue: WorkQueue[str], clock: ManualClock) -> None:
    queue.add("at hand")
    await queue.get()
    for key in ("at hand", "ready"):
        queue.add(key)
    queue.add_after("later", 5)
    await settle()

    queue.clear()
    await clock.wake(60)
    dropped = len(queue)
    queue.done("at hand")

    assert dropped == 0
    assert await drained(queue) == ["at hand"]


async def test_a_closed_queue_hands_out_nothing(queue: WorkQueue[str], clock: ManualClock) -> None:
    waiting = asyncio.ensure_future(queue.get())
    queue.add_after("later", 5)
    await settle()

    queue.close()
    queue.add("a")
    queue.add_after("b", 1)
    await clock.wake(60)

    with pytest.raises(QueueClosed):
        await waiting
    with pytest.raises(QueueClosed):
        await queue.get()


class Work:
    """A handler that records, and fails as it is told."""

    def __init__(self, *errors: Exception | None) -> None:
        self.handled: list[str] = []
        self._errors = list(errors)

    async def __call__(self, key: str) -> None:
        self.handled.append(key)
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error


async def running(
    queue: WorkQueue[str], handler: Callable[[str], Awaitable[None]], *, workers: int = 2
) -> asyncio.Task[None]:
    task = asyncio.ensure_future(run_workers(queue, handler, workers=workers))
    await settle()
    return task


async def test_who_comes_back_at_once_keeps_nobody_from_running(queue: WorkQueue[str]) -> None:
    handled: list[str] = []

    async def come_back(key: str) -> None:
        handled.append(key)
        if len(handled) < 10_000:  # so that a failure ends
            queue.add(key)

    queue.add("a")
    task = await running(queue, come_back)
    queue.close()
    await task

    assert len(handled) < 10_000


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (EnvironmentFault("later"), [1]),
        (ApiError("busy", retry_after_seconds=9), [9]),
        (RuntimeError("hunter2"), [1]),
        (InputError("never"), []),
        (None, []),
    ],
    ids=["transient", "the server says when", "a bug", "terminal", "success"],
)
async def test_only_failures_that_may_pass_are_tried_again(
    queue: WorkQueue[str], clock: ManualClock, error: Exception | None, pauses: list[float]
) -> None:
    work = Work(error)
    task = await running(queue, work)

    queue.add("a")
    await clock.wake(20)
    queue.close()
    await task

    assert clock.sleeps == pauses
    assert work.handled == ["a"] * (1 + len(pauses))


async def test_a_success_makes_the_next_pause_short_again(
    queue: WorkQueue[str], clock: ManualClock
) -> None:
    fault = EnvironmentFault("later")
    task = await running(queue, Work(fault, fault, None, fault))

    queue.add("a")
    await clock.wake(10)
    queue.add("a")
    await clock.wake(10)
    queue.close()
    await task

    assert clock.sleeps == [1, 2, 1]


async def test_one_bad_key_does_not_stop_the_others(
    queue: WorkQueue[str], clock: ManualClock
) -> None:
    work = Work(RuntimeError("a bug"))
    task = await running(queue, work, workers=1)

    queue.add("bad")
    queue.add("good")
    await settle()
    queue.close()
    await task

    assert work.handled == ["bad", "good"]
    assert clock.sleeps == [1]


async def test_closing_lets_the_work_at_hand_finish(queue: WorkQueue[str]) -> None:
    may_end = asyncio.Event()
    ended: list[str] = []

    async def handler(key: str) -> None:
        await may_end.wait()
        ended.append(key)

    task = await running(queue, handler)
    queue.add("a")
    await settle()
    queue.close()
    await settle()
    is_early = task.done()
    may_end.set()
    await task

    assert not is_early
    assert ended == ["a"]


async def test_work_that_is_cut_short_is_left_to_whoever_works_next(queue: WorkQueue[str]) -> None:
    async def handler(_: str) -> None:
        await asyncio.Event().wait()

    task = await running(queue, handler, workers=1)
    for key in ("a", "b"):
        queue.add(key)
    await settle()

    task.cancel()
    await asyncio.wait({task})

    assert sorted(await drained(queue)) == ["a", "b"]
