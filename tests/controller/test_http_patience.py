"""The server before peers that are slow, silent, or many."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.http import Address
from gitopskit.controller.http_bodies import RoomForBodies
from gitopskit.controller.http_server import HttpLimits
from gitopskit.errors import EnvironmentFault
from tests.support.http_world import HERE, KIBIBYTE, LARGEST, LIMITS, World
from tests.support.polling import eventually
from tests.support.raw_http import ask, connected, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    async with world.server.listening(HERE) as world.port:
        yield world


@asynccontextmanager
async def hasty(**limit: float) -> AsyncIterator[World]:
    """Run a server that is impatient in one respect."""
    world = World(replace(LIMITS, **limit))  # type: ignore[arg-type]  # seconds alone are given
    async with world.server.listening(HERE) as world.port:
        yield world


@pytest.mark.parametrize("data", [b"", b"GET /hello HT", b"GET /hello HTTP/1.1\r\nHost: x\r\n"])
async def test_a_head_that_never_ends_is_cut(data: bytes) -> None:
    async with hasty(head_seconds=0.2) as world, connected(world.port) as wire:
        await wire.send(data)

        received = await wire.rest()

    assert received == b""


async def test_a_head_that_trickles_is_cut() -> None:
    async with hasty(head_seconds=0.2) as world, connected(world.port) as wire:

        async def is_cut() -> bool:
            return not await wire.send(b"X")

        await wire.send(b"GET /hello HTTP/1.1\r\nX: ")
        await eventually(is_cut)

    assert world.asked == []


async def test_a_peer_that_does_not_read_is_cut() -> None:
    async with hasty(write_seconds=0.2) as world, connected(world.port) as wire:
        await wire.send(request("GET", "/large"))
        await eventually(lambda: world.observed == [("/large", "GET", 200)])

        received = await wire.rest()

    assert 0 < len(received) < 32 * KIBIBYTE * KIBIBYTE


async def test_a_body_that_comes_slowly_is_given_up() -> None:
    async with hasty(body_seconds=0.2) as world, connected(world.port) as wire:
        await wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")

        raw = await wire.answer()

    assert raw.status == 408


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    async with hasty(answer_seconds=0.1) as world:
        raw = await ask(world.port, "POST", "/held", body=b"{}")

    assert (raw.status, raw.headers["retry-after"]) == (503, "1")


async def test_an_answer_that_fails_says_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = await ask(world.port, "GET", "/broken")

    assert (raw.status, raw.body) == (500, b"internal error\n")
    assert "http_crashed" in "".join(capsys.readouterr())


async def test_silent_connections_give_way_to_those_that_speak(world: World) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(60):
            await stack.enter_async_context(connected(world.port))

        raw = await ask(world.port, "GET", "/hello")

    assert raw.status == 200


async def test_bodies_have_so_many_places_for_a_peer(world: World) -> None:
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(connected(world.port)) for _ in range(3)]
        for wire in wires:
            await wire.send(request("POST", "/held", body=b"{}"))
        await eventually(lambda: len(world.asked) == 3)

        refused = await ask(world.port, "POST", "/held", body=b"{}")
        others = await ask(world.port, "GET", "/hello")
        world.release.set()
        answers = [(await wire.answer()).status for wire in wires]

    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert others.status == 200
    assert answers == [200, 200, 200]


async def test_bodies_share_a_bounded_room() -> None:
    room = RoomForBodies(bodies=4, bodies_of_peer=4, size_bytes=LARGEST + 10)
    world = World(HttpLimits(room=room, stop_seconds=0.1))
    async with (
        world.server.listening(HERE) as port,
        connected(port) as first,
        connected(port) as second,
    ):
        await first.send(request("POST", "/held", body=bytes(LARGEST)))
        await eventually(lambda: len(world.asked) == 1)

        await second.send(request("POST", "/echo", body=bytes(KIBIBYTE)))
        refused = await second.answer()
        world.release.set()
        await first.answer()
        again = await ask(port, "POST", "/echo", body=bytes(KIBIBYTE))

    assert (refused.status, again.status) == (503, 200)


async def test_the_end_waits_for_answers_at_hand() -> None:
    world = World(HttpLimits(stop_seconds=5.0))
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(world.server.listening(HERE))
        asking = asyncio.create_task(ask(port, "POST", "/held", body=b"{}"))
        await eventually(lambda: len(world.asked) == 1)
        closing = asyncio.create_task(stack.aclose())
        await asyncio.sleep(0)
        world.release.set()
        await closing

    assert (await asking).status == 200


async def test_the_end_does_not_wait_for_ever() -> None:
    world = World(HttpLimits(stop_seconds=0.05))
    async with world.server.listening(HERE) as port, connected(port) as wire:
        await wire.send(request("POST", "/held", body=b"{}"))
        await eventually(lambda: len(world.asked) == 1)

    with pytest.raises(ConnectionRefusedError):
        await ask(port, "GET", "/hello")


async def test_an_address_that_is_taken_is_an_error_of_the_environment(world: World) -> None:
    taken = Address(host="127.0.0.1", port=world.port)

    with pytest.raises(EnvironmentFault, match="cannot listen: address already in use"):
        async with World().server.listening(taken):
            pass


async def test_every_ipv4_interface_is_enough_where_there_is_no_ipv6(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    create = loop.create_server
    hosts: list[str | None] = []

    async def without_ipv6(factory: object, host: str | None, port: int, **more: object) -> object:
        hosts.append(host)
        if host is None:
            raise OSError(99, "cannot assign requested address")
        return await create(factory, "127.0.0.1", port, **more)  # type: ignore[call-overload]  # as asyncio is called

    monkeypatch.setattr(loop, "create_server", without_ipv6)
    async with World().server.listening(Address(port=0)) as port:
        raw = await ask(port, "GET", "/hello")

    assert raw.status == 200
    assert hosts == [None, "0.0.0.0"]  # noqa: S104 -- what is asked for, not what is opened
