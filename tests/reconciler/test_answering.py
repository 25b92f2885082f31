"""What becomes of a sync that somebody asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import (
    ApiConflict,
    ApiError,
    ApiForbidden,
    ApiUnreachable,
    GitopskitError,
    RenderFailed,
)
from gitopskit.health.verdict import Health
from gitopskit.reconciler import answering
from gitopskit.reconciler.application import Source, SyncPolicy
from gitopskit.reconciler.operation_request import OperationRequest, Selected
from gitopskit.reconciler.status import Operation, Report, ResourceResult
from tests.support.desiring import REF, desired
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Goal

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MANUAL = SyncPolicy()
AUTOMATED = SyncPolicy(is_automated=True, prunes=True)
TWO = (Source(repo_url="a"), Source(repo_url="b"))


def asked(
    request: OperationRequest | None,
    *,
    policy: SyncPolicy = MANUAL,
    sources: tuple[Source, ...] = TWO[:1],
) -> Goal:
    goal = a_goal(desired(), desired("other"), policy=policy)
    application = replace(goal.application, operation=request, sources=sources)
    return replace(goal, application=application, hooks=(replace(desired("job"), is_hook=True),))


@pytest.mark.parametrize(
    ("goal", "told"),
    [
        pytest.param(asked(None), "", id="nothing"),
        pytest.param(asked(OperationRequest()), "", id="what-is-followed"),
        pytest.param(asked(OperationRequest(revision="v1")), "", id="another-revision"),
        pytest.param(
            asked(OperationRequest(revision="v1"), sources=TWO),
            "an Application with several sources is not synced to one revision",
            id="several-sources",
        ),
        pytest.param(
            asked(OperationRequest(revision="v1"), policy=AUTOMATED),
            "automated sync follows HEAD, so it is not synced to v1",
            id="automated",
        ),
        pytest.param(
            asked(OperationRequest(revision="c1"), policy=AUTOMATED), "", id="where-it-is-anyway"
        ),
    ],
)
def test_some_requests_are_refused(goal: Goal, told: str) -> None:
    assert answering.refusal(goal) == told


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (OperationRequest(), "what is in kube-system is only compared, never written"),
        (OperationRequest(is_dry_run=True), ""),
    ],
    ids=["sync", "dry-run"],
)
def test_who_only_looks_is_asked_for_nothing_but_a_dry_run(
    request_: OperationRequest, told: str
) -> None:
    goal = asked(request_)
    goal = replace(goal, application=replace(goal.application, namespace="kube-system"))

    assert answering.refusal(goal) == told


@pytest.mark.parametrize(
    ("request_", "objects", "hooks"),
    [
        pytest.param(None, 2, 1, id="none"),
        pytest.param(OperationRequest(), 2, 1, id="all"),
        pytest.param(OperationRequest(runs_hooks=False), 2, 0, id="without-hooks"),
        pytest.param(
            OperationRequest(resources=(Selected(kind="ConfigMap", name="other"),)),
            1,
            0,
            id="selected",
        ),
    ],
)
def test_a_request_may_be_about_a_part(
    request_: OperationRequest | None, objects: int, hooks: int
) -> None:
    found = answering.narrowed(asked(request_))

    assert (len(found.objects), len(found.hooks)) == (objects, hooks)


@pytest.mark.parametrize(
    ("goal", "may"),
    [
        pytest.param(asked(None, policy=AUTOMATED), True, id="policy"),
        pytest.param(asked(None, policy=replace(MANUAL, prunes=True)), False, id="not-automated"),
        pytest.param(asked(OperationRequest()), False, id="not-asked"),
        pytest.param(asked(OperationRequest(prunes=True)), True, id="asked"),
    ],
)
def test_pruning_is_for_the_policy_or_for_who_asks(goal: Goal, *, may: bool) -> None:
    assert answering.may_prune(goal) is may


@pytest.mark.parametrize(
    ("goal", "now_there"),
    [
        pytest.param(None, {"sync": {}}, id="refused"),
        pytest.param(
            asked(OperationRequest(content={"sync": {}})), {"sync": {"prune": True}}, id="goal"
        ),
    ],
)
def test_an_answer_tells_what_was_asked(goal: Goal | None, now_there: JsonObject) -> None:
    item = tracked(status={"sync": {"revision": "c0", "revisions": ["c0", "d0"]}})
    item.content["operation"] = now_there

    found = answering.answered(
        item,
        Report(sync="Synced", health=Health("Healthy")),
        goal=goal,
        ending=("Failed", "no"),
        now=NOW,
    )

    assert (found.revision, found.revisions) == ("c0", ("c0", "d0"))
    assert found.operation == Operation(
        phase="Failed",
        message="no",
        revision="c1" if goal else "c0",
        started_at=NOW,
        finished_at=NOW,
        asked={"sync": {}},
        is_rehearsal=True,
    )


def test_a_dry_run_is_told() -> None:
    good = ResourceResult(ref=REF, version="v1", outcome="Synced")
    bad = replace(good, outcome="SyncFailed")

    assert answering.told_rehearsal((good,)) == ("Succeeded", "dry run: 1 objects would change")
    assert answering.told_rehearsal((good, bad)) == (
        "Failed",
        "dry run: 1 objects would be refused",
    )


@pytest.mark.parametrize(
    ("state", "was_asked"),
    [
        pytest.param({"phase": "Failed"}, True, id="failed"),
        pytest.param({"phase": "Succeeded"}, False, id="succeeded"),
        pytest.param(
            {"phase": "Failed", "operation": {"initiatedBy": {"automated": True}}},
            False,
            id="automated",
        ),
    ],
)
def test_a_failure_that_somebody_asked_for_stays_told(
    state: JsonObject, *, was_asked: bool
) -> None:
    assert answering.was_asked(state) is was_asked


def test_an_operation_is_answered_when_it_has_ended() -> None:
    report = Report(sync="Synced", health=Health("Healthy"))
    request = OperationRequest(content={"sync": {}})
    ended = answering.answered(tracked(), report, goal=None, ending=("Succeeded", ""), now=NOW)
    operation = ended.operation
    assert operation is not None
    running = replace(ended, operation=replace(operation, phase="Running"))

    assert answering.answer_of(ended, request) == {"sync": {}}
    assert answering.answer_of(ended, None) is None
    assert answering.answer_of(report, request) is None
    assert answering.answer_of(running, request) is None


@pytest.mark.parametrize(
    ("problem", "goes_on"),
    [
        pytest.param(ApiUnreachable("no answer"), True, id="away"),
        pytest.param(ApiError("a fault", status=500), True, id="broken"),
        pytest.param(ApiConflict("changed", status=409), True, id="somebody-was-faster"),
        pytest.param(ApiForbidden("no right", status=403), False, id="no-right"),
        pytest.param(RenderFailed("no such file"), False, id="does-not-build"),
        pytest.param(None, False, id="no-error"),
    ],
)
def test_only_what_passes_by_itself_lets_an_operation_go_on(
    problem: GitopskitError | None, *, goes_on: bool
) -> None:
    assert answering.goes_on(problem) is goes_on
