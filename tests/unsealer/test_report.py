"""What is told of a pass, and how often it is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gitopskit.errors import ApiForbidden
from gitopskit.kube.client import KubeClient
from gitopskit.kube.events import EventRecorder
from gitopskit.unsealer import status
from gitopskit.unsealer.memory import Memory
from gitopskit.unsealer.metrics import UnsealerMetrics
from gitopskit.unsealer.records import Key, Seen
from gitopskit.unsealer.report import Pass, Reporter
from tests.support.clock import ManualClock
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

PASSES = "sealed_secrets_controller_unseal_requests_total"
KEY = Key("shop", "db")
DONE = Pass(kind="created", outcome=status.success([]), mark=None, action="create")


def sealed() -> JsonObject:
    metadata = {"namespace": "shop", "name": "db", "uid": "u", "resourceVersion": "1"}
    return {"metadata": {**metadata, "generation": 1}, "spec": {"encryptedData": {}}}


def counted(metrics: UnsealerMetrics, name: str) -> float:
    """Return the sum of a counter's samples."""
    families = text_string_to_metric_families(metrics.text().decode())
    return sum(
        sample.value for family in families for sample in family.samples if sample.name == name
    )


async def tell(answer: Reply, metrics: UnsealerMetrics) -> None:
    """Tell of a pass where the API server gives this answer."""
    clock = ManualClock()
    async with FakeApi() as server, KubeClient(server.connection(clock), clock=clock) as api:
        server.reply(answer)
        events = EventRecorder(api, component="test", instance="test")
        reporter = Reporter(api, events=events, memory=Memory(), metrics=metrics)
        await reporter.tell(KEY, sealed(), seen=Seen.of(sealed()), done=DONE)


@pytest.fixture
def metrics() -> UnsealerMetrics:
    return UnsealerMetrics(ManualClock(), revision="test")


async def test_a_pass_that_was_told_is_counted(metrics: UnsealerMetrics) -> None:
    await tell(Reply(json=sealed()), metrics)

    assert counted(metrics, PASSES) == 1.0


async def test_a_pass_that_is_repeated_is_not_counted_as_done(metrics: UnsealerMetrics) -> None:
    with pytest.raises(ApiForbidden):
        await tell(refusal(403, reason="Forbidden"), metrics)

    assert counted(metrics, PASSES) == 0.0
