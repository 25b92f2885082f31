"""The reconciler's two HTTP listeners: one for the kubelet and forges, one for Prometheus."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.controller import http
from gitopskit.controller.http import Address, Endpoint, Request, Response
from gitopskit.controller.http_server import HttpServer
from gitopskit.controller.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from gitopskit.clock import Clock
    from gitopskit.reconciler.metrics import ReconcilerMetrics

DEFAULT_ADDRESS: Final = Address(port=8080)
DEFAULT_METRICS_ADDRESS: Final = Address(port=8081)

_LOG: Final = structlog.get_logger("http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """On which ports it listens: the ones asked for, or the free ones that port 0 found."""

    api: int
    metrics: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilerServer:
    """Serves ``endpoints``, and what a kubelet asks, for as long as ``serving`` is entered.

    ``see`` is called before the metrics are told.
    """

    endpoints: Mapping[str, Endpoint]
    is_ready: Callable[[], bool]
    metrics: ReconcilerMetrics
    see: Callable[[], None]
    clock: Clock
    address: Address = DEFAULT_ADDRESS
    metrics_address: Address = DEFAULT_METRICS_ADDRESS

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Ports]:
        """Serve for the length of a block, and yield the ports.

        Raises:
            EnvironmentFault: an address cannot be had.
        """
        health = {"/healthz": Endpoint(answer=_alive), "/readyz": Endpoint(answer=self._ready)}
        scraped = {**health, "/metrics": Endpoint(answer=self._scrape)}
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(
                self._server({**self.endpoints, **health}).listening(self.address)
            )
            metrics = await stack.enter_async_context(
                self._server(scraped).listening(self.metrics_address)
            )
            _LOG.info("listening", port=api, metrics_port=metrics)
            yield Ports(api=api, metrics=metrics)

    def _server(self, endpoints: Mapping[str, Endpoint]) -> HttpServer:
        return HttpServer(endpoints, clock=self.clock, observe=self.metrics.http_answered)

    async def _ready(self, _: Request) -> Response:
        return http.said(http.OK, "ok") if self.is_ready() else http.said(http.NOT_READY, "not yet")

    async def _scrape(self, _: Request) -> Response:
        self.see()
        text = await asyncio.to_thread(self.metrics.text)
        return Response(body=text, content_type=CONTENT_TYPE)


async def _alive(_: Request) -> Response:
    return http.said(http.OK, "ok")
