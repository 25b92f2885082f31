"""A proxy before the API server behind which a test can make the server unreachable.

Through it, one client loses the server while the others keep it.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from gitopskit.kube.credentials import Connection
from gitopskit.kube.tokens import fixed_token
from tests.support.dying_proxy import DyingProxy
from tests.support.fake_api import refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gitopskit.clock import Clock
    from gitopskit.controlplane.server import ControlPlane


class Wall(DyingProxy):
    """Forwards everything, but swallows or refuses what the test says.

    ``swallows`` takes a request and never answers it; ``conflicts`` answers 409. ``died`` cuts
    every connection, as with its parent. ``arrived`` counts the requests for Leases.
    """

    def __init__(self, server_url: str, ssl_context: ssl.SSLContext) -> None:
        super().__init__(server_url, ssl_context)
        self.swallows: Callable[[web.Request], bool] = lambda _: False
        self.conflicts: Callable[[web.Request], bool] = lambda _: False
        self.arrived = 0

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        self.arrived += "/leases" in request.path
        if self.swallows(request):
            await asyncio.Event().wait()
        if self.conflicts(request):
            reply = refusal(409, reason="Conflict", message="the object has been modified")
            return web.json_response(reply.json, status=reply.status)
        return await super()._forward(request)


@asynccontextmanager
async def wall(control_plane: ControlPlane) -> AsyncIterator[Wall]:
    """Open a proxy before a control plane."""
    trust = ssl.create_default_context(cafile=str(control_plane.ca_file))
    async with Wall(control_plane.server_url, trust) as running:
        yield running


def through(proxy: Wall, control_plane: ControlPlane, clock: Clock) -> Connection:
    """Return an administrator's connection through the proxy."""
    tokens = fixed_token(control_plane.admin_token, clock=clock)
    return Connection(server=proxy.url, tokens=tokens)


def is_for_a_lease(request: web.Request) -> bool:
    """Tell whether a request is about Leases."""
    return "/leases" in request.path


def is_a_write_of_a_lease(request: web.Request) -> bool:
    """Tell whether a request would change a Lease."""
    return is_for_a_lease(request) and request.method != "GET"
