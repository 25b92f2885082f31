"""Many who ask for a look share few."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.shared_looks import SharedLooks

if TYPE_CHECKING:
    from collections.abc import Callable

SHOP = Follow("https://git.example/shop.git", "main", "shop")


class Server:
    """Lets looks begin and end when the test says so."""

    def __init__(self) -> None:
        self.begins: list[asyncio.Event] = []
        self.ends: list[asyncio.Event] = []

    async def look(self, follow: Follow, on_begin: Callable[[], object]) -> bool:
        assert follow == SHOP
        begin, end = asyncio.Event(), asyncio.Event()
        self.begins.append(begin)
        self.ends.append(end)
        await begin.wait()
        on_begin()
        await end.wait()
        return True


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_asks_before_a_look_begins_shares_it() -> None:
    server = Server()
    looks = SharedLooks(server.look)
    early = [asyncio.create_task(looks.fresh(SHOP)) for _ in range(3)]
    await settle()
    server.begins[0].set()
    await settle()
    late = [asyncio.create_task(looks.fresh(SHOP)) for _ in range(3)]
    await settle()

    assert len(server.begins) == 2
    for event in (server.ends[0], server.begins[1], server.ends[1]):
        event.set()
    assert all(await asyncio.gather(*early, *late))


async def test_who_knows_nothing_shares_a_look_that_has_begun() -> None:
    server = Server()
    looks = SharedLooks(server.look)
    asked = [asyncio.create_task(looks.any(SHOP))]
    await settle()
    server.begins[0].set()
    await settle()
    asked += [asyncio.create_task(looks.any(SHOP)) for _ in range(3)]
    await settle()

    assert len(server.begins) == 1
    server.ends[0].set()
    assert all(await asyncio.gather(*asked))
    again = asyncio.create_task(looks.any(SHOP))
    await settle()
    assert len(server.begins) == 2
    for event in (server.begins[1], server.ends[1]):
        event.set()
    assert await again


async def test_who_gives_up_ends_no_look_of_others() -> None:
    server = Server()
    looks = SharedLooks(server.look)
    gone, stays = (asyncio.create_task(looks.fresh(SHOP)) for _ in range(2))
    await settle()
    gone.cancel()
    await settle()
    server.begins[0].set()
    server.ends[0].set()

    assert await stays
