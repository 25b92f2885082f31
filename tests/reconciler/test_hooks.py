"""Hooks run once for a sync, in their phase, and go by their policy; on the real server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import (
    COMPLETE,
    FAILED,
    JOBS,
    annotated,
    end,
    job,
    until_job,
    until_told,
)
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, options, text

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]


def hook_results(state: JsonObject) -> dict[str, str]:
    return {
        it["name"]: f"{it['hookType']} {it['hookPhase']}"
        for it in state["syncResult"]["resources"]
        if "hookPhase" in it
    }


async def test_hooks_come_before_and_after_the_objects(
    world: World, reconciler: Run, unique: str
) -> None:
    before, after = f"{unique}-before", f"{unique}-after"
    commit = world.repository.commit(
        {
            "app/all.yaml": text(
                job(before, "PreSync"), config_map(unique, color="red"), job(after, "PostSync")
            )
        }
    )
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await until_told(world, unique, "Running", f"waits for Job/{world.namespace}/{before}")
        assert await world.data(unique) is None
        await end(world, before, COMPLETE)
        await until_job(world, after)
        assert await world.data(unique) == {"color": "red"}
        await end(world, after, COMPLETE)
        await until_told(world, unique, "Succeeded")
        status = await world.until_synced(unique, revision=commit)

    assert hook_results(status["operationState"]) == {
        before: "PreSync Succeeded",
        after: "PostSync Succeeded",
    }
    assert [it["kind"] for it in status["resources"]] == ["ConfigMap"]


async def test_a_restart_and_a_heal_run_no_hooks(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit(
        {"app/all.yaml": text(job(unique, "PreSync"), config_map(unique, color="red"))}
    )
    await world.project(unique)
    await world.application(unique, project=unique)
    async with reconciler():
        made = await end(world, unique, COMPLETE)
        await until_told(world, unique, "Succeeded")

    async with reconciler():
        await world.until_synced(unique)
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "blue"}})

        async def is_healed() -> bool:
            return await world.data(unique) == {"color": "red"}

        await eventually(is_healed)
        await world.until_synced(unique)

    assert (await until_job(world, unique))["metadata"]["uid"] == made["metadata"]["uid"]


async def test_a_run_goes_on_after_a_restart(world: World, reconciler: Run, unique: str) -> None:
    world.repository.commit(
        {"app/all.yaml": text(job(unique, "PreSync"), config_map(unique, color="red"))}
    )
    await world.project(unique)
    await world.application(unique, project=unique)
    async with reconciler():
        await until_told(world, unique, "Running", "waits for")
    made = await until_job(world, unique)

    async with reconciler():
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)

    assert (await until_job(world, unique))["metadata"]["uid"] == made["metadata"]["uid"]


async def test_a_new_revision_ends_the_wait_and_the_hook_of_the_old_one(
    world: World, reconciler: Run, unique: str
) -> None:
    old, new = f"{unique}-old", f"{unique}-new"
    world.repository.commit({"app/all.yaml": text(job(old, "PreSync"), config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await until_told(world, unique, "Running", old)
        commit = world.repository.commit(
            {"app/all.yaml": text(job(new, "PreSync"), config_map(unique, color="blue"))}
        )
        await end(world, new, COMPLETE)
        await world.until_synced(unique, revision=commit)
        await world.until_gone(JOBS, old)

    assert await world.data(unique) == {"color": "blue"}


async def test_the_same_hook_is_made_anew_for_each_sync(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(job(unique, "PreSync"), config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        first = await end(world, unique, COMPLETE)
        await until_told(world, unique, "Succeeded")
        world.repository.commit(
            {"app/all.yaml": text(job(unique, "PreSync"), config_map(unique, color="blue"))}
        )
        await until_told(world, unique, "Running", "waits for")
        second = await end(world, unique, COMPLETE)
        await until_told(world, unique, "Succeeded")

    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    assert await world.data(unique) == {"color": "blue"}


@pytest.mark.parametrize(
    ("policy", "status", "is_kept"),
    [
        pytest.param("HookSucceeded", COMPLETE, False, id="succeeded"),
        pytest.param("HookFailed", COMPLETE, True, id="not-failed"),
        pytest.param("HookFailed", FAILED, False, id="failed"),
    ],
)
async def test_a_hook_is_taken_away_by_its_policy(
    world: World,
    reconciler: Run,
    unique: str,
    policy: str,
    status: JsonObject,
    is_kept: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    hook = annotated(job(unique, "PreSync"), hook_delete_policy=policy)
    world.repository.commit({"app/all.yaml": text(hook, config_map(unique))})
    await world.project(unique)
    await world.application(
        unique, project=unique, policy={"automated": AUTOMATED, "retry": {"limit": 0}}
    )

    async with reconciler():
        await end(world, unique, status)
        await until_told(world, unique, "Failed" if status is FAILED else "Succeeded")

        assert (await world.get(JOBS, unique) is not None) is is_kept


async def test_a_failed_hook_ends_the_sync_and_calls_for_help(
    world: World, reconciler: Run, unique: str
) -> None:
    alarm = f"{unique}-alarm"
    world.repository.commit(
        {"app/all.yaml": text(job(unique, "PreSync"), config_map(unique), job(alarm, "SyncFail"))}
    )
    await world.project(unique)
    await world.application(
        unique, project=unique, policy={"automated": AUTOMATED, "retry": {"limit": 0}}
    )

    async with reconciler():
        await end(world, unique, FAILED)
        await end(world, alarm, COMPLETE)
        state = await until_told(world, unique, "Failed", "the PreSync hook failed: no luck")
        told = await world.until_condition(unique, "SyncError", "no luck")

    assert await world.data(unique) is None
    assert told == f"Job/{world.namespace}/{unique}: the PreSync hook failed: no luck"
    assert hook_results(state) == {unique: "PreSync Failed", alarm: "SyncFail Succeeded"}


async def test_a_failed_sync_is_tried_again_with_its_hooks(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(job(unique, "PreSync"), config_map(unique))})
    await world.project(unique)
    retry = {"limit": 1, "backoff": {"duration": "1ms"}}
    await world.application(unique, project=unique, policy={"automated": AUTOMATED, "retry": retry})

    async with reconciler():
        first = await end(world, unique, FAILED)

        async def is_new() -> bool:
            content = await world.get(JOBS, unique) or first
            return bool(content["metadata"]["uid"] != first["metadata"]["uid"])

        await eventually(is_new)
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)


async def test_a_generated_name_is_of_the_run(world: World, reconciler: Run, unique: str) -> None:
    hook = job(f"{unique}-", "PreSync", is_generated=True)
    world.repository.commit({"app/all.yaml": text(hook, config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique, finalizer=True)

    async with reconciler():
        state = await until_told(world, unique, "Running", f"{unique}-presync-")
        name = state["message"].split("/")[2].split()[0]
        made = await end(world, name, COMPLETE)
        assert name.endswith(f"-{made['metadata']['annotations']['gitopskit.io/sync-run']}")
        await world.until_synced(unique)
        found = await world.get(APPLICATIONS, unique, "argocd") or {}
        uid = found["metadata"]["uid"]
        await world.admin.delete(APPLICATIONS, unique, "argocd", uid=uid)
        await world.until_gone(JOBS, name)


async def test_a_sync_that_gives_up_calls_for_help(
    world: World, reconciler: Run, unique: str
) -> None:
    bad = {**config_map(unique), "data": {"not a key": "x"}}
    world.repository.commit({"app/all.yaml": text(bad, job(unique, "SyncFail"))})
    await world.project(unique)
    await world.application(
        unique, project=unique, policy={"automated": AUTOMATED, "retry": {"limit": 0}}
    )

    async with reconciler():
        await end(world, unique, COMPLETE)
        state = await until_told(world, unique, "Failed", "failed after 1 attempts")

    assert hook_results(state) == {unique: "SyncFail Succeeded"}


async def test_a_single_pass_waits_for_hooks(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(job(unique, "PreSync"), config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    controller = Controller(reconciler_client, options(world.cache_dir))

    passing = asyncio.create_task(controller.pass_once([unique]))
    await end(world, unique, COMPLETE)
    (content,) = await passing

    assert content["status"]["operationState"]["phase"] == "Succeeded"
    assert await world.data(unique) == {}


async def test_a_superseding_commit_waits_for_nothing_old(
    world: World, reconciler: Run, unique: str, tell: Callable[[str], None]
) -> None:
    old = job(f"{unique}-old", "PreSync")
    world.repository.commit({"app/all.yaml": text(old, config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    clock = asyncio.get_running_loop().time

    async with reconciler():
        await until_told(world, unique, "Running", f"{unique}-old")
        begun = clock()
        commit = world.repository.commit({"app/all.yaml": text(config_map(unique, color="blue"))})
        await world.until_synced(unique, revision=commit)
        took = clock() - begun

    tell(f"a commit superseded a sync that waited for a hook after {took:.2f} s (polling 0.5 s)")
    assert await world.get(JOBS, f"{unique}-old") is None


async def test_hooks_of_charts_are_hooks_of_the_sync(
    world: World, reconciler: Run, unique: str
) -> None:
    """The lighter one comes first and goes when it has succeeded; one for tests never runs."""
    first, second, after, never = (f"{unique}-{it}" for it in ("first", "second", "after", "test"))
    before = "pre-install,pre-upgrade"
    contents = (
        of_chart(second, before, weight="5"),
        of_chart(first, before, delete_policy="hook-succeeded"),
        of_chart(after, "post-install,post-upgrade"),
        of_chart(never, "test"),
        config_map(unique),
    )
    world.repository.commit({"app/all.yaml": text(*contents)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await until_told(world, unique, "Running", f"/{first} (PreSync, wave 0)")
        assert await world.get(JOBS, second) is None
        await end(world, first, COMPLETE)
        await until_job(world, second)
        assert await world.data(unique) is None
        await end(world, second, COMPLETE)
        await until_job(world, after)
        assert await world.data(unique) == {}
        await end(world, after, COMPLETE)
        state = await until_told(world, unique, "Succeeded")
        await world.until_gone(JOBS, first)

    assert hook_results(state) == {
        first: "PreSync Succeeded",
        second: "PreSync Succeeded",
        after: "PostSync Succeeded",
    }
    assert await world.get(JOBS, second) is not None
    assert await world.get(JOBS, never) is None


def of_chart(name: str, hook: str, *, weight: str = "", delete_policy: str = "") -> JsonObject:
    """Return a Job with annotations of Helm's, without those that are empty."""
    given = {"hook": hook, "hook-weight": weight, "hook-delete-policy": delete_policy}
    content = job(name)
    annotations = {f"helm.sh/{key}": value for key, value in given.items() if value}
    return {**content, "metadata": {**content["metadata"], "annotations": annotations}}
