"""A goal is that of what was read when its look began, whatever changes meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APP_PROJECTS, APPLICATIONS
from gitopskit.reconciler import handover
from gitopskit.reconciler.goals import Goals, Refused
from gitopskit.reconciler.jq_paths import JqPaths
from gitopskit.reconciler.repositories import Repositories
from gitopskit.reconciler.state import Registry, Tracked
from tests.support.reconciling import config_map, options, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.application import Follow
    from tests.support.reconciling import World


class SlowRepositories(Repositories):
    """Repositories that answer when they are let."""

    def __init__(self, world: World) -> None:
        super().__init__(options(world.cache_dir).repositories)
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def head(self, follow: Follow) -> str:
        found = await super().head(follow)
        self.is_asked.set()
        await self.may_answer.wait()
        return found


@pytest.fixture
async def slow(world: World) -> AsyncIterator[SlowRepositories]:
    repositories = SlowRepositories(world)
    yield repositories
    repositories.close()


@pytest.fixture
async def registry(world: World, unique: str) -> Registry:
    """Return what a watch shows of an Application and its project."""
    world.repository.commit({f"{name}/a.yaml": text(config_map(unique)) for name in ("app", "new")})
    found = Registry()
    found.projects[unique] = await world.project(unique)
    found.see(await world.application(unique, project=unique))
    return found


@pytest.fixture
def goals(world: World, registry: Registry, slow: SlowRepositories) -> Goals:
    return Goals(world.admin, registry=registry, repositories=slow, jq=JqPaths(world.admin.clock))


async def changed(world: World, name: str, **spec: JsonValue) -> JsonObject:
    kind = APPLICATIONS if "source" in spec else APP_PROJECTS
    return await world.admin.patch(
        kind, name, "argocd", patch={"spec": spec}, field_manager="kubectl-edit"
    )


async def test_a_spec_that_changes_during_a_look_is_taken_up_by_the_next(
    world: World, unique: str, registry: Registry, slow: SlowRepositories, goals: Goals
) -> None:
    tracked = registry.applications[unique]
    looking = asyncio.create_task(goals.find(tracked))
    await slow.is_asked.wait()

    registry.see(await changed(world, unique, source={"path": "new"}))
    slow.may_answer.set()
    tracked.goal = await looking
    after = await goals.find(tracked)

    assert tracked.goal.application.source.path == "app"
    assert after.application.source.path == "new"


async def test_what_is_wished_after_a_change_during_a_look_is_not_known_before_the_next(
    world: World, unique: str, registry: Registry, slow: SlowRepositories, goals: Goals
) -> None:
    """Otherwise another Application deletes what the new spec wants to take over."""
    tracked = registry.applications[unique]
    other = Tracked(name="other", content={"metadata": {}}, fingerprint="", status={})
    looking = asyncio.create_task(goals.find(tracked))
    await slow.is_asked.wait()

    registry.see(await changed(world, unique, source={"path": "new"}))
    slow.may_answer.set()
    goal = await looking
    tracked.wishes = handover.wished(tracked, (it.ref for it in goal.objects))
    found = handover.prospects(other, registry.applications, heads=goals.heads, projects={})

    assert found.awaited == {unique}


async def test_a_project_that_changes_during_a_look_holds_for_the_next(
    world: World, unique: str, registry: Registry, slow: SlowRepositories, goals: Goals
) -> None:
    tracked = registry.applications[unique]
    looking = asyncio.create_task(goals.find(tracked))
    await slow.is_asked.wait()

    blacklist: JsonObject = {"namespaceResourceBlacklist": [{"group": "", "kind": "ConfigMap"}]}
    registry.projects[unique] = await changed(world, unique, **blacklist)
    slow.may_answer.set()
    tracked.goal = await looking

    with pytest.raises(Refused, match="ConfigMap"):
        await goals.find(tracked)


async def test_a_project_that_goes_during_a_look_is_told_by_the_next(
    unique: str, registry: Registry, slow: SlowRepositories, goals: Goals
) -> None:
    tracked = registry.applications[unique]
    looking = asyncio.create_task(goals.find(tracked))
    await slow.is_asked.wait()

    del registry.projects[unique]
    slow.may_answer.set()
    tracked.goal = await looking

    with pytest.raises(Refused, match="there is no AppProject"):
        await goals.find(tracked)
