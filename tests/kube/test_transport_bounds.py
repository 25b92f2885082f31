"""What ends an answer that is too large, or a stream that says nothing."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiError, ApiUnreachable
from gitopskit.kube.requests import Request
from gitopskit.kube.transport import Transport, TransportOptions
from tests.support.fake_api import FakeApi, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.clock import FakeClock

REQUEST = Request(method="GET", path="/x", where="X/a")


@contextlib.asynccontextmanager
async def transport(server: FakeApi, clock: FakeClock, **limits: float) -> AsyncIterator[Transport]:
    """Yield a transport with other limits than usual."""
    usual = TransportOptions(user_agent="test", timeout_seconds=5, in_flight=1)
    options = dataclasses.replace(usual, **limits)  # type: ignore[arg-type]  # bytes are whole
    opened = Transport(server.connection(clock), clock=clock, options=options)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


async def test_an_answer_beyond_all_bounds_is_not_read_to_its_end(
    server: FakeApi, clock: FakeClock
) -> None:
    server.reply(Reply(raw=b"x" * 2000))

    async with transport(server, clock, largest_answer_bytes=1000) as opened:
        with pytest.raises(ApiError, match="more than 1000 bytes - X/a"):
            await opened.send(REQUEST)


async def test_a_silent_stream_is_taken_for_ended(server: FakeApi, clock: FakeClock) -> None:
    server.reply(Reply(chunks=(b"one\ntwo\nrest",), hangs=True))

    async with transport(server, clock, silence_seconds=0.5) as opened:
        lines = [line async for line in opened.lines(REQUEST)]

    assert lines == [b"one", b"two"]


async def test_an_event_beyond_all_bounds_breaks_the_stream(
    server: FakeApi, clock: FakeClock
) -> None:
    server.reply(Reply(chunks=(b"x" * 2000,), hangs=True))

    async with transport(server, clock, largest_event_bytes=1000) as opened:
        with pytest.raises(ApiUnreachable, match="its answer broke off"):
            await anext(opened.lines(REQUEST))
