"""The reconciler's HTTP listener: for the kubelet, and for the webhooks of forges."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.controller import http
from gitopskit.controller.http import Address, Endpoint, Request, Response
from gitopskit.controller.http_server import HttpServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from gitopskit.clock import Clock

DEFAULT_ADDRESS: Final = Address(port=8080)

_LOG: Final = structlog.get_logger("http")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilerServer:
    """Serves ``endpoints``, and what a kubelet asks, for as long as ``serving`` is entered."""

    endpoints: Mapping[str, Endpoint]
    is_ready: Callable[[], bool]
    clock: Clock
    address: Address = DEFAULT_ADDRESS

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Serve for the length of a block, and yield the port.

        Raises:
            EnvironmentFault: the address cannot be had.
        """
        health = {"/healthz": Endpoint(answer=_alive), "/readyz": Endpoint(answer=self._ready)}
        server = HttpServer({**self.endpoints, **health}, clock=self.clock, observe=_answered)
        async with server.listening(self.address) as port:
            _LOG.info("listening", port=port)
            yield port

    async def _ready(self, _: Request) -> Response:
        return http.said(http.OK, "ok") if self.is_ready() else http.said(http.NOT_READY, "not yet")


async def _alive(_: Request) -> Response:
    return http.said(http.OK, "ok")


def _answered(path: str, *, method: str, code: int, duration_seconds: float) -> None:
    _LOG.debug("answered", path=path, method=method, code=code, duration_seconds=duration_seconds)
