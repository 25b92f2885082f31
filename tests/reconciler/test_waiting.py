"""Waiting for Applications."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.waiting import progress, wait
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]


HEALTHY = {"type": "HealthyRevision", "message": "the last healthy revision is c1"}
BACK = {"type": "RolledBack", "message": "c1 is deployed instead of c2"}


def application(sync: str, health: str, **status: object) -> JsonObject:
    told = {"sync": {"status": sync, "revision": "c1"}, "health": {"status": health}, **status}
    return {"status": told}


@pytest.mark.parametrize(
    ("content", "revision", "state"),
    [
        pytest.param(None, "", "there is no such Application", id="absent"),
        pytest.param({}, "", "not seen yet, Unknown", id="new"),
        pytest.param(application("Synced", "Healthy"), "", "", id="done"),
        pytest.param(application("Synced", "Healthy"), "c1", "", id="at-the-revision"),
        pytest.param(application("Synced", "Healthy"), "c2", "still at c1", id="at-another"),
        pytest.param(
            application("Synced", "Progressing"), "", "Synced, Progressing", id="starting"
        ),
        pytest.param(
            application("OutOfSync", "Missing", conditions=[{"message": "refused"}]),
            "",
            "OutOfSync, Missing; refused",
            id="refused",
        ),
        pytest.param(
            application("Synced", "Progressing", conditions=[HEALTHY]),
            "",
            "Synced, Progressing",
            id="with-a-healthy-revision",
        ),
        pytest.param(
            application("Synced", "Healthy", conditions=[HEALTHY, BACK]),
            "",
            "rolled back: c1 is deployed instead of c2",
            id="rolled-back",
        ),
    ],
)
def test_progress_says_what_is_waited_for(
    content: JsonObject | None, revision: str, state: str
) -> None:
    found = progress("web", content, revision=revision)

    assert (found.state, found.is_done) == (state, not state)


@pytest.mark.parametrize(("revision", "is_final"), [("", False), ("c2", True), ("c3", False)])
def test_only_the_commit_that_was_rolled_back_is_given_up(revision: str, *, is_final: bool) -> None:
    content = application("Synced", "Healthy", conditions=[HEALTHY, BACK])

    found = progress("web", content, revision=revision, heads={})

    assert not found.is_done
    assert found.is_final is is_final


async def test_waiting_ends_with_the_time(world: World, unique: str) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.application(unique, project=unique)

    (known, absent) = await wait(world.admin, [unique, "absent"], timeout_seconds=0.1)

    assert not known.is_done
    assert absent.state == "there is no such Application"


async def test_a_commit_that_does_not_concern_an_application_was_seen_without_a_write(
    world: World, reconciler: Run, unique: str
) -> None:
    app = {"app/all.yaml": text(config_map(unique))}
    first = world.repository.commit(app)
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique, revision=first)
        before = await world.get(APPLICATIONS, unique, "argocd")
        other = world.repository.commit({**app, "README": "new"})
        (found,) = await wait(world.admin, [unique], timeout_seconds=20, revision=other)

    assert found.is_done
    assert await world.get(APPLICATIONS, unique, "argocd") == before
