"""The shipped dashboard and alert rules: as files, or as objects for the Prometheus operator.

Pure but for reading the templates. What the queries name is in unsealer/metric_list.py; a test
compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.manifests.documents import read_values
from gitopskit.repository.templates import read_platform
from gitopskit.workflows.first_objects import labelled

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_FOLDER: Final = "unsealer/monitoring"
_ALERTS: Final = "alerts.yaml"
_DASHBOARD: Final = "dashboard.json"
_NAME: Final = "gitopskit-unsealer"
_LABELS: Final = {"app.kubernetes.io/name": _NAME}
_OPERATOR: Final = "monitoring.coreos.com/v1"
"""Source: prometheus-operator.dev, API reference (ServiceMonitor, PrometheusRule)."""

_DASHBOARD_LABEL: Final = {"grafana_dashboard": "1"}
"""Source: Grafana's Helm chart, the default label of its sidecar for dashboards."""


def monitoring_texts() -> dict[str, str]:
    """Return alert rules and dashboard as Prometheus and Grafana read them, by file name."""
    return {name: read_platform(f"{_FOLDER}/{name}") for name in (_ALERTS, _DASHBOARD)}


def monitoring_objects(namespace: str) -> list[JsonObject]:
    """Return the same as objects of a cluster: for the operator, and for Grafana's sidecar."""
    texts = monitoring_texts()
    [rules] = read_values(texts[_ALERTS], path=_ALERTS)
    return [
        _object(_OPERATOR, "ServiceMonitor", namespace, {"spec": _scraping()}),
        _object(_OPERATOR, "PrometheusRule", namespace, {"spec": rules.content}),
        labelled(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": f"{_NAME}-dashboard",
                    "namespace": namespace,
                    "labels": {**_LABELS, **_DASHBOARD_LABEL},
                },
                "data": {f"{_NAME}.json": texts[_DASHBOARD]},
            }
        ),
    ]


def _scraping() -> JsonObject:
    """Return which Service is scraped; the labels namespace and name are those of SealedSecrets."""
    return {
        "selector": {"matchLabels": {**_LABELS, "app.kubernetes.io/component": "metrics"}},
        "endpoints": [{"port": "metrics", "honorLabels": True}],
    }


def _object(api_version: str, kind: str, namespace: str, content: JsonObject) -> JsonObject:
    metadata = {"name": _NAME, "namespace": namespace, "labels": dict(_LABELS)}
    return labelled({"apiVersion": api_version, "kind": kind, "metadata": metadata, **content})
