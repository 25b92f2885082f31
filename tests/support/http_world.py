"""An HTTP server with a few endpoints and small limits, for tests to attack."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from gitopskit.clock import SystemClock
from gitopskit.controller.http import Address, Endpoint, Request, Response
from gitopskit.controller.http_bodies import RoomForBodies
from gitopskit.controller.http_server import HttpLimits, HttpServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

KIBIBYTE: Final = 1024
LARGEST: Final = 64 * KIBIBYTE
LIMITS: Final = HttpLimits(
    unread_seconds=0.3,
    stop_seconds=0.3,
    connections=20,
    room=RoomForBodies(bodies=4, bodies_of_peer=3, size_bytes=3 * LARGEST),
)
HERE: Final = Address(host="127.0.0.1", port=0)


def _upload(answer: Callable[[Request], Awaitable[Response]]) -> Endpoint:
    return Endpoint(
        answer=answer, methods=("POST",), largest_body_bytes=LARGEST, headers=("X-Proof",)
    )


class World:
    """A server with a few endpoints, and what it was asked and told."""

    def __init__(self, limits: HttpLimits = LIMITS) -> None:
        self.port = 0
        self.asked: list[Request] = []
        self.observed: list[tuple[str, str, int]] = []
        self.release = asyncio.Event()
        self.server = HttpServer(
            {
                "/hello": Endpoint(answer=self._hello),
                "/large": Endpoint(answer=self._large),
                "/broken": Endpoint(answer=self._broken),
                "/echo": _upload(self._hello),
                "/held": _upload(self._held),
            },
            clock=SystemClock(),
            observe=self._observe,
            limits=limits,
        )

    def _observe(self, path: str, *, method: str, code: int, duration_seconds: float) -> None:
        assert 0 <= duration_seconds < 10
        self.observed.append((path, method, code))

    async def _hello(self, asked: Request) -> Response:
        self.asked.append(asked)
        return Response(body=b"hello")

    async def _large(self, _: Request) -> Response:
        return Response(body=bytes(32 * KIBIBYTE * KIBIBYTE))

    async def _broken(self, _: Request) -> Response:
        raise RuntimeError("hunter2")

    async def _held(self, asked: Request) -> Response:
        self.asked.append(asked)
        await self.release.wait()
        return Response(body=b"held")
