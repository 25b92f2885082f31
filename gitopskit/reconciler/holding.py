"""Holding back: what the sync windows of a project mean for the sync of one Application.

Pure. Whatever writes asks ``Tracked.closed``, which is looked at anew at the beginning and at the
end of each pass, and before an object is healed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import dependencies, status, sync_run, sync_windows
from gitopskit.reconciler.fields import mapping
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.reconciler.state import Goal, Tracked
    from gitopskit.reconciler.status import Report

_LONGEST_SECONDS: Final = 3600.0
"""A clock may be set: windows are looked at again after so long at the latest."""


def look(tracked: Tracked, goal: Goal, *, now: datetime) -> None:
    """Note whether the sync has to wait for a window, and when that may be different."""
    policy, request = goal.application.policy, goal.application.operation
    if not (policy.is_automated or request is not None):
        tracked.closed, tracked.window_changes_at = "", None
        return
    found = sync_windows.view(
        goal.windows,
        now,
        is_manual=request is not None and not request.is_automated,
        begun_at=_begun_at(tracked, goal),
    )
    tracked.closed, tracked.window_changes_at = found.waiting, found.changes_at


def told(tracked: Tracked, report: Report) -> Report:
    """Return the report with the windows that are in the way, where something waits for them."""
    is_idle = report.sync == "Synced" and tracked.run is not None and tracked.run.is_over
    if not tracked.closed or is_idle:
        return report
    waiting = (status.SYNC_WINDOW, tracked.closed)
    return replace(report, conditions=(*report.conditions, waiting))


def delay_seconds(tracked: Tracked, *, now: datetime) -> float | None:
    """Return in how many seconds a window opens or closes, None without windows."""
    if tracked.window_changes_at is None:
        return None
    left = (tracked.window_changes_at - now).total_seconds()
    return min(max(0.0, left), _LONGEST_SECONDS)


def _begun_at(tracked: Tracked, goal: Goal) -> datetime | None:
    """Return since when the sync to this goal is under way, None if it has not begun."""
    state = mapping(tracked.status.get("operationState"))
    is_this = state.get("phase") == "Running" and goal.digest in sync_run.digests(state)
    has_waited = status.condition_time(tracked.status, dependencies.WAITING)
    return parse_rfc3339(str(state.get("startedAt", ""))) if is_this and not has_waited else None
