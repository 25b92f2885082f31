"""Rollback: when a revision is bad, and which commit is deployed instead.

Pure. All that is remembered stands in two conditions of the Application, so that it survives a
restart: the last revision that was healthy, and the commit that is not tried again.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.status import condition_message
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.inventory import Entry
    from gitopskit.reconciler.state import Goal, Tracked
    from gitopskit.reconciler.status import Report

HEALTHY_REVISION: Final = "HealthyRevision"
ROLLED_BACK: Final = "RolledBack"

_WELL: Final = ("Healthy", "Suspended")
_COMMIT: Final = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_HEALTHY: Final = re.compile(rf"the last healthy revision is ({_COMMIT})")
_MEMORY: Final = re.compile(
    rf"({_COMMIT}) is deployed instead of ({_COMMIT}) \(spec ([0-9a-f]{{12}})\)(?:: )?(.*)",
    re.DOTALL,
)
_SPEC_DIGITS: Final = 12
_FINGERPRINT: Final = re.compile(r" \(spec [0-9a-f]{12}\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """That a commit was bad under a spec, why, and which one is deployed instead."""

    good: str
    bad: str
    spec: str
    why: str = ""


def commit_of(
    content: JsonObject, status: JsonObject, *, head: str, is_as_bad: bool = False
) -> str:
    """Return the commit to deploy: the head, unless it was bad under this very spec.

    ``is_as_bad``: the head renders to the same as the commit that was.
    """
    memory = bad_memory_of(content, status)
    is_bad = memory is not None and (is_as_bad or memory.bad == head)
    return memory.good if memory is not None and is_bad else head


def bad_memory_of(content: JsonObject, status: JsonObject) -> Memory | None:
    """Return what is remembered of a rollback under this very spec."""
    memory = memory_of(status)
    return memory if memory is not None and memory.spec == _spec_digest(content) else None


def memory_of(status: JsonObject) -> Memory | None:
    """Return what a status remembers of a rollback, or None where there was none."""
    found = _MEMORY.fullmatch(condition_message(status, ROLLED_BACK))
    return Memory(good=found[1], bad=found[2], spec=found[3], why=found[4]) if found else None


def healthy_of(status: JsonObject) -> str:
    """Return the last healthy revision that a status remembers, or nothing."""
    return _matched(_HEALTHY, condition_message(status, HEALTHY_REVISION))


def remembered(tracked: Tracked, report: Report) -> Report:
    """Return a report that keeps what is remembered: nothing new is known of the revision."""
    kinds = (HEALTHY_REVISION, ROLLED_BACK)
    said = [(kind, condition_message(tracked.status, kind)) for kind in kinds]
    kept = [(kind, message) for kind, message in said if message]
    return replace(report, conditions=(*report.conditions, *kept))


def judged(
    tracked: Tracked, goal: Goal, report: Report, *, now: datetime
) -> tuple[Report, float | None]:
    """Return the report with what is known of its revision, and when to judge it again.

    The head is bad if it made the Application Degraded, if its sync failed for good, or if it is
    not healthy in time; one that was healthy once is never bad, nor is one that waits for other
    Applications before anything of it is applied, or for a sync window.
    """
    limit = goal.application.rollback_after
    if limit is None:
        return report, None
    head = tracked.head
    healthy = healthy_of(tracked.status)
    if _is_well(tracked, report):
        healthy = report.revision
    told = [(HEALTHY_REVISION, f"the last healthy revision is {healthy}")] if healthy else []
    delay = None
    if _is_back(tracked):
        told.append((ROLLED_BACK, condition_message(tracked.status, ROLLED_BACK)))
    elif healthy and report.revision not in ("", healthy) and not tracked.held:
        left = limit - (now - _started(tracked, report, now)).total_seconds()
        why = _fault(tracked, report, is_late=left <= 0, now=now)
        delay = 0.0 if why else left
        if why:
            spec = _spec_digest(tracked.content)
            told.append(
                (ROLLED_BACK, f"{healthy} is deployed instead of {head} (spec {spec}): {why}")
            )
    return replace(report, conditions=(*report.conditions, *told)), delay


def doubt_of(tracked: Tracked, entry: Entry) -> str:
    """Return why a person is asked before an object is pruned, or nothing.

    What a bad revision took from another Application is wanted by nobody after the rollback, and
    is that of Git all the same.
    """
    is_back = _is_back(tracked) and entry.is_taken
    return "a revision that was rolled back took it from another Application" if is_back else ""


def news(report: Report, before: JsonObject) -> str:
    """Return what a report tells of a rollback that was not told before, or nothing."""
    message = dict(report.conditions).get(ROLLED_BACK, "")
    return "" if message == condition_message(before, ROLLED_BACK) else without_fingerprint(message)


def without_fingerprint(message: str) -> str:
    """Return what the condition says to people: without the fingerprint of the spec."""
    return _FINGERPRINT.sub("", message, count=1)


def _is_back(tracked: Tracked) -> bool:
    """Tell whether another commit than the head is deployed, because that is bad."""
    head, is_as_bad = tracked.head, tracked.is_as_bad
    return commit_of(tracked.content, tracked.status, head=head, is_as_bad=is_as_bad) != head


def _is_well(tracked: Tracked, report: Report) -> bool:
    is_synced = tracked.run is not None and tracked.run.phase == "Succeeded"
    return is_synced and not tracked.failures and report.health.status in _WELL


def _fault(tracked: Tracked, report: Report, *, is_late: bool, now: datetime) -> str:
    if report.health.status == "Degraded" and not _was_degraded(tracked, report, now):
        return f"it was Degraded: {report.health.message or 'no reason is told'}"
    if tracked.is_exhausted:
        return "its sync failed"
    return f"it was {report.health.status}, not Healthy in time" if is_late else ""


def _was_degraded(tracked: Tracked, report: Report, now: datetime) -> bool:
    """Tell whether the Application was Degraded before this revision came already."""
    health = mapping(tracked.status.get("health"))
    since = parse_rfc3339(str(health.get("lastTransitionTime", "")))
    is_known = health.get("status") == "Degraded" and since is not None
    return is_known and since is not None and since < _started(tracked, report, now)


def _started(tracked: Tracked, report: Report, now: datetime) -> datetime:
    """Return when the deployment of the told revision began."""
    if report.operation is not None:
        return report.operation.started_at
    state = mapping(tracked.status.get("operationState"))
    is_same = mapping(state.get("syncResult")).get("revision") == report.revision
    started = parse_rfc3339(str(state.get("startedAt", ""))) if is_same else None
    return started or now


def _matched(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.fullmatch(text)
    return found[1] if found else ""


def _spec_digest(content: JsonObject) -> str:
    matter = json.dumps(content.get("spec"), sort_keys=True)
    return hashlib.sha256(matter.encode(errors="surrogateescape")).hexdigest()[:_SPEC_DIGITS]
