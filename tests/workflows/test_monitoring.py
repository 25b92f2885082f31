"""The dashboards and alert rules: their queries, their runbooks, and how they are handed out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.manifests.documents import read_values
from gitopskit.reconciler import metric_list as of_the_reconciler
from gitopskit.unsealer import metric_list as of_the_unsealer
from gitopskit.workflows import reconciler_monitoring, unsealer_monitoring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.controller.metrics import Metric
    from tests.support.promql import PromQl

PAGES = Path(__file__).parents[2] / "docs" / "howto"
SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
OF_THE_PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """What is shipped for one controller, and what it must fit to."""

    texts: Mapping[str, str]
    metrics: tuple[Metric, ...]
    page: str

    @property
    def alerts(self) -> list[dict[str, Any]]:
        [document] = read_values(self.texts["alerts.yaml"], path="alerts.yaml")
        return [rule for group in document.content["groups"] for rule in group["rules"]]

    @property
    def dashboard(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.texts["dashboard.json"])
        return found

    @property
    def existing(self) -> set[str]:
        return {metric.name + it for metric in self.metrics for it in SUFFIXES[metric.kind]}

    @property
    def queries(self) -> list[str]:
        return [*(rule["expr"] for rule in self.alerts), *_panel_queries(self.dashboard)]


@pytest.fixture(params=["unsealer", "reconciler"])
def shipped(request: pytest.FixtureRequest) -> Shipped:
    if request.param == "unsealer":
        return Shipped(
            texts=unsealer_monitoring.monitoring_texts(),
            metrics=of_the_unsealer.METRICS,
            page="operate-the-unsealer.md",
        )
    return Shipped(
        texts=reconciler_monitoring.monitoring_texts(),
        metrics=of_the_reconciler.METRICS,
        page="operate-the-reconciler.md",
    )


def _panel_queries(dashboard: dict[str, Any]) -> Iterator[str]:
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m").replace("$job", ".*")


def test_every_query_names_metrics_that_exist(shipped: Shipped, promql: PromQl) -> None:
    queries = promql.parse(shipped.queries)

    assert [query.error for query in queries if query.error] == []
    assert [query.text for query in queries if not query.metrics] == []
    named = {metric for query in queries for metric in query.metrics}
    assert named - shipped.existing - OF_THE_PROCESS == set()


def test_every_metric_is_shown_or_watched(shipped: Shipped, promql: PromQl) -> None:
    queries = promql.parse(shipped.queries)

    named = {metric for query in queries for metric in query.metrics}
    unused = [
        metric.name
        for metric in shipped.metrics
        if not named & {metric.name + suffix for suffix in SUFFIXES[metric.kind]}
    ]
    assert unused == []


def test_queries_name_labels_that_the_metric_has(shipped: Shipped) -> None:
    labels = {metric.name: set(metric.labels) for metric in shipped.metrics}
    texts = shipped.queries

    wrong = [
        (name, label)
        for text in texts
        for name, selector in re.findall(r"([a-z_]+)\{([^}]*)\}", text)
        for label in re.findall(r"(\w+)=", selector)
        if name in labels and label not in labels[name] | {"job"}
    ]
    assert wrong == []


def test_every_alert_has_a_runbook_and_every_runbook_an_alert(shipped: Shipped) -> None:
    page = (PAGES / shipped.page).read_text(encoding="utf-8")
    headings = set(re.findall(r"^### (Gitopskit\w+)$", page, re.MULTILINE))

    names = [rule["alert"] for rule in shipped.alerts]
    assert len(set(names)) == len(names)
    assert headings == set(names)
    for rule in shipped.alerts:
        anchor = f"docs/howto/{shipped.page}#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook"] == anchor


def test_every_alert_says_how_grave_it_is_and_what_is_the_matter(shipped: Shipped) -> None:
    for rule in shipped.alerts:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook"}
        assert re.fullmatch(r"\d+[mhd]", rule["for"])


def test_a_hybrid_key_does_not_hide_that_the_rsa_key_is_missing() -> None:
    """A cluster always has an RSA key, and need not have any other."""
    shipped = Shipped(texts=unsealer_monitoring.monitoring_texts(), metrics=(), page="")
    [rule] = [it for it in shipped.alerts if it["alert"] == "GitopskitSealingKeyMissing"]

    [selector] = re.findall(r"gitopskit_unsealer_sealing_keys\{([^}]*)\}", rule["expr"])

    assert set(selector.split(",")) == {'kind="rsa"', 'state="active"'}


def test_panels_have_numbers_of_their_own_and_do_not_overlap(shipped: Shipped) -> None:
    panels = shipped.dashboard["panels"]

    taken = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


def test_the_operators_objects_hold_the_same_rules_and_dashboard() -> None:
    texts = unsealer_monitoring.monitoring_texts()
    shipped = Shipped(texts=texts, metrics=(), page="")
    monitor, rules, dashboard = unsealer_monitoring.monitoring_objects("sealing")

    assert [rule["alert"] for rule in rules["spec"]["groups"][0]["rules"]] == [
        rule["alert"] for rule in shipped.alerts
    ]
    assert json.loads(dashboard["data"]["gitopskit-unsealer.json"]) == shipped.dashboard
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert monitor["spec"]["endpoints"] == [{"port": "metrics", "honorLabels": True}]
    places = {content["metadata"]["namespace"] for content in (monitor, rules, dashboard)}
    assert places == {"sealing"}
