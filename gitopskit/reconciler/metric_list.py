"""The list of what the reconciler counts and measures: what dashboards and alerts may name.

The names that begin with ``argocd_`` are those of Argo CD, with the labels that have a meaning
here, so that its dashboards go on working; ours begin with ``gitopskit_reconciler_``. Labels hold
names of objects that exist, and words from fixed lists.

Source: argo-cd, docs/operator-manual/metrics; docs/howto/reconciler-metrics.md lists the same, and
a test compares the two.
"""

from __future__ import annotations

from typing import Final

from gitopskit.controller.metrics import Metric

_ARGO: Final = "argocd_app_"
_OURS: Final = "gitopskit_reconciler_"
_SECONDS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

APP_INFO: Final = Metric(
    name=_ARGO + "info",
    kind="gauge",
    text="Each Application with its state, always 1.",
    labels=(
        "namespace",
        "name",
        "project",
        "dest_namespace",
        "sync_status",
        "health_status",
        "operation",
    ),
)
SYNCS: Final = Metric(
    name=_ARGO + "sync_total",
    kind="counter",
    text="Syncs of an Application that ended, by phase.",
    labels=("namespace", "name", "project", "phase"),
)
BUILD_INFO: Final = Metric(
    name=_OURS + "build_info",
    kind="gauge",
    text="The version that runs, always 1.",
    labels=("revision",),
)
LEADER: Final = Metric(
    name=_OURS + "leader", kind="gauge", text="1 where this replica leads, otherwise 0."
)
STANDS_BACK: Final = Metric(
    name=_OURS + "stands_back",
    kind="gauge",
    text="1 while Argo CD's own controller runs and nothing is done here, otherwise 0.",
)
CONDITIONS: Final = Metric(
    name=_OURS + "condition",
    kind="gauge",
    text="Conditions of Applications, 1 while they hold.",
    labels=("name", "condition"),
)
PASSES: Final = Metric(
    name=_OURS + "passes_total",
    kind="counter",
    text="Looks at Applications by how they ended.",
    labels=("outcome",),
)
PASS_SECONDS: Final = Metric(
    name=_OURS + "pass_duration_seconds",
    kind="histogram",
    text="How long a look at an Application took.",
    buckets=_SECONDS,
)
HEALS: Final = Metric(
    name=_OURS + "heals_total",
    kind="counter",
    text="Objects that drifted, by whether they were put back.",
    labels=("outcome",),
)
QUEUE: Final = Metric(
    name=_OURS + "queue_length", kind="gauge", text="Applications that wait for a look."
)
UNREAD: Final = Metric(
    name=_OURS + "unread_revisions",
    kind="gauge",
    text="Revisions of repositories that could not be read when last asked for.",
)
HTTP_REQUESTS: Final = Metric(
    name=_OURS + "http_requests_total",
    kind="counter",
    text="HTTP requests by path, status and method.",
    labels=("path", "code", "method"),
)
ALERTS: Final = Metric(
    name=_OURS + "alerts_total",
    kind="counter",
    text="Attempts to tell receivers of alerts, by how they ended.",
    labels=("receiver", "outcome"),
)

METRICS: Final = (
    APP_INFO,
    SYNCS,
    BUILD_INFO,
    LEADER,
    STANDS_BACK,
    CONDITIONS,
    PASSES,
    PASS_SECONDS,
    HEALS,
    QUEUE,
    UNREAD,
    HTTP_REQUESTS,
    ALERTS,
)
