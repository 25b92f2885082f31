"""Holding back: when a sync waits for a window, what is told of it, and when it is looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.verdict import Health
from gitopskit.reconciler import holding, sync_run
from gitopskit.reconciler.application import SyncPolicy
from gitopskit.reconciler.fields import Fields
from gitopskit.reconciler.operation_request import OperationRequest
from gitopskit.reconciler.operations import with_operation
from gitopskit.reconciler.status import Report
from gitopskit.reconciler.sync_windows import parse_windows
from tests.support.desiring import desired
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Goal, Tracked

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
REPORT = Report(sync="OutOfSync", health=Health("Healthy"), revision="c1")


def a_closed_goal(
    request: OperationRequest | None = None, *, policy: SyncPolicy | None = None, **fields: bool
) -> Goal:
    """Return a goal that a window denies from eleven to one."""
    window = {
        "kind": "deny",
        "schedule": "0 11 * * *",
        "duration": "2h",
        "applications": ["*"],
        **fields,
    }
    content: JsonObject = {"syncWindows": [window]}
    goal = a_goal(desired(), policy=policy)
    return replace(
        goal,
        application=replace(goal.application, operation=request),
        windows=parse_windows(Fields(content=content, path="spec", where="AppProject/shop")),
    )


def running(*, digest: str = "g1", started: str = "2026-11-26T10:30:00Z") -> JsonObject:
    info = [{"name": "gitopskit.io/digest", "value": digest}]
    return {
        "operationState": {
            "phase": "Running",
            "startedAt": started,
            "operation": {"info": info},
            "syncResult": {"revision": "c1"},
        }
    }


def look(goal: Goal, *, status: JsonObject | None = None, now: datetime = NOON) -> Tracked:
    item = tracked(goal, status=status)
    holding.look(item, goal, now=now)
    return item


def test_a_window_that_is_in_the_way_holds_a_sync_back_and_heals_nothing() -> None:
    item = look(a_closed_goal())
    later = look(a_closed_goal(), now=NOON + timedelta(hours=1))

    assert "before 2026-11-26T13:00:00Z" in item.closed
    assert (item.held, item.heals) == (item.closed, False)
    assert (later.closed, later.held, later.heals) == ("", "", True)


def test_who_only_looks_waits_for_no_window() -> None:
    item = look(a_closed_goal(policy=SyncPolicy(is_automated=False)))

    assert (item.closed, holding.delay_seconds(item, now=NOON)) == ("", None)


@pytest.mark.parametrize(
    ("request_", "manual", "is_closed"),
    [
        pytest.param(OperationRequest(), True, False, id="a-person-who-may"),
        pytest.param(OperationRequest(), False, True, id="a-person-who-may-not"),
        pytest.param(OperationRequest(is_automated=True), True, True, id="a-program"),
        pytest.param(None, True, True, id="nobody"),
    ],
)
def test_a_sync_that_a_person_asks_for_may_be_let_through(
    request_: OperationRequest | None,
    manual: bool,  # noqa: FBT001 -- a parameter of the table
    is_closed: bool,  # noqa: FBT001 -- another one
) -> None:
    item = look(a_closed_goal(request_, manualSync=manual))

    assert bool(item.closed) is is_closed


WAITED: JsonObject = {
    "conditions": [
        {
            "type": "WaitingForDependencies",
            "message": "",
            "lastTransitionTime": "2026-11-26T10:00:00Z",
        }
    ]
}


@pytest.mark.parametrize(
    ("status", "is_closed"),
    [
        pytest.param(running(), False, id="under-way"),
        pytest.param(running(digest="g0"), True, id="another-one"),
        pytest.param(running(started="2026-11-26T11:30:00Z"), True, id="begun-too-late"),
        pytest.param({**running(), **WAITED}, True, id="not-begun-yet"),
        pytest.param({}, True, id="nothing"),
    ],
)
def test_what_is_under_way_may_be_let_go_on(status: JsonObject, is_closed: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    item = look(a_closed_goal(syncOverrun=True), status=status)

    assert bool(item.closed) is is_closed


def test_windows_are_told_only_where_something_waits_for_them() -> None:
    item = look(a_closed_goal())
    kinds = dict(holding.told(item, REPORT).conditions)
    waits = holding.told(item, replace(REPORT, sync="Synced"))
    item.run = sync_run.begin(a_goal(desired()))
    item.run.enter("Succeeded")
    idle = holding.told(item, replace(REPORT, sync="Synced"))

    assert kinds == {"WaitingForSyncWindow": item.closed}
    assert waits.conditions
    assert idle.conditions == ()
    assert holding.told(tracked(), REPORT) == REPORT


def test_windows_are_looked_at_when_they_change_and_once_an_hour_at_least() -> None:
    item = look(a_closed_goal(), now=NOON + timedelta(minutes=59, seconds=30))

    assert holding.delay_seconds(item, now=NOON + timedelta(minutes=59, seconds=30)) == 30.0
    assert holding.delay_seconds(item, now=NOON + timedelta(hours=2)) == 0.0
    assert holding.delay_seconds(look(a_closed_goal()), now=NOON) == 3600.0


def told(item: Tracked, goal: Goal) -> Report:
    return with_operation(item, goal, REPORT, results=(), begun=NOON, now=NOON)


def test_a_sync_that_has_not_begun_is_no_operation() -> None:
    goal = a_closed_goal()

    assert told(look(goal), goal).operation is None


def test_one_that_is_asked_for_or_under_way_tells_what_it_waits_for() -> None:
    asked, begun = a_closed_goal(OperationRequest()), a_closed_goal()
    waiting = look(asked)
    stopped = look(begun, status=running())

    for item, goal in ((waiting, asked), (stopped, begun)):
        operation = told(item, goal).operation
        assert operation is not None
        assert (operation.phase, operation.message) == ("Running", item.closed)
