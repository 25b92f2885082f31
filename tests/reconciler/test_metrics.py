"""What Prometheus is told of the reconciler."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gitopskit.reconciler import metrics as told
from gitopskit.reconciler.metric_list import METRICS
from gitopskit.reconciler.metrics import ReconcilerMetrics
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

PAGE = (Path(__file__).parents[2] / "docs/howto/reconciler-metrics.md").read_text()
ROW = re.compile(r"^\| (?P<names>`[^|]*`) \| (?P<rest>.*) \|$", re.MULTILINE)
NAME = re.compile(r"`([a-z_]+)`")


def application(name: str, *, sync: str = "Synced", condition: str = "") -> JsonObject:
    return {
        "metadata": {"name": name},
        "spec": {"project": "shop", "destination": {"namespace": f"prod-{name}"}},
        "status": {
            "sync": {"status": sync},
            "health": {"status": "Healthy"},
            "conditions": [{"type": condition}] if condition else [],
        },
    }


def samples(metrics: ReconcilerMetrics, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if sample.name == name
    }


def test_applications_are_told_as_they_are_and_forgotten_when_they_go() -> None:
    metrics = ReconcilerMetrics(revision="1")

    metrics.see([application("a", condition="SyncError"), application("b")])
    metrics.see([application("a", sync="OutOfSync"), {"metadata": {"name": "new"}}])

    infos = samples(metrics, "argocd_app_info")
    assert infos == {
        ("prod-a", "Healthy", "a", "argocd", "", "shop", "OutOfSync"): 1,
        ("", "Unknown", "new", "argocd", "", "", "Unknown"): 1,
    }
    assert samples(metrics, "gitopskit_reconciler_condition") == {}


def test_conditions_and_deletions_are_told() -> None:
    metrics = ReconcilerMetrics(revision="1")
    leaving = application("a", condition="DeletionError")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    metrics.see([leaving])

    assert samples(metrics, "gitopskit_reconciler_condition") == {("DeletionError", "a"): 1}
    [info] = samples(metrics, "argocd_app_info")
    assert "delete" in info


def test_syncs_are_counted_until_their_application_is_gone() -> None:
    metrics = ReconcilerMetrics(revision="1")
    metrics.synced("a", project="shop", phase="Succeeded")
    metrics.synced("a", project="shop", phase="Succeeded")
    metrics.synced("b", project="shop", phase="Failed")

    metrics.see([application("a")])

    assert samples(metrics, "argocd_app_sync_total") == {("a", "argocd", "Succeeded", "shop"): 2}


def test_looks_are_counted_by_how_they_ended() -> None:
    metrics, clock = ReconcilerMetrics(revision="1"), FakeClock()

    with metrics.looking(clock):
        clock.advance(2)
    with metrics.looking(clock) as look:
        look.is_done = False
    with pytest.raises(OSError, match="away"), metrics.looking(clock):
        raise OSError("away")

    ended = samples(metrics, "gitopskit_reconciler_passes_total")
    assert ended == {("done",): 1, ("later",): 1, ("fault",): 1}
    assert samples(metrics, "gitopskit_reconciler_pass_duration_seconds_sum") == {(): 2}


def test_the_rest_is_told_too() -> None:
    metrics = ReconcilerMetrics(revision="1.2.3")
    metrics.leads(is_leader=True)
    metrics.healed(is_reverted=True)
    metrics.healed(is_reverted=False)
    metrics.follow(queue=lambda: 3, unread=lambda: 2)
    metrics.http_answered("/readyz", method="GET", code=200, duration_seconds=0.1)

    found = {name: samples(metrics, name) for name in (metric.name for metric in METRICS)}
    assert found["gitopskit_reconciler_build_info"] == {("1.2.3",): 1}
    assert found["gitopskit_reconciler_leader"] == {(): 1}
    assert found["gitopskit_reconciler_heals_total"] == {("reverted",): 1, ("not_reverted",): 1}
    assert found["gitopskit_reconciler_queue_length"] == {(): 3}
    assert found["gitopskit_reconciler_unread_revisions"] == {(): 2}
    assert found["gitopskit_reconciler_http_requests_total"] == {("200", "GET", "/readyz"): 1}


def test_the_page_lists_every_metric_as_it_is() -> None:
    listed = {
        ", ".join(NAME.findall(row["names"])): [cell.strip() for cell in row["rest"].split("|")]
        for row in ROW.finditer(PAGE)
    }

    assert {name: cells for name, cells in listed.items() if len(cells) > 1} == {
        metric.name: [metric.kind, ", ".join(f"`{it}`" for it in metric.labels), metric.text]
        for metric in METRICS
    }
    words = set(NAME.findall(listed["outcome"][0]))
    assert words == {
        word
        for words_of_one in (told.PassOutcome, told.HealOutcome, told.AlertOutcome)
        for word in get_args(words_of_one)
    }
