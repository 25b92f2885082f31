"""The dashboard and the alert rules: their queries, their runbooks, and how they are handed out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitopskit.manifests.documents import read_values
from gitopskit.unsealer.metric_list import METRICS
from gitopskit.workflows.unsealer_monitoring import monitoring_objects, monitoring_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.promql import PromQl

RUNBOOKS = Path(__file__).parents[2] / "docs" / "howto" / "operate-the-unsealer.md"
SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
EXISTING = {metric.name + suffix for metric in METRICS for suffix in SUFFIXES[metric.kind]}
OF_THE_PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}


def _alerts() -> list[dict[str, Any]]:
    [document] = read_values(monitoring_texts()["alerts.yaml"], path="alerts.yaml")
    return [rule for group in document.content["groups"] for rule in group["rules"]]


def _dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(monitoring_texts()["dashboard.json"])
    return found


def _panel_queries() -> Iterator[str]:
    for panel in _dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m").replace("$job", ".*")


def test_every_query_names_metrics_that_exist(promql: PromQl) -> None:
    queries = promql.parse([*(rule["expr"] for rule in _alerts()), *_panel_queries()])

    assert [query.error for query in queries if query.error] == []
    assert [query.text for query in queries if not query.metrics] == []
    named = {metric for query in queries for metric in query.metrics}
    assert named - EXISTING - OF_THE_PROCESS == set()


def test_every_metric_is_shown_or_watched(promql: PromQl) -> None:
    queries = promql.parse([*(rule["expr"] for rule in _alerts()), *_panel_queries()])

    named = {metric for query in queries for metric in query.metrics}
    unused = [
        metric.name
        for metric in METRICS
        if not named & {metric.name + suffix for suffix in SUFFIXES[metric.kind]}
    ]
    assert unused == []


def test_queries_name_labels_that_the_metric_has() -> None:
    labels = {metric.name: set(metric.labels) for metric in METRICS}
    texts = [*(rule["expr"] for rule in _alerts()), *_panel_queries()]

    wrong = [
        (name, label)
        for text in texts
        for name, selector in re.findall(r"([a-z_]+)\{([^}]*)\}", text)
        for label in re.findall(r"(\w+)=", selector)
        if name in labels and label not in labels[name] | {"job"}
    ]
    assert wrong == []


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    page = RUNBOOKS.read_text(encoding="utf-8")
    headings = set(re.findall(r"^### (Gitopskit\w+)$", page, re.MULTILINE))

    names = [rule["alert"] for rule in _alerts()]
    assert len(set(names)) == len(names)
    assert headings == set(names)
    for rule in _alerts():
        anchor = f"docs/howto/operate-the-unsealer.md#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook"] == anchor


def test_every_alert_says_how_grave_it_is_and_what_is_the_matter() -> None:
    for rule in _alerts():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook"}
        assert re.fullmatch(r"\d+[mhd]", rule["for"])


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    panels = _dashboard()["panels"]

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
    monitor, rules, dashboard = monitoring_objects("sealing")

    assert [rule["alert"] for rule in rules["spec"]["groups"][0]["rules"]] == [
        rule["alert"] for rule in _alerts()
    ]
    assert json.loads(dashboard["data"]["gitopskit-unsealer.json"]) == _dashboard()
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert monitor["spec"]["endpoints"] == [{"port": "metrics", "honorLabels": True}]
    places = {content["metadata"]["namespace"] for content in (monitor, rules, dashboard)}
    assert places == {"sealing"}
