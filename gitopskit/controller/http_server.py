"""HTTP from the outside: sockets, limits and time limits around endpoints that are plain functions.

The second module that knows aiohttp, beside the client in kube.transport: it is the server half of
the same library. Whoever reaches the port may send anything, so nothing here waits without an end
or keeps without a bound: the head of a request, its body and the answer have their seconds, bodies
their room, connections their number. Each connection is closed after one answer; nothing that is
sent behind a request is looked at.

Never logged: heads, bodies, or what a peer named.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from aiohttp import web

from gitopskit.controller import http
from gitopskit.controller.http_bodies import Bodies, RoomForBodies
from gitopskit.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from gitopskit.clock import Clock
    from gitopskit.controller.http import Address, Endpoint, Response
    from gitopskit.controller.http_bodies import Body

_LOG: Final = structlog.get_logger("http")

_LONGEST_LINE_BYTES: Final = 4096
_MOST_HEADERS: Final = 64
_READ_SIZE_BYTES: Final = 16 * 1024

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_SOFTWARE: Final = "gitopskit"
_EVERY_IPV4: Final = "0.0.0.0"  # noqa: S104 -- what an address without a host asks for
_UNHEARD: Final = "gitopskit.http.unheard"
"""The name of the logger that the library gets: it would quote what peers send."""

_OTHER: Final = "other"
_KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """How long each part of a request may take, and how much is held at once.

    For ``unread_seconds`` what a refused peer goes on sending is read and dropped, so that it sees
    the answer. ``stop_seconds`` is what answers at hand get when the server stops.
    """

    head_seconds: float = 10.0
    body_seconds: float = 20.0
    answer_seconds: float = 60.0
    write_seconds: float = 20.0
    unread_seconds: float = 2.0
    stop_seconds: float = 5.0
    connections: int = 256
    room: RoomForBodies = field(default_factory=RoomForBodies)


class Observer(Protocol):
    """What is told of each answer; path and method are ``other`` where they are unknown."""

    def __call__(self, path: str, *, method: str, code: int, duration_seconds: float) -> None:
        """Take note of an answer."""


class HttpServer:
    """Answers requests by a fixed set of endpoints, for as long as ``listening`` is entered."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        clock: Clock,
        observe: Observer,
        limits: HttpLimits | None = None,
    ) -> None:
        """Keep the parts; nothing is opened."""
        self._endpoints = endpoints
        self._clock = clock
        self._observe = observe
        self._limits = limits or HttpLimits()
        self._bodies = Bodies(self._limits.room)

    @asynccontextmanager
    async def listening(self, address: Address) -> AsyncIterator[int]:
        """Listen for the length of a block; yield the port. The end waits for answers at hand.

        Raises:
            EnvironmentFault: the address cannot be had.
        """
        limits = self._limits
        connections = _Connections(self._handle, limits=limits)
        runner = web.ServerRunner(connections, shutdown_timeout=limits.stop_seconds)
        await runner.setup()
        try:
            await _open(runner, address)
            yield int(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        started = self._clock.monotonic_seconds()
        path = request.path if request.path in self._endpoints else _OTHER
        answer = await self._answer(request)
        response = _written(answer)
        await self._write(response, request)
        self._observe(
            path,
            method=request.method if request.method in _KNOWN_METHODS else _OTHER,
            code=answer.status,
            duration_seconds=self._clock.monotonic_seconds() - started,
        )
        return response

    async def _write(self, response: web.StreamResponse, request: web.BaseRequest) -> None:
        """Write an answer as far as its peer takes it."""
        try:
            async with asyncio.timeout(self._limits.write_seconds):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            _cut(request)
        except ConnectionError:
            return

    async def _answer(self, request: web.BaseRequest) -> Response:
        head = _head(request)
        found = http.find(self._endpoints, head)
        if isinstance(found, http.Response):
            return found
        if not found.largest_body_bytes:
            _stop_reading(request)
            return await self._ask(
                found,
                http.Request(method=head.method, peer=head.peer, headers=_wanted(request, found)),
            )
        body = self._bodies.begin(head.peer, largest_bytes=found.largest_body_bytes)
        if body is None:
            return _no_room()
        try:
            refusal = await self._read(request, body)
            if refusal is not None:
                return refusal
            _stop_reading(request)
            content = http.Request(
                method=head.method,
                peer=head.peer,
                body=body.content(),
                headers=_wanted(request, found),
            )
            return await self._ask(found, content)
        finally:
            body.end()

    async def _read(self, request: web.BaseRequest, body: Body) -> Response | None:
        """Read a body into its place; return what to answer where that does not succeed."""
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                await _continue(request)
                async for piece in request.content.iter_any():
                    taken = body.add(piece)
                    if taken == "too large":
                        return http.said(http.TOO_LARGE, "too large")
                    if taken == "no room":
                        return _no_room()
        except TimeoutError:
            return http.said(http.TIMED_OUT, "the body came too slowly")
        except (web.RequestPayloadError, OSError):
            return http.said(http.BAD_REQUEST, "the body broke off")
        return None

    async def _ask(self, endpoint: Endpoint, request: http.Request) -> Response:
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                return await endpoint.answer(request)
        except TimeoutError:
            return http.said(http.NOT_READY, "it takes too long", retry_after_seconds=1)
        except Exception:  # noqa: BLE001 -- whatever goes wrong, the others are answered
            _LOG.exception("http_crashed")
            return http.said(http.FAILED, "internal error")


class _Connection(web.RequestHandler):
    """One connection; of what cannot be read as HTTP nothing is quoted back."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = http.BAD_REQUEST,
        exc: BaseException | None = None,  # noqa: ARG002 -- as the library calls it
        message: str | None = None,  # noqa: ARG002 -- the same
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError
        return _written(http.said(status, "bad request"))


class _Connections(web.Server):
    """The connections of one listener; where they are too many, the longest silent gives way."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        limits: HttpLimits,
    ) -> None:
        super().__init__(self._hear)
        self._handler = handler
        self._limits = limits
        self._silent: dict[web.RequestHandler, asyncio.Transport] = {}

    def __call__(self) -> web.RequestHandler:
        logger = logging.getLogger(_UNHEARD)
        logger.disabled = True
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=logger,
            logger=logger,
            keepalive_timeout=self._limits.head_seconds,
            lingering_time=self._limits.unread_seconds,
            max_line_size=_LONGEST_LINE_BYTES,
            max_field_size=_LONGEST_LINE_BYTES,
            max_headers=_MOST_HEADERS,
            read_bufsize=_READ_SIZE_BYTES,
            auto_decompress=False,
        )

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._silent[handler] = transport
        if len(self.connections) > self._limits.connections:
            longest = next(iter(self._silent))
            self._silent.pop(longest).abort()

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        super().connection_lost(handler, exc)
        self._silent.pop(handler, None)

    async def _hear(self, request: web.BaseRequest) -> web.StreamResponse:
        self._silent.pop(request.protocol, None)
        return await self._handler(request)


async def _open(runner: web.ServerRunner, address: Address) -> None:
    hosts = [address.host] if address.host else [None, _EVERY_IPV4]
    for host in hosts:
        try:
            await web.TCPSite(runner, host, address.port).start()
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL and host is None:
                continue  # a kernel without IPv6
            raise EnvironmentFault(
                f"cannot listen: {os.strerror(error.errno or 0).lower()}",
                where=f"{address.host}:{address.port}",
                hint="end what listens there, or choose another address",
            ) from error
        return


def _head(request: web.BaseRequest) -> http.Head:
    return http.Head(
        method=request.method,
        path=request.path,
        peer=request.remote or "",
        length_bytes=request.content_length,
        encoding=request.headers.get("Content-Encoding", ""),
    )


def _wanted(request: web.BaseRequest, endpoint: Endpoint) -> dict[str, str]:
    """Return the headers that an endpoint asks for; one that was sent twice says nothing."""
    sent = {name: request.headers.getall(name, []) for name in endpoint.headers}
    return {name: values[0] for name, values in sent.items() if len(values) == 1}


async def _continue(request: web.BaseRequest) -> None:
    """Ask for the body of a peer that waits to be asked."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(_CONTINUE)
        request.writer.output_size = 0


def _stop_reading(request: web.BaseRequest) -> None:
    """Take nothing more from a connection: what comes behind a request is not answered."""
    if request.transport is not None:
        request.transport.pause_reading()


def _cut(request: web.BaseRequest) -> None:
    """End a connection whose peer does not read."""
    if request.transport is not None:
        request.transport.abort()


def _written(answer: Response) -> web.Response:
    headers = {
        "Content-Type": answer.content_type,
        "Server": _SOFTWARE,
        "X-Content-Type-Options": "nosniff",
    }
    if answer.allow:
        headers["Allow"] = ", ".join(answer.allow)
    if answer.retry_after_seconds > 0:
        headers["Retry-After"] = str(math.ceil(answer.retry_after_seconds))
    response = web.Response(status=answer.status, body=answer.body, headers=headers)
    response.force_close()
    return response


def _no_room() -> Response:
    return http.said(http.NOT_READY, "too many requests at once", retry_after_seconds=1)
