"""Looks at repositories come together."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.asking import Asking
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SHOP = Follow("https://git.example.com/shop.git", "main", "shop")
OTHER = Follow("https://git.example.com/other.git", "main", "shop")


class Server:
    """Answers looks only when a test lets it."""

    def __init__(self) -> None:
        self.begun: list[Follow] = []
        self.answers = asyncio.Event()

    async def look(self, follow: Follow) -> None:
        self.begun.append(follow)
        await self.answers.wait()

    async def until_begun(self, *follows: Follow) -> None:
        async def is_begun() -> bool:
            return sorted(self.begun, key=str) == sorted(follows, key=str)

        await eventually(is_begun)


@pytest.fixture
def server() -> Server:
    return Server()


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[Asking]:
    asking = Asking(server.look)
    task = asyncio.create_task(asking.run())
    await asyncio.sleep(0)
    try:
        yield asking
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_storm_of_pushes_costs_two_looks(server: Server) -> None:
    async with running(server) as asking:
        for _ in range(100):
            asking.ask(SHOP, is_news=True)
        await server.until_begun(SHOP)
        server.answers.set()

        await server.until_begun(SHOP, SHOP)


async def test_a_poll_does_not_repeat_what_is_under_way(server: Server) -> None:
    async with running(server) as asking:
        asking.ask(SHOP)
        await server.until_begun(SHOP)
        asking.ask(SHOP)
        server.answers.set()
        asking.ask(OTHER)

        await server.until_begun(SHOP, OTHER)


async def test_a_server_that_does_not_answer_keeps_no_other_waiting(server: Server) -> None:
    async with running(server) as asking:
        asking.ask(SHOP)
        asking.ask(OTHER)

        await server.until_begun(SHOP, OTHER)


async def test_what_was_looked_at_is_looked_at_again_when_asked_for(server: Server) -> None:
    server.answers.set()
    async with running(server) as asking:
        asking.ask(SHOP)
        await server.until_begun(SHOP)
        asking.ask(SHOP)

        await server.until_begun(SHOP, SHOP)


async def test_before_it_runs_nothing_is_looked_at(server: Server) -> None:
    Asking(server.look).ask(SHOP)

    assert server.begun == []
