"""Waiting for Applications."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.waiting import Wanted, wait
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

PATIENCE_SECONDS = 60


async def test_waiting_ends_with_the_time(world: World, unique: str) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.application(unique, project=unique)

    (known, absent) = await wait(world.admin, Wanted(names=(unique, "absent")), timeout_seconds=0.1)

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
        wanted = Wanted(names=(unique,), revision=other)
        (found,) = await wait(world.admin, wanted, timeout_seconds=20)

    assert found.is_done
    assert await world.get(APPLICATIONS, unique, "argocd") == before


async def test_those_with_a_label_are_waited_for(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    label = {"metadata": {"labels": {"team": unique}}}
    await world.admin.patch(APPLICATIONS, unique, "argocd", patch=label, field_manager="tests")

    async with reconciler():
        wanted = Wanted(selector=f"team={unique}")
        (found,) = await wait(world.admin, wanted, timeout_seconds=PATIENCE_SECONDS)

    assert (found.name, found.is_done) == (unique, True)
    assert await wait(world.admin, Wanted(selector="team=nobody"), timeout_seconds=0) == ()


@pytest.mark.parametrize("is_named", [False, True], ids=["without-a-commit", "with-the-commit"])
async def test_a_sync_that_failed_for_good_ends_the_wait(
    world: World, reconciler: Run, unique: str, *, is_named: bool
) -> None:
    wrong = {**config_map(unique), "data": {"key": {"not": "text"}}}
    commit = world.repository.commit({"app/all.yaml": text(wrong)})
    await world.project(unique)
    policy = {"automated": {"prune": True}, "retry": {"limit": 1, "backoff": {"duration": "1s"}}}
    await world.application(unique, project=unique, policy=policy)

    async with reconciler():
        wanted = Wanted(names=(unique,), revision=commit if is_named else "")
        (found,) = await wait(world.admin, wanted, timeout_seconds=10 * PATIENCE_SECONDS)

    assert (found.is_done, found.is_final) == (False, True)
    assert found.state.startswith("its sync failed for good: failed after ")


async def test_what_does_not_build_ends_the_wait(
    world: World, reconciler: Run, unique: str
) -> None:
    commit = world.repository.commit({"app/kustomization.yaml": "resources: [missing.yaml]\n"})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        wanted = Wanted(names=(unique,), revision=commit)
        (found,) = await wait(world.admin, wanted, timeout_seconds=10 * PATIENCE_SECONDS)

    assert (found.is_done, found.is_final) == (False, True)
    assert "missing.yaml" in found.state


async def test_a_source_that_renders_to_nothing_is_a_warning_and_no_failure(
    world: World, reconciler: Run, unique: str
) -> None:
    first = world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    source = {"repoURL": world.url, "targetRevision": "main", "path": "app"}
    misspelt = {**source, "directory": {"include": "al.yaml"}}
    await world.application(unique, project=unique, source=misspelt)

    async with reconciler():
        wanted = Wanted(names=(unique,), revision=first)
        (found,) = await wait(world.admin, wanted, timeout_seconds=PATIENCE_SECONDS)
        mended: JsonObject = {"spec": {"source": {"directory": None}}}
        await world.admin.patch(APPLICATIONS, unique, "argocd", patch=mended, field_manager="tests")
        await eventually(lambda: _is_filled(world, unique))

    assert found.is_done
    assert found.warning.startswith("the source renders to no object at all: correct its path")


async def _is_filled(world: World, name: str) -> bool:
    told = await world.status(name)
    return bool(told["resources"]) and "NothingRendered" not in await world.conditions(name)
