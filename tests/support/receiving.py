"""A receiver of alerts on the loopback: it keeps what it is sent, and answers what it is told."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.support.polling import eventually
from tests.support.tls import make_server_tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@dataclass
class Sent:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:  # noqa: ANN401 -- JSON
        return json.loads(self.body)


@dataclass
class Inbox:
    """A running receiver; while ``is_silent`` it takes requests and answers none."""

    status: int = 200
    location: str = ""
    is_silent: bool = False
    port: int = 0
    ca_pem: str = ""
    sent: list[Sent] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{'https' if self.ca_pem else 'http'}://localhost:{self.port}"

    def told(self) -> list[tuple[str, str]]:
        """Return topic and state of each event that was sent."""
        events = [json.loads(sent.body)["data"] for sent in self.sent]
        return [(event["topic"], event["state"]) for event in events]

    async def until(self, count: int, *, timeout_seconds: float = 15.0) -> None:
        await eventually(lambda: len(self.sent) >= count, timeout_seconds=timeout_seconds)

    async def take(self, request: web.Request) -> web.Response:
        self.sent.append(Sent(request.raw_path, dict(request.headers), await request.read()))
        if self.is_silent:
            await asyncio.Event().wait()
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=self.status, headers=headers)


@asynccontextmanager
async def inbox(folder: Path | None = None) -> AsyncIterator[Inbox]:
    """Run a receiver, with TLS where there is a folder for its key."""
    receiver = Inbox()
    tls = None if folder is None else make_server_tls(folder)
    application = web.Application()
    application.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        context = None if tls is None else tls.context
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        receiver.port = runner.addresses[0][1]
        receiver.ca_pem = "" if tls is None else tls.ca_pem
        yield receiver
    finally:
        await runner.cleanup()
