"""HTTP by hand, for what no client library would send."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_HOST = "127.0.0.1"
_LONGEST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer: its status, its headers by lower-case name, its body as far as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> bool:
        """Send what the other side still takes; return whether it took it."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(_LONGEST_SECONDS):
                await self._writer.drain()
        except ConnectionError:
            return False
        return True

    async def rest(self) -> bytes:
        """Return everything up to the end of the connection."""
        received = bytearray()
        async with asyncio.timeout(_LONGEST_SECONDS):
            while True:
                try:
                    piece = await self._reader.read(65536)
                except ConnectionError:
                    break
                if not piece:
                    break
                received += piece
        return bytes(received)

    async def line(self) -> bytes:
        """Return the next line."""
        async with asyncio.timeout(_LONGEST_SECONDS):
            return await self._reader.readline()

    async def answer(self) -> Raw:
        """Return the one answer that the connection has brought when it ends."""
        return parsed(await self.rest())


@asynccontextmanager
async def connected(port: int, *, source: str = _HOST) -> AsyncIterator[Wire]:
    """Open a connection from an address of this machine for the length of a block."""
    reader, writer = await asyncio.open_connection(_HOST, port, local_addr=(source, 0))
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


async def exchange(port: int, data: bytes) -> Raw:
    """Send bytes and return the answer."""
    async with connected(port) as wire:
        await wire.send(data)
        return await wire.answer()


async def ask(
    port: int,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Raw:
    """Send a plain request and return the answer."""
    return await exchange(port, request(method, path, body=body, headers=headers))


def request(
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return a plain request."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    length = "" if body is None else f"Content-Length: {len(body)}\r\n"
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{more}{length}\r\n"
    return head.encode() + (body or b"")


def parsed(received: bytes) -> Raw:
    """Return the first answer in what was received."""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    return Raw(int(first.split()[1]), headers, body)
