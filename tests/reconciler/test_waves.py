"""Waves and dependencies: one object waits for the health of another; on the real server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import COMPLETE, FAILED, annotated, end, job, until_told
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text

Run = Callable[[], AbstractAsyncContextManager[Controller]]


async def test_a_wave_waits_for_the_health_of_the_one_before(
    world: World, reconciler: Run, unique: str
) -> None:
    late = annotated(config_map(unique, color="red"), sync_wave="1")
    commit = world.repository.commit({"app/all.yaml": text(late, job(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await until_told(world, unique, "Running", "(Sync, wave 0)")
        assert await world.data(unique) is None
        await end(world, unique, COMPLETE)
        await world.until_synced(unique, revision=commit)

    assert await world.data(unique) == {"color": "red"}


async def test_a_wave_that_fails_ends_the_sync(world: World, reconciler: Run, unique: str) -> None:
    early = annotated(config_map(f"{unique}-early"), sync_wave="-1")
    beside, late = config_map(f"{unique}-beside"), annotated(config_map(unique), sync_wave="1")
    world.repository.commit({"app/all.yaml": text(early, job(unique), beside, late)})
    await world.project(unique)
    await world.application(
        unique, project=unique, policy={"automated": AUTOMATED, "retry": {"limit": 0}}
    )

    async with reconciler():
        await end(world, unique, FAILED)
        await until_told(world, unique, "Failed", "no luck")

        assert await world.data(f"{unique}-early") == {}
        assert await world.data(f"{unique}-beside") == {}
        assert await world.data(unique) is None


async def test_a_refused_object_does_not_hold_up_the_others_of_its_wave(
    world: World, reconciler: Run, unique: str
) -> None:
    bad = {**config_map(f"{unique}-bad"), "data": {"not a key": "x"}}
    late = annotated(config_map(f"{unique}-late"), sync_wave="1")
    world.repository.commit({"app/all.yaml": text(bad, config_map(unique), late)})
    await world.project(unique)
    await world.application(
        unique,
        project=unique,
        policy={"automated": AUTOMATED, "retry": {"backoff": {"duration": "1ms"}}},
    )

    async with reconciler():
        await world.until_condition(unique, "SyncError", f"{unique}-bad")
        assert await world.data(unique) == {}
        assert await world.data(f"{unique}-late") is None

        good = config_map(f"{unique}-bad")
        world.repository.commit({"app/all.yaml": text(good, config_map(unique), late)})
        await world.until_synced(unique)

    assert await world.data(f"{unique}-late") == {}


async def test_an_object_waits_for_those_it_depends_on(
    world: World, reconciler: Run, unique: str
) -> None:
    second = config_map(unique)
    path = f"batch/namespaces/{world.namespace}/Job/{unique}"
    second["metadata"]["annotations"] = {"config.kubernetes.io/depends-on": path}
    world.repository.commit({"app/all.yaml": text(second, job(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await until_told(world, unique, "Running", f"Job/{world.namespace}/{unique} (Sync")
        assert await world.data(unique) is None
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)

    assert await world.data(unique) == {}


async def test_a_dependency_that_is_never_met_is_refused(
    world: World, reconciler: Run, unique: str
) -> None:
    second = config_map(unique)
    second["metadata"]["annotations"] = {"config.kubernetes.io/depends-on": "batch/Job/none"}
    world.repository.commit({"app/all.yaml": text(second)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        told = await world.until_condition(unique, "InvalidSpecError", "depends on Job/none")

    assert "which the Application has not" in told
    assert await world.data(unique) is None


async def test_what_drifts_after_a_sync_is_put_back_without_waiting(
    world: World, reconciler: Run, unique: str
) -> None:
    late = annotated(config_map(unique, color="red"), sync_wave="1")
    world.repository.commit({"app/all.yaml": text(late, job(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_red() -> bool:
        return await world.data(unique) == {"color": "red"}

    async with reconciler():
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "blue"}})
        await eventually(is_red)


async def test_a_new_revision_of_a_later_wave_is_not_brought_early(
    world: World, reconciler: Run, unique: str
) -> None:
    """While the first wave is waited for, an edit of the second must not bring its new form."""
    early, late = f"{unique}-1", annotated(config_map(unique, color="red"), sync_wave="1")
    world.repository.commit({"app/all.yaml": text(config_map(early), late)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        newer = annotated(config_map(unique, color="green"), sync_wave="1")
        world.repository.commit({"app/all.yaml": text(config_map(early), job(unique), newer)})
        await until_told(world, unique, "Running", "(Sync, wave 0)")
        await world.edit(CONFIG_MAPS, unique, {"data": {"shape": "round"}})
        assert (await world.data(unique) or {})["color"] == "red"
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)

    assert await world.data(unique) == {"color": "green"}
