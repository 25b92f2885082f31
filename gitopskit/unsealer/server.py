"""The unsealer's two HTTP listeners: one for those who seal and the kubelet, one for Prometheus.

The shell around http_api.py. Every replica serves, whether it leads or not: certificate, verify and
rotate need keys and nothing else.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.controller.http import Address, Endpoint, Response
from gitopskit.controller.http_server import HttpLimits, HttpServer
from gitopskit.controller.metrics import CONTENT_TYPE
from gitopskit.unsealer.http_api import ApiLimits, UnsealerApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from concurrent.futures import Executor

    from gitopskit.clock import Clock
    from gitopskit.controller.http import Request
    from gitopskit.unsealer.metrics import UnsealerMetrics
    from gitopskit.unsealer.sealing_keys import SealingKeys

_LOG: Final = structlog.get_logger("http")

DEFAULT_ADDRESS: Final = Address(port=8080)
DEFAULT_METRICS_ADDRESS: Final = Address(port=8081)
"""Source: github.com/bitnami-labs/sealed-secrets, flags listen-addr and listen-metrics-addr."""

_THREADS: Final = 2
"""So few that, however much is asked, most of the machine is left for unsealing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Where to listen, and how much is taken on."""

    address: Address = DEFAULT_ADDRESS
    metrics_address: Address = DEFAULT_METRICS_ADDRESS
    limits: ApiLimits = field(default_factory=ApiLimits)
    http_limits: HttpLimits = field(default_factory=HttpLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """On which ports it listens: the ones asked for, or the free ones that port 0 found."""

    api: int
    metrics: int


class UnsealerServer:
    """The HTTP server; serves for as long as ``serving`` is entered."""

    def __init__(
        self,
        keys: SealingKeys,
        *,
        is_ready: Callable[[], bool],
        metrics: UnsealerMetrics,
        clock: Clock,
        options: ServerOptions | None = None,
    ) -> None:
        """Keep the parts; nothing is opened."""
        self._keys = keys
        self._is_ready = is_ready
        self._metrics = metrics
        self._clock = clock
        self._options = options or ServerOptions()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Ports]:
        """Serve for the length of a block; at its end, answers at hand are finished.

        Raises:
            EnvironmentFault: an address cannot be had.
        """
        options = self._options
        async with AsyncExitStack() as stack:
            api = UnsealerApi(
                self._keys,
                is_ready=self._is_ready,
                metrics=self._metrics,
                clock=self._clock,
                threads=_pool(stack, "http", threads=_THREADS),
                limits=options.limits,
            )
            scraped = api.health() | {"/metrics": self._scrape(_pool(stack, "metrics", threads=1))}
            api_port = await stack.enter_async_context(
                self._server(api.endpoints()).listening(options.address)
            )
            metrics_port = await stack.enter_async_context(
                self._server(scraped).listening(options.metrics_address)
            )
            _LOG.info("listening", port=api_port, metrics_port=metrics_port)
            yield Ports(api=api_port, metrics=metrics_port)

    def _scrape(self, threads: Executor) -> Endpoint:
        async def answer(_: Request) -> Response:
            loop = asyncio.get_running_loop()
            text = await loop.run_in_executor(threads, self._metrics.text)
            return Response(body=text, content_type=CONTENT_TYPE)

        return Endpoint(answer=answer)

    def _server(self, endpoints: Mapping[str, Endpoint]) -> HttpServer:
        return HttpServer(
            endpoints,
            clock=self._clock,
            observe=self._metrics.http_answered,
            limits=self._options.http_limits,
        )


def _pool(stack: AsyncExitStack, name: str, *, threads: int) -> Executor:
    """Return threads that end with the stack, those that still work at the end of their work."""
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
    stack.callback(pool.shutdown, wait=False, cancel_futures=True)
    return pool
