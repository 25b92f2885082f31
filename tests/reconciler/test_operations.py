"""Operations: attempts, retries, revisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.verdict import Health
from gitopskit.reconciler import sync_run
from gitopskit.reconciler.application import Retry, SyncPolicy
from gitopskit.reconciler.inventory import Entry
from gitopskit.reconciler.operation_request import OperationRequest, Selected
from gitopskit.reconciler.operations import count_attempt, count_run, with_operation
from gitopskit.reconciler.plan import Verdict
from gitopskit.reconciler.state import Failure
from gitopskit.reconciler.status import Report, ResourceResult
from gitopskit.reconciler.sync_plan import Move
from tests.support.desiring import APPLIER, REF, desired
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Goal, Tracked
    from gitopskit.reconciler.sync_run import RunPhase

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SYNCED: JsonObject = {"sync": {"revision": "c1"}, "operationState": {"phase": "Succeeded"}}
RUNNING: JsonObject = {
    "sync": {"revision": "c1"},
    "operationState": {
        "phase": "Running",
        "startedAt": "2025-12-31T00:00:00Z",
        "syncResult": {"revision": "c1"},
    },
}
CREATED = ResourceResult(ref=REF, version="v1", outcome="Synced", message="created")
BROKEN = Failure(message="is bad")
DENIED = Failure(message="no right yet", is_passing=True)


def told(
    item: Tracked, goal: Goal | None = None, *, results: tuple[ResourceResult, ...] = ()
) -> Report:
    report = Report(sync="Synced", health=Health("Healthy"))
    goal = goal or a_goal(desired())
    return with_operation(item, goal, report, results=results, begun=NOW, now=NOW)


def test_the_first_sync_is_an_operation() -> None:
    found = told(tracked(), results=(CREATED,))

    assert found.revision == "c1"
    assert found.operation is not None
    assert found.operation.phase == "Succeeded"
    assert found.operation.message == "successfully synced (1 applied, 0 pruned)"


def test_a_sync_in_several_steps_counts_what_all_of_them_did() -> None:
    item = tracked(status=RUNNING)
    item.run = sync_run.begin(a_goal(desired()))
    item.run.results[REF] = CREATED

    found = told(item).operation

    assert found is not None
    assert found.message == "successfully synced (1 applied, 0 pruned)"
    assert found.results == (CREATED,)


def test_a_look_that_found_nothing_is_none() -> None:
    found = told(tracked(status=SYNCED))

    assert (found.revision, found.operation) == ("c1", None)


def test_a_commit_that_changed_nothing_here_is_not_told() -> None:
    item = tracked(status=SYNCED)
    item.told_digest = "g1"

    found = told(item, a_goal(desired(), commit="c2"))

    assert (found.revision, found.operation) == ("c1", None)


def test_a_commit_that_changed_what_is_rendered_is_told_even_without_a_write() -> None:
    item = tracked(status=SYNCED)
    item.told_digest = "g0"

    found = told(item, a_goal(desired(), commit="c2"))

    assert found.revision == "c2"
    assert found.operation is not None


def test_after_a_restart_a_new_commit_is_told() -> None:
    assert told(tracked(status=SYNCED), a_goal(desired(), commit="c2")).revision == "c2"


def test_without_automation_there_are_no_operations() -> None:
    goal = a_goal(desired(), policy=SyncPolicy())

    found = told(tracked(), goal)

    assert (found.revision, found.operation) == ("c1", None)


def test_a_failure_keeps_the_operation_running_until_its_last_attempt() -> None:
    item = tracked(status=RUNNING)
    item.failures, item.attempts = {REF: BROKEN}, 2

    found = told(item, results=(CREATED,)).operation

    assert found is not None
    assert (found.phase, found.finished_at, found.retry_count) == ("Running", None, 1)
    assert found.message == "attempt 2 failed and is repeated: ConfigMap/shop/settings: is bad"
    assert found.started_at == datetime(2025, 12, 31, tzinfo=UTC)


def test_an_exhausted_failure_has_failed() -> None:
    item = tracked(status=RUNNING)
    item.failures, item.attempts, item.is_exhausted = {REF: BROKEN}, 6, True

    found = told(item).operation

    assert found is not None
    assert found.phase == "Failed"
    assert found.message.startswith("failed after 6 attempts: ")


def test_what_waits_for_health_is_told_once() -> None:
    entry = Entry(ref=REF, version="v1", applier=APPLIER)
    item = tracked(status=SYNCED)
    item.pending = (Verdict(entry=entry, fate="waiting"),)

    first = told(item).operation
    assert first is not None
    item.status = {**RUNNING, "operationState": {"phase": "Running", "message": first.message}}

    assert first.message == "not pruned before all is healthy: ConfigMap/shop/settings"
    assert told(item).operation is None


def test_an_operation_to_another_revision_begins_anew() -> None:
    other = {**RUNNING["operationState"], "syncResult": {"revision": "c0"}}
    item = tracked(status={**RUNNING, "operationState": other})
    item.failures, item.attempts = {REF: BROKEN}, 1

    found = told(item).operation

    assert found is not None
    assert found.started_at == NOW


@pytest.mark.parametrize(
    ("waiting", "started"),
    [("", NOW), ("needs database, which is not healthy", datetime(2025, 12, 31, tzinfo=UTC))],
    ids=["over", "still"],
)
def test_an_operation_begins_when_it_waits_for_no_application_any_more(
    waiting: str, started: datetime
) -> None:
    condition = {"type": "WaitingForDependencies", "lastTransitionTime": "2025-12-31T00:00:00Z"}
    item = tracked(status={**RUNNING, "conditions": [condition]})
    item.waiting = waiting

    found = told(item).operation

    assert found is not None
    assert found.started_at == started


def test_a_running_operation_ends() -> None:
    found = told(tracked(status=RUNNING)).operation

    assert found is not None
    assert found.phase == "Succeeded"


@pytest.mark.parametrize(
    ("failure", "attempts", "delay"),
    [
        pytest.param(BROKEN, 1, 5.0, id="first"),
        pytest.param(BROKEN, 2, 10.0, id="second"),
        pytest.param(DENIED, 1, 0.25, id="passing"),
        pytest.param(DENIED, 9, 30.0, id="passing-for-long"),
    ],
)
def test_a_failed_attempt_is_repeated_later(failure: Failure, attempts: int, delay: float) -> None:
    item = tracked()
    item.failures = {REF: failure}

    for _ in range(attempts):
        count_attempt(item, Retry(), now=100.0)

    assert item.attempts == attempts
    assert item.retry_at_seconds == 100.0 + delay


@pytest.mark.parametrize(
    ("failure", "is_exhausted"),
    [pytest.param(BROKEN, True, id="ours"), pytest.param(DENIED, False, id="passing")],
)
def test_the_limit_ends_what_nobody_else_can_mend(failure: Failure, is_exhausted: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    item = tracked()
    item.failures = {REF: failure}

    for _ in range(3):
        count_attempt(item, Retry(limit=2), now=0.0)

    assert item.is_exhausted is is_exhausted


def test_a_success_lets_the_next_attempt_be_the_first() -> None:
    item = tracked()
    item.attempts, item.is_exhausted = 3, True

    count_attempt(item, Retry(), now=0.0)

    assert (item.attempts, item.is_exhausted) == (0, False)


@pytest.mark.parametrize(
    ("phase", "failures", "is_counted", "becomes"),
    [
        pytest.param("Running", {}, False, "Running", id="waits"),
        pytest.param("Failing", {REF: BROKEN}, False, "Failing", id="not-over"),
        pytest.param("Failed", {REF: BROKEN}, True, "Failed", id="failed"),
        pytest.param("Running", {REF: BROKEN}, True, "Failed", id="gives-up"),
        pytest.param("Running", {REF: DENIED}, True, "Running", id="passing"),
    ],
)
def test_a_run_counts_when_it_came_to_an_end(
    phase: RunPhase, failures: dict[ObjectRef, Failure], *, is_counted: bool, becomes: str
) -> None:
    item, run = tracked(), sync_run.begin(a_goal(desired()))
    run.enter(phase)
    item.failures = failures

    count_run(item, run, Retry(limit=0), now=0.0)
    count_run(item, run, Retry(limit=0), now=0.0)

    assert (item.attempts > 0) is is_counted
    assert item.is_exhausted is (is_counted and becomes == "Failed")
    assert run.phase == becomes


def test_it_is_told_what_a_run_waits_for() -> None:
    item, run = tracked(status=RUNNING), sync_run.begin(a_goal(desired()))
    run.awaited = Move(kind="wait", objects=(desired(),), step=run.plan[0])
    run.results = {REF: CREATED}
    item.run = run

    found = told(item).operation

    assert found is not None
    assert found.message == "waits for ConfigMap/shop/settings (Sync, wave 0)"
    assert (found.phase, found.digest, found.results) == ("Running", "g1", (CREATED,))


def test_it_is_told_that_hooks_of_a_failure_run() -> None:
    item, run = tracked(status=RUNNING), sync_run.begin(a_goal(desired()))
    run.enter("Failing")
    item.run, item.failures = run, {REF: BROKEN}

    found = told(item).operation

    assert found is not None
    assert found.message.startswith("failed, and its SyncFail hooks run: ")


def test_whoever_asks_is_told_of_a_failure_that_might_pass() -> None:
    item, run = tracked(), sync_run.begin(a_goal(desired()))
    run.request, item.failures = OperationRequest(), {REF: DENIED}

    count_run(item, run, run.request.retry, now=0.0)

    assert (item.is_exhausted, run.phase) == (True, "Failed")


def test_what_somebody_asked_for_is_told_even_without_a_change() -> None:
    item, goal = tracked(status=SYNCED), a_goal(desired(), policy=SyncPolicy())
    item.content["operation"] = {"sync": {"dryRun": True}}  # came meanwhile
    application = replace(goal.application, operation=OperationRequest(content={"sync": {}}))

    found = told(item, replace(goal, application=application)).operation

    assert found is not None
    assert (found.phase, found.asked, found.digest) == ("Succeeded", {"sync": {}}, "g1")


def test_a_part_does_not_stand_for_the_whole() -> None:
    item, goal = tracked(status=SYNCED), a_goal(desired())
    request = OperationRequest(resources=(Selected(kind="ConfigMap", name="settings"),))

    found = told(
        item, replace(goal, application=replace(goal.application, operation=request))
    ).operation

    assert found is not None
    assert found.digest == ""


def test_a_failure_that_somebody_asked_for_is_not_told_away() -> None:
    item = tracked(status={**SYNCED, "operationState": {"phase": "Failed"}})

    assert told(item).operation is None
