"""An operation that is taken back ends with its hooks, and is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.verdict import Health
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import withdrawing
from gitopskit.reconciler.application import SyncPolicy
from gitopskit.reconciler.inventory import Entry, Inventory
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.operation_request import OperationRequest
from gitopskit.reconciler.status import Report
from tests.support.asking import ask, until_answered, until_compared
from tests.support.desiring import APPLIER, desired, observation
from tests.support.hooking import COMPLETE, JOBS, end, job, until_told
from tests.support.reconciling import World, config_map, text
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Goal

Run = Callable[[], AbstractAsyncContextManager[Controller]]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MANUAL = SyncPolicy()
RUNNING: JsonObject = {
    "sync": {"revision": "c0"},
    "operationState": {
        "phase": "Running",
        "startedAt": "2025-12-31T00:00:00Z",
        "operation": {"initiatedBy": {"username": "ann"}, "sync": {"revision": "c1"}},
        "syncResult": {"revision": "c1"},
    },
}


def asked(policy: SyncPolicy, request: OperationRequest | None) -> Goal:
    goal = a_goal(desired(), policy=policy)
    return replace(goal, application=replace(goal.application, operation=request))


@pytest.mark.parametrize(
    ("goal", "status", "is_to_end", "is_withdrawn"),
    [
        pytest.param(asked(MANUAL, None), RUNNING, False, True, id="taken-out"),
        pytest.param(asked(MANUAL, OperationRequest()), RUNNING, False, False, id="under-way"),
        pytest.param(asked(MANUAL, OperationRequest()), RUNNING, True, True, id="terminated"),
        pytest.param(asked(MANUAL, None), {}, False, False, id="nothing-ran"),
        pytest.param(a_goal(desired()), RUNNING, True, False, id="automated"),
    ],
)
def test_an_operation_is_withdrawn_by_who_takes_it_back(
    goal: Goal, status: JsonObject, *, is_to_end: bool, is_withdrawn: bool
) -> None:
    item = tracked(status=status)
    item.is_to_end = is_to_end

    assert withdrawing.is_withdrawn(item, goal) is is_withdrawn


def test_hooks_that_have_ended_stay() -> None:
    names = ("done", "failed", "works", "unseen")
    refs = {name: ObjectRef("batch", "Job", "shop", name) for name in names}
    health = {"done": "Healthy", "failed": "Degraded", "works": "Progressing"}
    live = {refs[it]: observation(health=Health(status)) for it, status in health.items()}  # type: ignore[arg-type]  # of the table above
    item = tracked()
    item.inventory = Inventory().ahead(
        Entry(ref=ref, version="v1", applier=APPLIER, is_hook=True) for ref in refs.values()
    )

    found = withdrawing.to_end(item, live.get)

    assert [entry.ref.name for entry in found] == ["works", "unseen"]


def test_its_end_is_told_with_what_was_asked() -> None:
    report = Report(sync="OutOfSync", health=Health("Missing"))

    found = withdrawing.told(tracked(status=RUNNING), report, now=NOW).operation

    assert found is not None
    assert (found.phase, found.revision, found.finished_at) == ("Failed", "c1", NOW)
    assert found.asked == RUNNING["operationState"]["operation"]
    assert found.started_at == datetime(2025, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param({"operation": None}, id="taken-out"),
        pytest.param({"status": {"operationState": {"phase": "Terminating"}}}, id="terminated"),
    ],
)
async def test_who_takes_an_operation_back_ends_it_with_its_hooks(
    world: World, reconciler: Run, unique: str, patch: JsonObject
) -> None:
    world.repository.commit({"app/all.yaml": text(job(unique, "PreSync"), config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique, policy={})

    async with reconciler():
        await until_compared(world, unique)
        await ask(world, unique)
        await until_told(world, unique, "Running", "waits for")
        await world.admin.patch(APPLICATIONS, unique, "argocd", patch=patch, field_manager="argocd")
        state = await until_told(world, unique, "Failed", "taken back before it ended")
        await until_answered(world, unique)
        await world.until_gone(JOBS, unique)
        assert await world.data(unique) is None

        await ask(world, unique)
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)

    assert state["operation"]["initiatedBy"] == {"username": "ann"}
    assert "finishedAt" in state
    assert await world.data(unique) == {}
