"""The list of what the unsealer counts and measures: what dashboards and alerts may name.

The names that begin with ``sealed_secrets_controller_`` are those of the Bitnami controller, so
that its dashboards go on working; ours begin with ``gitopskit_unsealer_``. Labels hold names of
objects that exist, and words from fixed lists; never a value, nor what a peer sent.

Source: github.com/bitnami-labs/sealed-secrets, pkg/controller/metrics.go;
docs/howto/unsealer-metrics.md lists the same, and a test compares the two.
"""

from __future__ import annotations

from typing import Final

from gitopskit.controller.metrics import Metric

_UPSTREAM: Final = "sealed_secrets_controller_"
_OURS: Final = "gitopskit_unsealer_"
_HTTP_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PASS_SECONDS: Final = (*_HTTP_SECONDS, 30.0, 60.0)

BUILD_INFO: Final = Metric(
    name=_UPSTREAM + "build_info",
    kind="gauge",
    text="The version that runs, always 1.",
    labels=("revision",),
)
UNSEAL_REQUESTS: Final = Metric(
    name=_UPSTREAM + "unseal_requests_total",
    kind="counter",
    text="Passes over SealedSecrets.",
)
UNSEAL_ERRORS: Final = Metric(
    name=_UPSTREAM + "unseal_errors_total",
    kind="counter",
    text="Passes and status writes that failed, by reason and namespace.",
    labels=("reason", "namespace"),
)
CONDITION_INFO: Final = Metric(
    name=_UPSTREAM + "condition_info",
    kind="gauge",
    text="The condition of each SealedSecret: 1 true, 0 unknown, -1 false.",
    labels=("namespace", "name", "condition", "ss_app_kubernetes_io_instance"),
)
HTTP_REQUESTS: Final = Metric(
    name=_UPSTREAM + "http_requests_total",
    kind="counter",
    text="HTTP requests by path, status and method.",
    labels=("path", "code", "method"),
)
HTTP_SECONDS: Final = Metric(
    name=_UPSTREAM + "http_request_duration_seconds",
    kind="histogram",
    text="How long the answer to an HTTP request took.",
    labels=("path", "method"),
    buckets=_HTTP_SECONDS,
)
HTTP_LIMITED: Final = Metric(
    name=_OURS + "http_limited_total",
    kind="counter",
    text="HTTP requests refused with 429, by the limit that was met.",
    labels=("limit",),
)
PASSES: Final = Metric(
    name=_OURS + "passes_total",
    kind="counter",
    text="Passes over SealedSecrets by how they ended.",
    labels=("outcome",),
)
PASS_SECONDS: Final = Metric(
    name=_OURS + "pass_duration_seconds",
    kind="histogram",
    text="How long a pass over a SealedSecret took.",
    buckets=_PASS_SECONDS,
)
DRIFT_FOUND: Final = Metric(
    name=_OURS + "drift_found_total",
    kind="counter",
    text="Secrets found to differ from their SealedSecret although nothing new was sealed.",
)
DRIFT_HEALED: Final = Metric(
    name=_OURS + "drift_healed_total",
    kind="counter",
    text="Secrets put back after drift.",
)
STATUS_WRITES: Final = Metric(
    name=_OURS + "status_writes_total",
    kind="counter",
    text="Writes of a SealedSecret's status by result.",
    labels=("result",),
)
QUEUE_LENGTH: Final = Metric(
    name=_OURS + "queue_length",
    kind="gauge",
    text="SealedSecrets that wait for a pass.",
)
LEADER: Final = Metric(
    name=_OURS + "leader",
    kind="gauge",
    text="1 if this replica writes, 0 if another does.",
)
KEYS: Final = Metric(
    name=_OURS + "sealing_keys",
    kind="gauge",
    text="Sealing keys by kind and state: active, pending, unusable.",
    labels=("kind", "state"),
)
KEYS_WITHOUT_BACKUP: Final = Metric(
    name=_OURS + "sealing_keys_without_backup",
    kind="gauge",
    text="Active and pending sealing keys of which no backup is acknowledged.",
    labels=("kind",),
)
KEY_BORN: Final = Metric(
    name=_OURS + "sealing_key_not_before_timestamp_seconds",
    kind="gauge",
    text="Since when the key that seals now is valid, in seconds since 1970.",
    labels=("kind",),
)
KEY_ENDS: Final = Metric(
    name=_OURS + "sealing_key_not_after_timestamp_seconds",
    kind="gauge",
    text="Until when the certificate that seals now is valid, in seconds since 1970.",
    labels=("kind",),
)
WATCH_EVENT: Final = Metric(
    name=_OURS + "watch_last_event_timestamp_seconds",
    kind="gauge",
    text="When a watch showed something last, a bookmark included, in seconds since 1970.",
    labels=("watch",),
)
WATCH_LISTS: Final = Metric(
    name=_OURS + "watch_lists_total",
    kind="counter",
    text="How often a watch began with a fresh list.",
    labels=("watch",),
)
WATCH_REFUSALS: Final = Metric(
    name=_OURS + "watch_refusals_total",
    kind="counter",
    text="How often the API server refused a watch.",
    labels=("watch",),
)

METRICS: Final = (
    BUILD_INFO,
    UNSEAL_REQUESTS,
    UNSEAL_ERRORS,
    CONDITION_INFO,
    HTTP_REQUESTS,
    HTTP_SECONDS,
    HTTP_LIMITED,
    PASSES,
    PASS_SECONDS,
    DRIFT_FOUND,
    DRIFT_HEALED,
    STATUS_WRITES,
    QUEUE_LENGTH,
    LEADER,
    KEYS,
    KEYS_WITHOUT_BACKUP,
    KEY_BORN,
    KEY_ENDS,
    WATCH_EVENT,
    WATCH_LISTS,
    WATCH_REFUSALS,
)
"""All of them: what dashboards and alerts may name, beside ``process_*`` and ``up``."""
