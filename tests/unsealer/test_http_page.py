"""What the page on the unsealer says of HTTP."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gitopskit.controller.http_server import HttpLimits
from gitopskit.unsealer.http_api import ApiLimits, UnsealerApi
from gitopskit.unsealer.metrics import UnsealerMetrics
from gitopskit.unsealer.posted import LARGEST_BODY_BYTES
from gitopskit.unsealer.sealing_keys import SealingKeys
from gitopskit.unsealer.server import DEFAULT_ADDRESS, DEFAULT_METRICS_ADDRESS
from tests.support.clock import FakeClock

PAGE = (Path(__file__).parents[2] / "docs/howto/unsealer.md").read_text()
SECTION = " ".join(PAGE.partition("## Over HTTP")[2].partition("\n## ")[0].split())
LIMITS, HTTP = ApiLimits(), HttpLimits()


def test_every_path_is_listed() -> None:
    clock = FakeClock()
    api = UnsealerApi(
        SealingKeys(),
        is_ready=lambda: True,
        metrics=UnsealerMetrics(clock, revision="1"),
        clock=clock,
        threads=ThreadPoolExecutor(1),
        limits=LIMITS,
    )

    listed = set(re.findall(r"\| `(/[a-z0-9./]+)` \|", SECTION))

    assert listed == {*api.endpoints(), "/metrics"}


def test_the_limits_are_those_that_hold() -> None:
    sentences = [
        f"| {LIMITS.requests.burst:.0f} at once, then {LIMITS.requests.per_second:.0f} a second |",
        f"| {LIMITS.items.burst:.0f} at once, then {LIMITS.items.per_second:.0f} a second;",
        f"longer than {HTTP.body_seconds:.0f} seconds",
        f"more than {LARGEST_BODY_BYTES // 1024**2} MiB or {LIMITS.items_of_request:,} items",
        f"(`:{DEFAULT_ADDRESS.port}` and `:{DEFAULT_METRICS_ADDRESS.port}` in a pod;",
    ]

    assert [sentence for sentence in sentences if sentence not in SECTION] == []
