"""Receivers are told of what goes wrong, on the real server, and no sync waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.alerting import is_recorded, receivers
from tests.support.polling import eventually
from tests.support.receiving import inbox
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

ONCE: JsonObject = {"automated": {"prune": True, "selfHeal": True}, "retry": {"limit": 0}}


def invalid(name: str) -> JsonObject:
    return {**config_map(name), "data": {"no key is like this": ""}}


async def test_a_sync_that_fails_is_told_over_a_restart_once_and_so_is_its_end(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/a.yaml": text(invalid(unique))})
    await world.project(unique)
    await world.application(unique, project=unique, policy=ONCE)

    async with inbox() as box, receivers(world, unique, team=box):
        async with reconciler():
            await box.until(1)
            await eventually(lambda: is_recorded(world, unique))
        async with reconciler():
            world.repository.commit({"app/a.yaml": text(config_map(unique))})
            await world.until_synced(unique)
            await box.until(2)
            await eventually(lambda: is_recorded(world, f"{unique}\tsync\t", is_there=False))

    assert box.told() == [("sync", "firing"), ("sync", "resolved")]
    event = box.sent[0].content["data"]
    assert (event["application"], event["project"]) == (unique, unique)
    assert event["namespace"] == world.namespace
    assert event["message"].startswith("SyncError: ConfigMap/")


async def test_divergence_that_nobody_heals_and_a_deletion_that_waits_are_told(
    world: World, reconciler: Run, unique: str
) -> None:
    kept = {"argocd.argoproj.io/sync-options": "Prune=confirm"}
    guarded = config_map(f"{unique}-b")
    guarded["metadata"]["annotations"] = kept
    world.repository.commit({"app/a.yaml": text(config_map(unique, at="1"), guarded)})
    await world.project(unique)
    policy: JsonObject = {"automated": {"prune": True, "selfHeal": False}}
    await world.application(unique, project=unique, policy=policy)

    async with inbox() as box, receivers(world, unique, team=box), reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/a.yaml": text(config_map(unique, at="1"))})
        await world.until_condition(unique, "DeletionConfirmationRequired")
        await world.edit(CONFIG_MAPS, unique, {"data": {"at": "edited"}})
        await eventually(lambda: {topic for topic, _ in box.told()} >= {"guard", "divergence"})

    assert {state for _, state in box.told()} == {"firing"}


async def test_a_receiver_that_is_silent_delays_no_sync_and_no_other_receiver(
    world: World, reconciler: Run, unique: str, tell: Callable[[str], None]
) -> None:
    broken, well = f"{unique}-broken", f"{unique}-well"
    files = {"broken/a.yaml": text(invalid(broken)), "well/a.yaml": text(config_map(well, at="1"))}
    world.repository.commit(files)
    await world.project(unique)
    await world.application(broken, project=unique, path="broken", policy=ONCE)
    await world.application(well, project=unique, path="well")
    clock = asyncio.get_running_loop().time

    async with AsyncExitStack() as stack:
        silent, quick = [await stack.enter_async_context(inbox()) for _ in range(2)]
        silent.is_silent = True
        await stack.enter_async_context(receivers(world, unique, quick=quick, silent=silent))
        await stack.enter_async_context(reconciler())
        await silent.until(1)
        await quick.until(1)
        files["well/a.yaml"] = text(config_map(well, at="2"))
        begun = clock()
        commit = world.repository.commit(files)
        await world.until_synced(well, revision=commit)
        seconds = clock() - begun

    tell(f"beside a receiver that never answers: synced {seconds:.2f} s after the push")
    assert quick.told() == [("sync", "firing")]
    assert seconds < 3.0
