"""What the parts of the reconciler tell for Prometheus, as calls with types.

Which metric counts what is settled here; their names are in metric_list.py. What Applications are
like is not told as it changes: whoever scrapes gets it from the registry.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gitopskit.controller.metrics import Metrics
from gitopskit.reconciler import metric_list, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitopskit.clock import Clock
    from gitopskit.controller.metrics import Metric
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.status import Phase

PassOutcome = Literal["done", "later", "fault"]
"""How a look ended: nothing is left to do; it is to be repeated soon; the API server failed."""

HealOutcome = Literal["reverted", "not_reverted"]
AlertOutcome = Literal["sent", "later", "refused"]
"""How an attempt to tell a receiver ended: it was taken, is repeated, or was refused for good."""


@dataclass(slots=True)
class Look:
    """A look at an Application, which says itself whether anything is left to do."""

    is_done: bool = True


class ReconcilerMetrics:
    """What the parts of the reconciler tell; ``text`` is what Prometheus scrapes."""

    def __init__(self, *, revision: str) -> None:
        """Start with nothing counted, as no leader."""
        self._metrics = Metrics(metric_list.METRICS)
        self._metrics.set(metric_list.BUILD_INFO, revision, value=1)
        self._told: dict[Metric, set[tuple[str, ...]]] = {
            metric_list.APP_INFO: set(),
            metric_list.CONDITIONS: set(),
        }
        self._synced: dict[str, set[tuple[str, ...]]] = {}

    def text(self) -> bytes:
        """Return everything as Prometheus reads it; may be called in a thread."""
        return self._metrics.text()

    def leads(self, *, is_leader: bool) -> None:
        """Set whether this replica leads."""
        self._metrics.set(metric_list.LEADER, value=float(is_leader))

    def stands_back(self, *, is_back: bool) -> None:
        """Set whether this replica leaves all work to Argo CD's own controller."""
        self._metrics.set(metric_list.STANDS_BACK, value=float(is_back))

    @contextmanager
    def looking(self, clock: Clock) -> Iterator[Look]:
        """Count the look at an Application that happens in a block."""
        begun, look = clock.monotonic_seconds(), Look()
        outcome: PassOutcome = "fault"
        try:
            yield look
            outcome = "done" if look.is_done else "later"
        finally:
            self._metrics.add(metric_list.PASSES, outcome)
            seconds = clock.monotonic_seconds() - begun
            self._metrics.observe(metric_list.PASS_SECONDS, value=seconds)

    def healed(self, *, is_reverted: bool) -> None:
        """Count an object that drifted."""
        outcome: HealOutcome = "reverted" if is_reverted else "not_reverted"
        self._metrics.add(metric_list.HEALS, outcome)

    def alerted(self, receiver: str, *, outcome: AlertOutcome) -> None:
        """Count an attempt to tell a receiver of an alert."""
        self._metrics.add(metric_list.ALERTS, receiver, outcome)

    def synced(self, name: str, *, project: str, phase: Phase) -> None:
        """Count a sync that ended."""
        labels = (names.APPLICATIONS_NAMESPACE, name, project, phase)
        self._synced.setdefault(name, set()).add(labels)
        self._metrics.add(metric_list.SYNCS, *labels)

    def follow(self, *, queue: Callable[[], int], unread: Callable[[], int]) -> None:
        """Have it read at each scrape how many wait, and how many revisions could not be read."""
        self._metrics.follow(metric_list.QUEUE, queue)
        self._metrics.follow(metric_list.UNREAD, unread)

    def http_answered(self, path: str, *, method: str, code: int, duration_seconds: float) -> None:  # noqa: ARG002 -- what the HTTP server tells
        """Count an answer."""
        self._metrics.add(metric_list.HTTP_REQUESTS, path, str(code), method)

    def see(self, applications: Iterable[JsonObject]) -> None:
        """Take in all Applications as they are now; those that are gone are forgotten."""
        found: dict[Metric, set[tuple[str, ...]]] = {
            metric_list.APP_INFO: set(),
            metric_list.CONDITIONS: set(),
        }
        here = set()
        for content in applications:
            name = str(content["metadata"]["name"])
            here.add(name)
            found[metric_list.APP_INFO].add(_info(name, content))
            found[metric_list.CONDITIONS].update(_conditions(name, content))
        for metric, labels in found.items():
            for gone in self._told[metric] - labels:
                self._metrics.drop(metric, *gone)
            for each in labels:
                self._metrics.set(metric, *each, value=1)
            self._told[metric] = labels
        for name in self._synced.keys() - here:
            for labels_of_sync in self._synced.pop(name):
                self._metrics.drop(metric_list.SYNCS, *labels_of_sync)


def _info(name: str, content: JsonObject) -> tuple[str, ...]:
    spec, status = content.get("spec") or {}, content.get("status") or {}
    return (
        names.APPLICATIONS_NAMESPACE,
        name,
        str(spec.get("project", "")),
        str((spec.get("destination") or {}).get("namespace", "")),
        str((status.get("sync") or {}).get("status", "Unknown")),
        str((status.get("health") or {}).get("status", "Unknown")),
        "delete" if content["metadata"].get("deletionTimestamp") else "",
    )


def _conditions(name: str, content: JsonObject) -> set[tuple[str, ...]]:
    conditions = (content.get("status") or {}).get("conditions") or ()
    return {(name, str(item.get("type", ""))) for item in conditions}
