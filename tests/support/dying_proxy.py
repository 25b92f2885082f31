"""A proxy before the API server that dies after the n-th write.

From the API server's side a client that is cut off here is a client that was killed: what it sent
before has happened, nothing after it arrives. Plain HTTP on loopback towards the client, TLS
towards the server; the client's own headers decide who it is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

_CLOSING_SECONDS: Final = 0.05
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HOP_BY_HOP: Final = frozenset({"host", "connection", "transfer-encoding", "content-length"})


class DyingProxy:
    """Forwards everything until ``writes_until_death`` writes went through (0: for ever)."""

    def __init__(self, server_url: str, ssl_context: ssl.SSLContext) -> None:
        """Keep where to forward to; nothing is opened."""
        self._server_url = server_url
        self._ssl = ssl_context
        self.writes_until_death = 0
        self.counted = ""
        self.writes = 0
        self.died = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Self:
        """Listen on a free port of loopback."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._ssl, limit=0), auto_decompress=False
        )
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._forward)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close both sides."""
        await self._session.close()
        await self._runner.cleanup()
        await asyncio.sleep(_CLOSING_SECONDS)  # the loop closes the sockets that were cut

    def arm(self, writes_until_death: int, *, counted: str = "") -> None:
        """Live again, and die after so many writes; only those below a path count."""
        self.writes_until_death = writes_until_death
        self.counted = counted
        self.writes = 0
        self.died.clear()

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        if self.died.is_set():
            _cut(request)
        is_lasting = request.method in _WRITES and "dryRun" not in request.query_string
        is_write = is_lasting and request.path.startswith(self.counted)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        async with self._session.request(
            request.method,
            self._server_url + request.raw_path,
            headers=headers,
            data=await request.read() or None,
            skip_auto_headers=["Content-Type", "Accept", "User-Agent"],
            allow_redirects=False,
        ) as answer:
            if is_write:
                self.writes += 1
                if self.writes == self.writes_until_death:
                    await answer.read()
                    self.died.set()
                    _cut(request)
            return await self._pass_on(request, answer)

    async def _pass_on(
        self, request: web.Request, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP}
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            if self.died.is_set():
                _cut(request)
            await response.write(chunk)
        await response.write_eof()
        return response


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError("the proxy is dead")
