"""Operations: how a sync is going, when a failed one is tried again, which revision is told.

Pure. A revision is the last commit that changed what an Application renders: a commit that did not
concern it costs no write.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import dependencies
from gitopskit.reconciler.answering import may_prune, was_asked
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.reporting import listed
from gitopskit.reconciler.status import SYNC_WINDOW, Operation, condition_time
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.reconciler.application import Retry
    from gitopskit.reconciler.state import Goal, Tracked
    from gitopskit.reconciler.status import Phase, Report, ResourceResult
    from gitopskit.reconciler.sync_run import SyncRun

_FIRST_PASSING_SECONDS: Final = 0.25
_LONGEST_PASSING_SECONDS: Final = 30.0
"""What others are about to make (a namespace, a right) is looked for soon and often."""


def count_attempt(tracked: Tracked, retry: Retry, *, now: float, is_asked: bool = False) -> None:
    """Note how an attempt ended, and from when on (monotonic seconds) the next one may begin.

    Whoever asked for a sync is told of any failure, also of one that might pass.
    """
    failures = tracked.failures.values()
    if not failures:
        tracked.begin_anew()
        return
    tracked.attempts += 1
    is_passing = not is_asked and any(failure.is_passing for failure in failures)
    tracked.is_exhausted = not is_passing and not retry.allows(tracked.attempts)
    delay = retry.delay_seconds(tracked.attempts)
    if is_passing:
        soon = _FIRST_PASSING_SECONDS * 2.0 ** min(tracked.attempts - 1, 16)
        delay = min(delay, soon, _LONGEST_PASSING_SECONDS)
    tracked.retry_at_seconds = now + delay


def count_run(tracked: Tracked, run: SyncRun, retry: Retry, *, now: float) -> None:
    """Note how far a run came; one that waits is no attempt, one that gives up has failed."""
    is_under_way = run.phase == "Running" and not tracked.failures
    if run.phase == "Failing" or is_under_way or tracked.is_exhausted:
        return
    count_attempt(tracked, retry, now=now, is_asked=run.request is not None)
    if tracked.is_exhausted and run.phase == "Running":
        run.fail({ref: failure.message for ref, failure in tracked.failures.items()})


def with_operation(
    tracked: Tracked,
    goal: Goal,
    report: Report,
    *,
    results: tuple[ResourceResult, ...],
    begun: datetime,
    now: datetime,
) -> Report:
    """Return the report with its revision and, where something happened, the operation."""
    sync = tracked.status.get("sync") or {}
    before = tracked.status.get("operationState") or {}
    known = str(sync.get("revision", ""))
    # After a restart nobody knows what an older commit rendered to: then the new one is told.
    is_other = tracked.told_digest != goal.digest if tracked.told_digest else known != goal.commit
    is_changed = bool(results) or is_other
    revision = goal.commit if is_changed else known
    revisions = goal.commits if is_changed else tuple(sync.get("revisions") or ())
    report = replace(report, revision=revision, revisions=revisions)
    request = goal.application.operation
    if not goal.application.policy.is_automated and request is None:
        return report
    if tracked.closed and request is None and before.get("phase") != "Running":
        return report
    ran = tracked.run.results if tracked.run is not None else {}
    merged = tuple({**ran, **{it.ref: it for it in results}}.values())
    phase, message = _phase(tracked, merged if before.get("phase") == "Running" else results)
    is_told = phase != "Running" or before.get("message") == message
    is_same = before.get("phase") == phase or (phase == "Succeeded" and was_asked(before))
    if not is_changed and is_same and is_told and request is None:
        return report
    return replace(
        report,
        operation=Operation(
            phase=phase,
            message=message,
            revision=revision,
            revisions=revisions,
            started_at=_started(tracked, revision) or begun,
            finished_at=None if phase == "Running" else now,
            retry_count=max(0, tracked.attempts - 1),
            prunes=may_prune(goal),
            digest="" if request is not None and request.resources else goal.digest,
            asked=request.content if request is not None else None,
            results=merged,
        ),
    )


def _started(tracked: Tracked, revision: str) -> datetime | None:
    """Return when the operation that is told began, if this is still the same one.

    One to another revision is not, and the time in which it only waited for others is not its own.
    """
    before = mapping(tracked.status.get("operationState"))
    is_same = mapping(before.get("syncResult")).get("revision") == revision
    kinds = (dependencies.WAITING, SYNC_WINDOW)
    has_waited = any(condition_time(tracked.status, it) for it in kinds) and not tracked.held
    if before.get("phase") != "Running" or not is_same or has_waited:
        return None
    return parse_rfc3339(str(before.get("startedAt", "")))


def _phase(tracked: Tracked, results: tuple[ResourceResult, ...]) -> tuple[Phase, str]:
    run = tracked.run
    if tracked.closed and tracked.held:
        return "Running", tracked.held
    if tracked.failures:
        return _phase_of_failure(tracked)
    awaited = tracked.waiting
    if run is not None and run.awaited is not None:
        refs = listed([str(it.ref) for it in run.awaited.objects])
        awaited = f"waits for {refs} ({run.awaited.step})"
    if awaited:
        return "Running", awaited
    waiting = [str(it.entry.ref) for it in tracked.pending if it.fate == "waiting"]
    if waiting:
        return "Running", f"not pruned before all is healthy: {listed(waiting)}"
    pruned = sum(result.outcome == "Pruned" for result in results)
    applied = sum(result.outcome == "Synced" for result in results)
    return "Succeeded", f"successfully synced ({applied} applied, {pruned} pruned)"


def _phase_of_failure(tracked: Tracked) -> tuple[Phase, str]:
    told = listed([f"{ref}: {it.message}" for ref, it in sorted(tracked.failures.items())])
    if tracked.run is not None and tracked.run.phase == "Failing":
        return "Running", f"failed, and its SyncFail hooks run: {told}"
    if tracked.is_exhausted:
        return "Failed", f"failed after {tracked.attempts} attempts: {told}"
    return "Running", f"attempt {tracked.attempts} failed and is repeated: {told}"
