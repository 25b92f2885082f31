"""Answering: what becomes of a sync that somebody asked an Application for.

Pure. What is asked for stays in the Application until it has ended, so that no restart loses it;
its end and its removal are one write.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitopskit.errors import ApiConflict, ApiError
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.status import Operation

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.errors import GitopskitError
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.operation_request import OperationRequest
    from gitopskit.reconciler.state import Goal, Tracked
    from gitopskit.reconciler.status import Phase, Report, ResourceResult


def refusal(goal: Goal) -> str:
    """Return why what is asked for cannot be done to this goal, or nothing."""
    request, application = goal.application.operation, goal.application
    if request is not None and application.only_looks and not request.is_dry_run:
        return f"what is in {application.namespace} is only compared, never written"
    if request is None or not request.revision:
        return ""
    if len(application.sources) > 1:
        return "an Application with several sources is not synced to one revision"
    followed = application.source.target_revision
    if application.policy.is_automated and request.revision not in (followed, goal.commit):
        return f"automated sync follows {followed}, so it is not synced to {request.revision}"
    return ""


def narrowed(goal: Goal) -> Goal:
    """Return the goal with what a sync that was asked for is about; without one, the goal itself.

    A sync of selected objects runs no hooks, as in Argo CD.
    """
    request = goal.application.operation
    if request is None or not (request.resources or not request.runs_hooks):
        return goal
    objects = tuple(it for it in goal.objects if request.covers(it.ref))
    return replace(goal, objects=objects, hooks=())


def may_prune(goal: Goal) -> bool:
    """Tell whether what left Git may be deleted now."""
    policy, request = goal.application.policy, goal.application.operation
    return (policy.is_automated and policy.prunes) or (request is not None and request.prunes)


def goes_on(problem: GitopskitError | None) -> bool:
    """Tell whether what is asked for is gone on with at the next look, whatever was met in this."""
    is_passing = isinstance(problem, ApiError) and problem.is_passing
    return is_passing or isinstance(problem, ApiConflict)


def answered(
    tracked: Tracked,
    report: Report,
    *,
    goal: Goal | None,
    ending: tuple[Phase, str],
    results: tuple[ResourceResult, ...] = (),
    now: datetime,
) -> Report:
    """Return a report that tells at once how what was asked for ended.

    Without a goal, that is what the Application asks for now.
    """
    request = goal.application.operation if goal is not None else None
    sync = tracked.status.get("sync") or {}
    return replace(
        report,
        revision=str(sync.get("revision", "")),
        revisions=tuple(sync.get("revisions") or ()),
        operation=Operation(
            phase=ending[0],
            message=ending[1],
            revision=goal.commit if goal is not None else str(sync.get("revision", "")),
            started_at=now,
            finished_at=now,
            asked=request.content if request is not None else tracked.content.get("operation"),
            is_rehearsal=True,
            results=results,
        ),
    )


def told_rehearsal(results: tuple[ResourceResult, ...]) -> tuple[Phase, str]:
    """Return how a dry run ended, from what it found."""
    failed = [it for it in results if it.outcome == "SyncFailed"]
    if failed:
        return "Failed", f"dry run: {len(failed)} objects would be refused"
    return "Succeeded", f"dry run: {len(results)} objects would change"


def was_asked(state: JsonObject) -> bool:
    """Tell whether an operation that is told of was asked for by somebody, and has failed."""
    initiator = mapping(mapping(state.get("operation")).get("initiatedBy"))
    return state.get("phase") == "Failed" and not initiator.get("automated")


def answer_of(report: Report, request: OperationRequest | None) -> JsonObject | None:
    """Return what was asked for, if a report tells its end."""
    operation = report.operation
    is_ended = operation is not None and operation.phase != "Running"
    return request.content if request is not None and is_ended else None
