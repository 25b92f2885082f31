"""Withdrawing: an operation that somebody takes back before it has ended.

Pure. It is taken back by taking it out of the Application, or as Argo CD's own program does it,
with the phase ``Terminating`` in its status. Where sync is automated the policy goes on instead.
Source: Argo CD, ``argocd app terminate-op``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.status import Operation
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.inventory import Entry
    from gitopskit.reconciler.observation import Observation
    from gitopskit.reconciler.state import Goal, Tracked
    from gitopskit.reconciler.status import Report

_MESSAGE: Final = "the operation was taken back before it ended"


def is_withdrawn(tracked: Tracked, goal: Goal) -> bool:
    """Tell whether an operation is told to run that nobody wants any more."""
    if goal.application.policy.is_automated:
        return False
    state = mapping(tracked.status.get("operationState"))
    is_gone = goal.application.operation is None or tracked.is_to_end
    return state.get("phase") == "Running" and is_gone


def to_end(tracked: Tracked, seen: Callable[[ObjectRef], Observation | None]) -> list[Entry]:
    """Return the hooks that still work."""
    hooks = [entry for entry in tracked.inventory if entry.is_hook]
    return [it for it in hooks if (live := seen(it.ref)) is None or not _is_done(live)]


def told(tracked: Tracked, report: Report, *, now: datetime) -> Report:
    """Return a report that tells the end of the operation that was told to run."""
    state = mapping(tracked.status.get("operationState"))
    sync = mapping(tracked.status.get("sync"))
    result = mapping(state.get("syncResult"))
    return replace(
        report,
        revision=str(sync.get("revision", "")),
        revisions=tuple(sync.get("revisions") or ()),
        operation=Operation(
            phase="Failed",
            message=_MESSAGE,
            revision=str(result.get("revision", "")),
            started_at=parse_rfc3339(str(state.get("startedAt", ""))) or now,
            finished_at=now,
            asked=mapping(state.get("operation")),
            is_rehearsal=True,
            results=tuple(tracked.run.results.values()) if tracked.run is not None else (),
        ),
    )


def _is_done(live: Observation) -> bool:
    return live.health.status in ("Healthy", "Degraded")
