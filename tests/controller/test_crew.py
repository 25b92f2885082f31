"""Workers that wait for something outside keep no others waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gitopskit.backoff import Backoff
from gitopskit.controller.crew import Crew
from gitopskit.controller.queue import WorkQueue
from tests.support.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


class World:
    """A crew of two; keys that begin with ``far`` are away until the test lets them go on."""

    def __init__(self) -> None:
        backoff = Backoff(initial_seconds=1, maximum_seconds=8)
        self.queue: WorkQueue[str] = WorkQueue(ManualClock(), backoff=backoff)
        self.crew = Crew(2)
        self.far, self.near = asyncio.Event(), asyncio.Event()
        self.begun: list[str] = []
        self.ended: list[str] = []

    async def handle(self, key: str) -> None:
        self.begun.append(key)
        if key.startswith("far"):
            async with self.crew.away():
                await self.far.wait()
                if key == "far-and-broken":
                    raise ValueError(key)
        if key.startswith("near"):
            await self.near.wait()
        self.ended.append(key)

    async def add(self, *keys: str) -> None:
        for key in keys:
            self.queue.add(key)
        await settle()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    running = asyncio.create_task(made.crew.run(made.queue, made.handle))
    yield made
    made.near.set()
    made.queue.close()
    await running


async def test_so_many_work_at_once(world: World) -> None:
    await world.add("near-1", "near-2", "near-3")

    assert world.begun == ["near-1", "near-2"]
    world.near.set()
    await settle()
    assert world.ended == ["near-1", "near-2", "near-3"]


async def test_those_who_are_away_leave_their_places_to_others(world: World) -> None:
    await world.add("far-1", "far-2", "far-3", "quick")

    assert world.ended == ["quick"]
    world.far.set()
    await settle()
    assert sorted(world.ended) == ["far-1", "far-2", "far-3", "quick"]


async def test_who_comes_back_waits_for_a_place(world: World) -> None:
    await world.add("far", "near-1", "near-2")
    world.far.set()
    await settle()

    was_waiting = "far" not in world.ended
    world.near.set()
    await settle()

    assert was_waiting
    assert "far" in world.ended


async def test_what_goes_wrong_away_comes_back_later_and_keeps_no_place(world: World) -> None:
    await world.add("far-and-broken", "far-1")
    world.far.set()
    await settle()
    await world.add("near-1", "near-2")

    assert world.queue.is_put_off("far-and-broken")
    assert world.begun[-2:] == ["near-1", "near-2"]


async def test_a_key_that_is_away_is_not_handled_twice(world: World) -> None:
    await world.add("far")
    await world.add("far")
    before = list(world.begun)
    world.far.set()
    await settle()

    assert before == ["far"]
    assert world.ended == ["far", "far"]


async def test_at_the_end_those_with_a_place_finish_and_those_without_give_up() -> None:
    world = World()
    running = asyncio.create_task(world.crew.run(world.queue, world.handle))
    await world.add("far-1", "far-2", "near-1", "near-2")
    world.queue.close()
    await settle()
    was_running = not running.done()
    world.near.set()
    await running

    assert was_running
    assert world.ended == ["near-1", "near-2"]


async def test_who_waits_to_come_back_gives_up_at_the_end() -> None:
    world = World()
    running = asyncio.create_task(world.crew.run(world.queue, world.handle))
    await world.add("far", "near-1", "near-2")
    world.far.set()
    await settle()
    world.queue.close()
    await settle()
    world.near.set()
    await running

    assert world.ended == ["near-1", "near-2"]


async def test_nobody_goes_away_after_the_end() -> None:
    crew, gate = Crew(1), asyncio.Event()
    queue: WorkQueue[str] = World().queue
    ended: list[str] = []

    async def handle(key: str) -> None:
        await gate.wait()
        async with crew.away():
            await asyncio.Event().wait()
        ended.append(key)

    running = asyncio.create_task(crew.run(queue, handle))
    queue.add("late")
    await settle()
    queue.close()
    await settle()
    gate.set()
    await running

    assert ended == []


async def test_who_is_of_no_crew_stays_where_it_is() -> None:
    async with Crew(1).away():
        reached = True

    assert reached
