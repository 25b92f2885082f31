"""The unsealer's HTTP server in a process of its own, with limits that nobody meets.

Prints its ports as one JSON line, and ends with its standard input. For tests that look at the
memory of a process: only what bounds memory is left to stop an attacker.
"""

from __future__ import annotations

import asyncio
import sys

import orjson

from gitopskit.clock import SystemClock
from gitopskit.controller import logs
from gitopskit.controller.rate_limit import Rate
from gitopskit.unsealer.http_api import ApiLimits
from tests.support.unsealer_http import serving
from tests.support.unsealing import SealingKey

_ANY = Rate(per_second=1e9, burst=1e9)


async def _serve() -> None:
    limits = ApiLimits(requests=_ANY, items=_ANY)
    async with serving(SealingKey.new("key"), limits=limits, clock=SystemClock()) as served:
        ports = {"port": served.port, "metrics_port": served.metrics_port}
        sys.stdout.buffer.write(orjson.dumps(ports) + b"\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    logs.configure(level="error", stream=sys.stderr)
    asyncio.run(_serve())
