"""An API server on loopback that answers what the test has written down, and records requests.

For what the real one cannot be asked to do: to be busy, to break off, to answer nonsense.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from gitopskit.kube.credentials import Connection
from gitopskit.kube.tokens import Tokens, fixed_token

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from gitopskit.clock import Clock
    from gitopskit.manifests.json_types import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer: JSON, or raw bytes, or (``chunks``) a stream that ends after the last of them.

    ``breaks_off`` drops the connection instead of ending (or, without chunks, beginning) the
    answer, ``hangs`` keeps it open.
    """

    status: int = 200
    json: JsonValue = None
    raw: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: tuple[bytes, ...] = ()
    breaks_off: bool = False
    hangs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def refusal(status: int, *, reason: str = "", message: str = "", after: str = "") -> Reply:
    """Return an answer with a Kubernetes Status, and a Retry-After header where one is given."""
    content = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": message,
        "code": status,
    }
    return Reply(status=status, json=content, headers={"Retry-After": after} if after else {})


def event(kind: str, content: JsonValue) -> bytes:
    """Return one line of a watch."""
    return orjson.dumps({"type": kind, "object": content}) + b"\n"


class FakeApi:
    """The server; an async context manager. The last reply serves every further request."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.seen: list[Seen] = []
        self._replies: deque[Reply] = deque()
        self._released = asyncio.Event()
        self._runner = web.AppRunner(self._application(), handler_cancellation=True)
        self.url = ""
        self.closed_streams = 0
        self.most_at_once = 0
        self._at_once = 0

    def reply(self, *replies: Reply) -> None:
        self._replies.extend(replies)

    def connection(self, clock: Clock, *, tokens: Tokens | None = None) -> Connection:
        return Connection(server=self.url, tokens=tokens or fixed_token("letmein", clock=clock))

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        host, port = self._runner.addresses[0]
        self.url = f"{'https' if self._tls else 'http'}://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._next_reply(request)
        finally:
            self._at_once -= 1

    async def _next_reply(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(
            Seen(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                headers=dict(request.headers),
                body=await request.read(),
            )
        )
        reply = self._replies.popleft() if len(self._replies) > 1 else self._replies[0]
        if not (reply.chunks or reply.breaks_off or reply.hangs):
            body = reply.raw if reply.json is None else orjson.dumps(reply.json)
            return web.Response(status=reply.status, body=body, headers=dict(reply.headers))
        return await self._stream(request, reply)

    async def _stream(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status, headers=dict(reply.headers))
        response.enable_chunked_encoding()
        try:
            if reply.breaks_off and not reply.chunks:
                raise ConnectionResetError
            await response.prepare(request)
            for chunk in reply.chunks:
                await response.write(chunk)
            if reply.hangs:
                await self._released.wait()
            return response
        finally:
            if reply.breaks_off and request.transport is not None:
                request.transport.abort()
            self.closed_streams += 1
