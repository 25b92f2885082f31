"""Coming back: when an Application is looked at again although nothing may tell of a change.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import lingering

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.plan import Verdict
    from gitopskit.reconciler.state import Tracked
    from gitopskit.reconciler.sync_run import SyncRun

    IsWatched = Callable[[ObjectRef], bool]

FAULT_SECONDS: Final = 15.0
"""When something around us is broken, it is looked at again after so long."""

_NEVER: Final = float("inf")

LEAVING_SECONDS: Final = 2.0
"""What could not be deleted, and what no watch shows, is looked at again after so long."""


def delay_seconds(
    tracked: Tracked, *, now: float, now_utc: datetime, is_watched: IsWatched
) -> float | None:
    """Return in how many seconds to look again, None if a change is told; now is monotonic."""
    application = tracked.goal.application if tracked.goal is not None else None
    if application and not (application.policy.is_automated or application.operation):
        return None  # it is compared at every poll
    if tracked.closed:
        return None  # whatever it is, it has to wait for a window
    delays = [fight.ends_at_seconds - now for fight in tracked.fights.values()]
    if tracked.failures and not tracked.is_exhausted:
        delays.append(tracked.retry_at_seconds - now)
    if tracked.run is not None:
        delays += _of_run(tracked.run, is_watched)
    if any(it.fate == "waiting" and it.message for it in tracked.pending):
        delays += _of_patience(tracked.patience_ends_seconds - now)
    for verdict in tracked.pending:
        delays += _of_deletion(verdict, now_utc, is_watched)
    return max(0.0, min(delays)) if delays else None


def _of_run(run: SyncRun, is_watched: IsWatched) -> list[float]:
    """Return when to look again at what a run waits for and no watch tells of."""
    if run.phase == "Failing" and run.awaited is None:
        return [0.0]
    awaited = {it.ref for it in run.awaited.objects} if run.awaited else set()
    return [] if all(map(is_watched, awaited | run.leaving)) else [LEAVING_SECONDS]


def _of_patience(seconds: float) -> list[float]:
    """Return when a deletion no longer waits for all others, if that is still to come."""
    return [seconds] if 0 < seconds < _NEVER else []


def _of_deletion(verdict: Verdict, now: datetime, is_watched: IsWatched) -> list[float]:
    is_seen = is_watched(verdict.entry.ref)
    if verdict.fate == "leaving":
        return [lingering.delay_seconds(verdict, now=now, is_watched=is_seen)]
    if verdict.fate == "handing":
        return [FAULT_SECONDS if is_seen else LEAVING_SECONDS]
    return [LEAVING_SECONDS] if verdict.fate == "failed" else []
