"""Hooks before and after the objects of an Application that is deleted; on the real server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APP_PROJECTS, APPLICATIONS
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import COMPLETE, FAILED, JOBS, end, job, until_job
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

OBJECTS = "resources-finalizer.argocd.argoproj.io"
BEFORE = "pre-delete-finalizer.argocd.argoproj.io"
AFTER = "post-delete-finalizer.argocd.argoproj.io"


async def finalizers(world: World, name: str) -> list[str]:
    found = await world.get(APPLICATIONS, name, "argocd")
    return list(found["metadata"].get("finalizers") or []) if found else []


async def registered(world: World, name: str, *contents: JsonObject, cascade: bool = True) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(name, color="red"), *contents)})
    await world.project(name)
    await world.application(name, project=name, finalizer=cascade)


async def deleted(world: World, name: str) -> None:
    found = await world.get(APPLICATIONS, name, "argocd")
    assert found is not None
    await world.admin.delete(APPLICATIONS, name, "argocd", uid=found["metadata"]["uid"])


async def with_finalizers(world: World, name: str, *wanted: str) -> None:
    patch = {"metadata": {"finalizers": list(wanted)}}
    await world.admin.patch(
        APPLICATIONS, name, "argocd", patch=patch, field_manager="kubectl-patch"
    )


async def until_waiting(world: World, name: str, hook: str) -> None:
    """Wait until an Application says that it waits for a hook."""

    async def is_told() -> bool:
        health = (await world.status(name)).get("health") or {}
        return f"waits for Job/{world.namespace}/{hook}" in health.get("message", "")

    await eventually(is_told)


async def test_hooks_run_before_and_after_the_objects_go(
    world: World, reconciler: Run, unique: str
) -> None:
    before, after = f"{unique}-before", f"{unique}-after"
    await registered(world, unique, job(before, "PreDelete"), job(after, "PostDelete"))

    async with reconciler():
        await world.until_synced(unique)
        assert await world.get(JOBS, before) is None
        armed = [OBJECTS, BEFORE, f"{BEFORE}/cleanup", AFTER, f"{AFTER}/cleanup"]
        assert await finalizers(world, unique) == armed
        await deleted(world, unique)
        await until_waiting(world, unique, before)
        assert await world.data(unique) == {"color": "red"}
        await end(world, before, COMPLETE)
        await until_waiting(world, unique, after)
        assert await world.data(unique) is None
        assert await finalizers(world, unique) == [AFTER, f"{AFTER}/cleanup"]
        await end(world, after, COMPLETE)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.get(JOBS, before) is None
    assert await world.get(JOBS, after) is None
    assert await world.listed(unique) == {}


async def test_without_the_finalizer_for_objects_hooks_run_and_the_objects_stay(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, job(f"{unique}-after", "PostDelete"), cascade=False)

    async with reconciler():
        await world.until_synced(unique)
        await deleted(world, unique)
        await end(world, f"{unique}-after", COMPLETE)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.data(unique) == {"color": "red"}
    assert await world.get(JOBS, f"{unique}-after") is None


@pytest.mark.parametrize("phase", ["PreDelete", "PostDelete"])
async def test_a_hook_that_failed_holds_the_deletion_until_it_is_taken_away(
    world: World, reconciler: Run, unique: str, phase: str
) -> None:
    await registered(world, unique, job(f"{unique}-hook", phase))

    async with reconciler():
        await world.until_synced(unique)
        await deleted(world, unique)
        made = await end(world, f"{unique}-hook", FAILED)
        message = await world.until_condition(unique, "DeletionError")
        assert f"the {phase} hook failed: no luck" in message
    assert (await world.data(unique) is None) == (phase == "PostDelete")

    async with reconciler():
        await world.until_condition(unique, "DeletionError", "no luck")
        failed = await until_job(world, f"{unique}-hook")
        assert failed["metadata"]["uid"] == made["metadata"]["uid"]
        await world.admin.delete(
            JOBS, f"{unique}-hook", world.namespace, uid=made["metadata"]["uid"]
        )

        async def is_made_again() -> bool:
            found = await world.get(JOBS, f"{unique}-hook")
            return found is not None and found["metadata"]["uid"] != made["metadata"]["uid"]

        await eventually(is_made_again)
        await end(world, f"{unique}-hook", COMPLETE)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.data(unique) is None


@pytest.mark.parametrize("phase", ["PreDelete", "PostDelete"])
async def test_a_deletion_goes_on_after_a_restart(
    world: World, reconciler: Run, unique: str, phase: str
) -> None:
    await registered(world, unique, job(f"{unique}-hook", phase))
    async with reconciler():
        await world.until_synced(unique)
        await deleted(world, unique)
        await until_waiting(world, unique, f"{unique}-hook")
    await end(world, f"{unique}-hook", COMPLETE)

    async with reconciler():
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.get(JOBS, f"{unique}-hook") is None
    assert await world.data(unique) is None
    assert await world.listed(unique) == {}


async def test_a_hook_whose_finalizer_is_off_has_run(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, job(f"{unique}-hook", "PreDelete"))
    async with reconciler():
        await world.until_synced(unique)
        await deleted(world, unique)
        await until_waiting(world, unique, f"{unique}-hook")
    await with_finalizers(world, unique, OBJECTS, f"{BEFORE}/cleanup")

    async with reconciler():
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.get(JOBS, f"{unique}-hook") is None
    assert await world.data(unique) is None


async def test_a_hook_that_leaves_git_takes_its_finalizers_with_it(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, job(f"{unique}-hook", "PreDelete"))

    async def has_only_that_of_objects() -> bool:
        return await finalizers(world, unique) == [OBJECTS]

    async with reconciler():
        await world.until_synced(unique)
        assert BEFORE in await finalizers(world, unique)
        world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
        await eventually(has_only_that_of_objects)
        await deleted(world, unique)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.data(unique) is None


async def test_hooks_that_are_not_known_hold_the_deletion_until_their_finalizers_are_taken_off(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, job(f"{unique}-hook", "PreDelete"))

    async with reconciler():
        await world.until_synced(unique)
        project = await world.get(APP_PROJECTS, unique, "argocd")
        assert project is not None
        await world.admin.delete(APP_PROJECTS, unique, "argocd", uid=project["metadata"]["uid"])
        await deleted(world, unique)
        await world.until_condition(unique, "DeletionError", "the PreDelete hooks are not known")
        assert await world.data(unique) == {"color": "red"}
        await with_finalizers(world, unique, OBJECTS)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.data(unique) is None


async def test_a_hook_that_cannot_be_made_holds_the_deletion(
    world: World, reconciler: Run, unique: str
) -> None:
    broken = job(f"{unique}-hook", "PreDelete")
    broken["spec"]["template"]["spec"]["restartPolicy"] = "Sometimes"
    await registered(world, unique, broken)

    async with reconciler():
        await world.until_synced(unique)
        await deleted(world, unique)
        message = await world.until_condition(unique, "DeletionError")
        assert "the PreDelete hooks cannot be made" in message
        world.repository.commit(
            {"app/all.yaml": text(config_map(unique), job(f"{unique}-hook", "PreDelete"))}
        )

    async with reconciler():
        await end(world, f"{unique}-hook", COMPLETE)
        await world.until_gone(APPLICATIONS, unique, "argocd")
