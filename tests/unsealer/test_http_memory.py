"""What peers send is never held without a bound: the memory of a process under attack."""

from __future__ import annotations

import asyncio
import re
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.support.raw_http import ask, connected, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

MEBIBYTE = 1024 * 1024
MOST_GROWTH_MEBIBYTES = 90
"""A text of 10 MiB being read, in its several forms, and 16 MiB of others that wait."""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the figures of a process come from /proc"
)


class Attacked:
    """A server in a process of its own."""

    def __init__(self, pid: int, port: int) -> None:
        self.port = port
        self._status = Path(f"/proc/{pid}/status")

    def peak_mebibytes(self) -> float:
        """Return how much memory the process has had at most. Source: proc(5), VmHWM."""
        (found,) = re.findall(r"^VmHWM:\s+(\d+) kB$", self._status.read_text(), re.MULTILINE)
        return int(found) / 1024

    async def post(self, body: bytes) -> int:
        return (await ask(self.port, "POST", "/v1/verify", body=body)).status


@pytest.fixture
async def attacked() -> AsyncIterator[Attacked]:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.unsealer_http_program"),
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    ports = orjson.loads(await program.stdout.readline())
    yield Attacked(program.pid, ports["port"])
    program.stdin.close()
    await program.wait()


async def _large_bodies(attacked: Attacked) -> None:
    body = b'{"a":"' + b"a" * (10 * MEBIBYTE - 8) + b'"}'
    await asyncio.gather(*(attacked.post(body) for _ in range(12)))


async def _wide_texts(attacked: Attacked) -> None:
    """One wide character makes a text take four bytes for each, in every form it is held in."""
    wide = "\N{GRINNING FACE}".encode()
    filling = b"a" * (10 * MEBIBYTE - 20) + wide
    bodies = [b'{"a":"' + filling + b'"}', b'{"a":"' + filling, b"a: '" + filling + b"'"]
    await asyncio.gather(*(attacked.post(body) for body in bodies * 3))


async def _many_parts(attacked: Attacked) -> None:
    bodies = [b"[" * 99_000, b'{"a":' * 24_000, b"- a\n" * 24_000, b"a: &a [" + b"x," * 90_000]
    await asyncio.gather(*(attacked.post(body) for body in bodies * 3))


async def _slow_bodies(attacked: Attacked) -> None:
    head = b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"
    async with AsyncExitStack() as stack:
        for _ in range(60):
            wire = await stack.enter_async_context(connected(attacked.port))
            await wire.send(head + b"a" * MEBIBYTE)
        assert (await ask(attacked.port, "GET", "/healthz")).status == 200


async def _many_connections(attacked: Attacked) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(400):
            wire = await stack.enter_async_context(connected(attacked.port))
            await wire.send(b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 4000)
        assert (await ask(attacked.port, "GET", "/healthz")).status == 200


async def _many_requests_behind_one(attacked: Attacked) -> None:
    pipelined = request("GET", "/healthz") * 20_000
    async with AsyncExitStack() as stack:
        for _ in range(20):
            wire = await stack.enter_async_context(connected(attacked.port))
            await wire.send(request("POST", "/v1/verify", body=b"{}") + pipelined)
            await wire.rest()


@pytest.mark.parametrize(
    "attack",
    [
        _large_bodies,
        _wide_texts,
        _many_parts,
        _slow_bodies,
        _many_connections,
        _many_requests_behind_one,
    ],
    ids=lambda attack: attack.__name__.strip("_").replace("_", " "),
)
async def test_memory_stays_bounded(
    attacked: Attacked, attack: Callable[[Attacked], Awaitable[None]]
) -> None:
    before = attacked.peak_mebibytes()

    await attack(attacked)

    assert attacked.peak_mebibytes() - before < MOST_GROWTH_MEBIBYTES
    assert (await ask(attacked.port, "GET", "/healthz")).status == 200
