"""What the parts of the unsealer tell for Prometheus, as calls with types.

Which metric counts what is settled here; their names are in metric_list.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from gitopskit.controller.metrics import Metrics
from gitopskit.unsealer import metric_list, status

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gitopskit.clock import Clock

PassOutcome = Literal[
    "created",
    "replaced",
    "unchanged",
    "drift",
    "unseal_failed",
    "update_failed",
    "unmanaged",
    "fault",
]
"""How a pass ended: what was written; drift that is only reported; what the status tells as failed
(values that cannot be had, a Secret that cannot be written, one that is somebody else's); a fault
that passes, after which the pass is repeated."""

StatusWrite = Literal["written", "conflict", "failed"]
Limit = Literal["peer", "decryptions"]
"""Which limit a request over HTTP met: its peer's rate, or the budget of all peers."""

_Kind: TypeAlias = Literal["rsa", "hybrid"]
_Reason: TypeAlias = Literal["fetch", "status", "unmanaged", "unseal", "update"]

_REASON_OF: Final[dict[PassOutcome, _Reason]] = {
    "unseal_failed": "unseal",
    "update_failed": "update",
    "unmanaged": "unmanaged",
    "fault": "fetch",
}
_NO_NAMESPACE: Final = ""
"""With this one each reason of an error is there from the start, so that its rate can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCensus:
    """How many sealing keys of one kind there are, and the dates of the one that seals now."""

    active: int = 0
    pending: int = 0
    unusable: int = 0
    without_backup: int = 0
    not_before_utc: datetime | None = None
    not_after_utc: datetime | None = None


class UnsealerMetrics:
    """What the parts of the unsealer tell; ``text`` is what Prometheus scrapes."""

    def __init__(self, clock: Clock, *, revision: str) -> None:
        """Start with nothing counted, as no leader."""
        self._clock = clock
        self._metrics = Metrics(metric_list.METRICS)
        self._metrics.set(metric_list.BUILD_INFO, revision, value=1)
        self._instances: dict[str, dict[str, str]] = {}
        for reason in get_args(_Reason):
            self._metrics.add(metric_list.UNSEAL_ERRORS, reason, _NO_NAMESPACE, amount=0)

    def text(self) -> bytes:
        """Return everything as Prometheus reads it; may be called in a thread."""
        return self._metrics.text()

    def pass_ended(self, namespace: str, *, outcome: PassOutcome, duration_seconds: float) -> None:
        """Count a pass over a SealedSecret of a namespace."""
        self._metrics.add(metric_list.UNSEAL_REQUESTS)
        self._metrics.add(metric_list.PASSES, outcome)
        self._metrics.observe(metric_list.PASS_SECONDS, value=duration_seconds)
        reason = _REASON_OF.get(outcome)
        if reason:
            self._metrics.add(metric_list.UNSEAL_ERRORS, reason, namespace)

    def condition(
        self, namespace: str, name: str, *, is_synced: bool | None, instance: str = ""
    ) -> None:
        """Set what a SealedSecret's status says; ``instance`` is its app.kubernetes.io/instance."""
        instances = self._instances.setdefault(namespace, {})
        if instances.get(name, instance) != instance:
            self._drop_condition(namespace, name, instances[name])
        instances[name] = instance
        value = 0 if is_synced is None else 1 if is_synced else -1
        self._metrics.set(
            metric_list.CONDITION_INFO, namespace, name, status.SYNCED, instance, value=value
        )

    def sealed_secret_gone(self, namespace: str, name: str) -> None:
        """Forget a SealedSecret, and its namespace's errors with the last one of the namespace."""
        instances = self._instances.get(namespace, {})
        if name in instances:
            self._drop_condition(namespace, name, instances.pop(name))
        if not instances:
            self._instances.pop(namespace, None)
            for reason in get_args(_Reason):
                self._metrics.drop(metric_list.UNSEAL_ERRORS, reason, namespace)

    def drift_found(self, *, is_healed: bool) -> None:
        """Count a Secret that was changed, and whether it was put back."""
        self._metrics.add(metric_list.DRIFT_FOUND)
        if is_healed:
            self._metrics.add(metric_list.DRIFT_HEALED)

    def status_write(self, namespace: str, *, result: StatusWrite) -> None:
        """Count a write of a status; a conflict is tried again, a failure is an error."""
        self._metrics.add(metric_list.STATUS_WRITES, result)
        if result == "failed":
            self._metrics.add(metric_list.UNSEAL_ERRORS, "status", namespace)

    def follow_queue(self, length: Callable[[], int]) -> None:
        """Have the queue's length read at each scrape."""
        self._metrics.follow(metric_list.QUEUE_LENGTH, length)

    def leads(self, *, is_leader: bool) -> None:
        """Set whether this replica writes."""
        self._metrics.set(metric_list.LEADER, value=1 if is_leader else 0)

    def keys(self, census: KeyCensus, *, kind: _Kind = "rsa") -> None:
        """Set how the sealing keys of a kind are."""
        counts = {
            "active": census.active,
            "pending": census.pending,
            "unusable": census.unusable,
        }
        for state, count in counts.items():
            self._metrics.set(metric_list.KEYS, kind, state, value=count)
        self._metrics.set(metric_list.KEYS_WITHOUT_BACKUP, kind, value=census.without_backup)
        dates = {
            metric_list.KEY_BORN: census.not_before_utc,
            metric_list.KEY_ENDS: census.not_after_utc,
        }
        for metric, moment in dates.items():
            if moment is None:
                self._metrics.drop(metric, kind)
            else:
                self._metrics.set(metric, kind, value=moment.timestamp())

    def watch_listed(self, watch: str) -> None:
        """Count a fresh list of a watch (``sealed_secrets``, ``secrets``, ``keys``, …)."""
        self._metrics.add(metric_list.WATCH_LISTS, watch)
        self.watch_event(watch)

    def watch_event(self, watch: str) -> None:
        """Note that a watch showed something."""
        self._metrics.set(metric_list.WATCH_EVENT, watch, value=self._clock.now_utc().timestamp())

    def watch_refused(self, watch: str) -> None:
        """Count a watch that the API server refused."""
        self._metrics.add(metric_list.WATCH_REFUSALS, watch)

    def http_answered(self, path: str, *, method: str, code: int, duration_seconds: float) -> None:
        """Count an HTTP request; path and method are from fixed lists."""
        self._metrics.add(metric_list.HTTP_REQUESTS, path, str(code), method)
        self._metrics.observe(metric_list.HTTP_SECONDS, path, method, value=duration_seconds)

    def http_limited(self, limit: Limit) -> None:
        """Count an HTTP request that a limit refused."""
        self._metrics.add(metric_list.HTTP_LIMITED, limit)

    def _drop_condition(self, namespace: str, name: str, instance: str) -> None:
        self._metrics.drop(metric_list.CONDITION_INFO, namespace, name, status.SYNCED, instance)
