"""The unsealer's HTTP server alone: with keys, without a cluster, on loopback."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson
from prometheus_client.parser import text_string_to_metric_families

from gitopskit.controller.http import Address
from gitopskit.kube.watch import Listed
from gitopskit.unsealer.http_api import ApiLimits
from gitopskit.unsealer.metrics import UnsealerMetrics
from gitopskit.unsealer.sealing_keys import SealingKeys
from gitopskit.unsealer.server import ServerOptions, UnsealerServer
from tests.support.clock import FakeClock
from tests.support.raw_http import Raw, ask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.clock import SystemClock
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealing import SealingKey

LOOPBACK: Final = Address(host="127.0.0.1", port=0)


@dataclass
class Served:
    """A running server and what a test may turn; time stands still unless a test moves it."""

    clock: FakeClock
    keys: SealingKeys
    metrics: UnsealerMetrics
    is_ready: bool = True
    port: int = 0
    metrics_port: int = 0
    key_secrets: list[JsonObject] = field(default_factory=list)

    async def hold(self, *keys: SealingKey) -> None:
        """Have these keys and no others."""
        self.key_secrets = [key.secret() for key in keys]
        assert await self.keys.take(Listed(items=tuple(self.key_secrets))) == []

    async def get(self, path: str) -> Raw:
        return await ask(self.port, "GET", path)

    async def post(self, path: str, content: JsonObject | bytes) -> Raw:
        body = content if isinstance(content, bytes) else orjson.dumps(content)
        return await ask(self.port, "POST", path, body=body)

    async def scraped(self, name: str) -> dict[tuple[str, ...], float]:
        """Return the samples of a metric by the values of their labels, sorted by label."""
        raw = await ask(self.metrics_port, "GET", "/metrics")
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(raw.body.decode())
            for sample in family.samples
            if sample.name == name
        }


@asynccontextmanager
async def serving(
    *keys: SealingKey,
    limits: ApiLimits = ApiLimits(),  # noqa: B008 -- a value that nobody changes
    address: Address = LOOPBACK,
    clock: FakeClock | SystemClock | None = None,
) -> AsyncIterator[Served]:
    """Serve with keys for the length of a block; by default time stands still."""
    still = FakeClock()
    told = clock or still
    served = Served(still, SealingKeys(), UnsealerMetrics(told, revision="tests"))
    await served.hold(*keys)
    server = UnsealerServer(
        served.keys,
        is_ready=lambda: served.is_ready,
        metrics=served.metrics,
        clock=told,
        options=ServerOptions(address=address, metrics_address=LOOPBACK, limits=limits),
    )
    async with server.serving() as ports:
        served.port, served.metrics_port = ports.api, ports.metrics
        yield served
