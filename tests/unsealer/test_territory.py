"""The watches of one namespace, where no server is needed to tell."""

from __future__ import annotations

from gitopskit.kube.client import KubeClient
from gitopskit.kube.credentials import Connection
from gitopskit.kube.tokens import fixed_token
from gitopskit.unsealer.intake import Intake
from gitopskit.unsealer.metrics import UnsealerMetrics
from gitopskit.unsealer.options import Field
from gitopskit.unsealer.territory import Territory
from tests.support.clock import ManualClock


def test_nobody_waits_for_a_namespace_that_was_left() -> None:
    clock = ManualClock()
    metrics = UnsealerMetrics(clock, revision="test")
    territory = Territory(
        KubeClient(
            Connection(server="http://127.0.0.1:1", tokens=fixed_token("a", clock=clock)),
            clock=clock,
        ),
        "shop",
        Field(),
        intake=Intake(clock, metrics=metrics),
        metrics=metrics,
    )

    territory.leave()

    assert territory.is_known.is_set()
