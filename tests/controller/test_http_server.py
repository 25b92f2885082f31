"""The server before peers that keep to no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.http import Request
from tests.support.http_world import HERE, KIBIBYTE, LARGEST, World
from tests.support.polling import eventually
from tests.support.raw_http import ask, connected, exchange, parsed, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    async with world.server.listening(HERE) as world.port:
        yield world


async def test_a_request_is_answered_and_the_connection_closed(world: World) -> None:
    raw = await ask(world.port, "GET", "/hello?verbose=1")

    assert (raw.status, raw.body) == (200, b"hello")
    assert raw.headers["connection"] == "close"
    assert raw.headers["server"] == "gitopskit"
    assert world.asked == [Request(method="GET", peer="127.0.0.1")]


async def test_a_head_request_has_no_body(world: World) -> None:
    raw = await ask(world.port, "HEAD", "/hello")

    assert (raw.status, raw.body, raw.headers["content-length"]) == (200, b"", "5")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("DELETE", "/hello", 405), ("PROPFIND", "/hello", 405), ("GET", "/nowhere", 404)],
)
async def test_what_is_not_offered_is_refused(
    world: World, method: str, path: str, status: int
) -> None:
    raw = await ask(world.port, method, path)

    assert raw.status == status
    assert raw.headers.get("allow") == ("GET, HEAD" if status == 405 else None)


async def test_answers_are_observed_under_known_words_alone(world: World) -> None:
    await ask(world.port, "GET", "/hello")
    await ask(world.port, "PROPFIND", "/hello")
    await ask(world.port, "GET", "/hunter2")

    assert world.observed == [
        ("/hello", "GET", 200),
        ("/hello", "other", 405),
        ("other", "GET", 404),
    ]


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        (b"X-Proof: one\r\nX-Other: two\r\n", {"X-Proof": "one"}),
        (b"x-proof: one\r\n", {"X-Proof": "one"}),
        (b"X-Proof: one\r\nX-Proof: two\r\n", {}),
        (b"", {}),
    ],
    ids=["the one", "in other letters", "twice", "none"],
)
async def test_an_endpoint_gets_the_headers_that_it_names(
    world: World, sent: bytes, got: dict[str, str]
) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"

    await exchange(world.port, head + sent + b"\r\nhi")

    assert world.asked == [Request(method="POST", peer="127.0.0.1", body=b"hi", headers=got)]


async def test_a_body_is_read_whole(world: World) -> None:
    body = bytes(range(256)) * 256

    raw = await ask(world.port, "POST", "/echo", body=body)

    assert raw.status == 200
    assert world.asked[0].body == body


async def test_a_body_in_chunks_is_read_whole(world: World) -> None:
    data = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    raw = await exchange(world.port, data + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")

    assert raw.status == 200
    assert world.asked[0].body == b"abcde"


async def test_a_body_that_is_announced_as_too_large_is_refused_unread(world: World) -> None:
    async with connected(world.port) as wire:
        await wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n")

        raw = await wire.answer()

    assert raw.status == 413


async def test_a_body_without_an_end_is_refused_at_its_limit(world: World) -> None:
    chunk = b"%x\r\n%s\r\n" % (KIBIBYTE, b"a" * KIBIBYTE)
    async with connected(world.port) as wire:
        await wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(LARGEST // KIBIBYTE + 1):
            await wire.send(chunk)

        raw = await wire.answer()

    assert raw.status == 413
    assert world.asked == []


async def test_a_body_that_breaks_off_is_nobodys(world: World) -> None:
    async with connected(world.port) as wire:
        await wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")
    await eventually(lambda: world.observed == [("/echo", "POST", 400)])

    assert world.asked == []


@pytest.mark.parametrize(
    "data",
    [
        b"hunter2 hunter2 hunter2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03hunter2",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nhunter2\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nhunter2",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhunter2",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nhunter2\r\n",
        b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 5000 + b"\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n" + b"X: y\r\n" * 70 + b"\r\n",
        b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nhunter2",
    ],
    ids=[
        "no request",
        "TLS",
        "no header",
        "negative length",
        "two lengths",
        "bad chunk",
        "long line",
        "long header",
        "many headers",
        "length and chunks",
    ],
)
async def test_what_is_no_http_is_refused_and_not_quoted(
    world: World, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    async with connected(world.port) as wire:
        await wire.send(data)
        received = await wire.rest()

    assert parsed(received).status == 400
    assert b"hunter2" not in received
    assert "hunter2" not in "".join(capfd.readouterr())


async def test_http_1_0_is_understood(world: World) -> None:
    raw = await exchange(world.port, b"GET /hello HTTP/1.0\r\n\r\n")

    assert (raw.status, raw.body) == (200, b"hello")


async def test_a_request_behind_another_is_not_answered(world: World) -> None:
    async with connected(world.port) as wire:
        await wire.send(request("GET", "/hello") * 500)
        received = await wire.rest()

    assert received.count(b"HTTP/1.1 200") == 1
    assert len(world.asked) == 1


async def test_a_request_behind_a_body_is_not_answered(world: World) -> None:
    async with connected(world.port) as wire:
        await wire.send(request("POST", "/echo", body=b"abc") + request("GET", "/hello") * 9)
        received = await wire.rest()

    assert received.count(b"HTTP/1.1 200") == 1
    assert [asked.body for asked in world.asked] == [b"abc"]


async def test_an_upgrade_is_not_followed(world: World) -> None:
    data = b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    raw = await exchange(world.port, data + b"\x00" * 9)

    assert raw.status == 200


async def test_who_waits_to_be_asked_for_a_body_is_asked(world: World) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    async with connected(world.port) as wire:
        await wire.send(head)
        first, blank = await wire.line(), await wire.line()
        await wire.send(b"abc")
        raw = await wire.answer()

    assert (first, blank) == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
    assert raw.status == 200


async def test_a_compressed_body_is_refused(world: World) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"

    raw = await exchange(world.port, head)

    assert raw.status == 415
