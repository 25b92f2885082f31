"""Sync windows on the real server: what waits, what does not, and what wakes it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import APP_PROJECTS, APPLICATIONS, CONFIG_MAPS
from tests.support.clock import WrongClock
from tests.support.hooking import COMPLETE, annotated, end, job, until_told
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, running, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.loop import Controller

TEN = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
CONDITION = "WaitingForSyncWindow"
AT_TEN: JsonObject = {"schedule": "0 22 * * *", "duration": "2h", "applications": ["*"]}


def clock_at(moment: datetime) -> WrongClock:
    return WrongClock(skew=moment - SystemClock().now_utc())


@asynccontextmanager
async def reconciling_at(
    world: World, client: KubeClient, clock: WrongClock
) -> AsyncIterator[Controller]:
    """Run a reconciler whose time of day is wrong; no poll comes within the test."""
    async with (
        KubeClient(client.connection, clock=clock) as api,
        running(api, world.cache_dir, poll_seconds=3600) as controller,
    ):
        yield controller


async def touch(world: World, name: str) -> None:
    """Have the reconciler look at an Application and at Git, as a webhook would."""
    await world.admin.patch(
        APPLICATIONS,
        name,
        "argocd",
        patch={"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}},
        field_manager="tests",
    )


async def ask(world: World, name: str, **sync: JsonValue) -> None:
    """Ask for a sync, as `argocd app sync` does."""
    operation: JsonObject = {"initiatedBy": {"username": "ann"}, "sync": sync}
    await world.admin.patch(
        APPLICATIONS, name, "argocd", patch={"operation": operation}, field_manager="tests"
    )


async def test_what_is_pushed_waits_for_the_window_and_is_woken_by_its_beginning(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique, syncWindows=[{"kind": "allow", **AT_TEN}])
    await world.application(unique, project=unique)

    async with reconciling_at(world, reconciler_client, clock_at(TEN - timedelta(seconds=6))):
        message = await world.until_condition(unique, CONDITION)
        status = await world.status(unique)
        assert await world.data(unique) is None
        await world.until_synced(unique)

    assert "before 2026-11-26T22:00:00Z" in message
    assert 'allow "0 22 * * *" for 2h' in message
    assert status["sync"]["status"] == "OutOfSync"
    assert "operationState" not in status
    assert CONDITION not in await world.conditions(unique)
    assert await world.data(unique) == {"color": "red"}


async def test_nothing_is_healed_or_pruned_while_a_window_denies_it(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    kept, gone = f"{unique}-kept", f"{unique}-gone"
    objects = config_map(kept, color="red"), config_map(gone)
    world.repository.commit({"app/all.yaml": text(*objects)})
    await world.project(unique, syncWindows=[{"kind": "deny", **AT_TEN}])
    await world.application(unique, project=unique)
    clock = clock_at(TEN - timedelta(hours=1))

    async def is_out_of_sync() -> bool:
        status = await world.status(unique)
        return bool(status["sync"]["status"] == "OutOfSync")

    async def is_healed() -> bool:
        return await world.data(kept) == {"color": "red"}

    async with reconciling_at(world, reconciler_client, clock):
        await world.until_synced(unique)
        clock.skew += timedelta(hours=2)
        await world.edit(CONFIG_MAPS, kept, {"data": {"color": "blue"}})
        await eventually(is_out_of_sync)
        await world.until_condition(unique, CONDITION, "2026-11-27T00:00:00Z")
        world.repository.commit({"app/all.yaml": text(objects[0])})
        await touch(world, unique)

        async def is_to_be_pruned() -> bool:
            resources = (await world.status(unique))["resources"]
            return any(it.get("requiresPruning") for it in resources)

        await eventually(is_to_be_pruned)
        assert await world.data(kept) == {"color": "blue"}
        assert await world.data(gone) is not None

        clock.skew += timedelta(hours=2)
        await touch(world, unique)
        await eventually(is_healed)
        await world.until_gone(CONFIG_MAPS, gone)
        await world.until_synced(unique)


async def test_who_asks_for_a_sync_waits_unless_the_window_lets_people_through(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    deny: JsonObject = {"kind": "deny", **AT_TEN}
    await world.project(unique, syncWindows=[deny])
    await world.application(unique, project=unique)
    await ask(world, unique)

    async def is_answered() -> bool:
        content = await world.get(APPLICATIONS, unique, "argocd") or {}
        return "operation" not in content

    async with reconciling_at(world, reconciler_client, clock_at(TEN + timedelta(hours=1))):
        await world.until_condition(unique, CONDITION, "these sync windows are open")
        state = (await world.status(unique))["operationState"]
        assert await world.data(unique) is None
        await world.admin.patch(
            APP_PROJECTS,
            unique,
            "argocd",
            patch={"spec": {"syncWindows": [{**deny, "manualSync": True}]}},
            field_manager="tests",
        )
        await eventually(is_answered)

        # what nobody asks for waits all the same
        world.repository.commit({"app/all.yaml": text(config_map(unique, color="blue"))})
        await touch(world, unique)
        await world.until_condition(unique, CONDITION)

    assert state["phase"] == "Running"
    assert "these sync windows are open" in state["message"]
    assert await world.data(unique) == {"color": "red"}


@pytest.mark.parametrize("overrun", [True, False])
async def test_what_is_under_way_when_a_window_closes_goes_on_where_the_window_says_so(
    world: World,
    reconciler_client: KubeClient,
    unique: str,
    overrun: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    late = annotated(config_map(unique, color="red"), sync_wave="1")
    world.repository.commit({"app/all.yaml": text(late, job(unique))})
    await world.project(unique, syncWindows=[{"kind": "deny", **AT_TEN, "syncOverrun": overrun}])
    await world.application(unique, project=unique)
    clock = clock_at(TEN - timedelta(hours=1))

    async with reconciling_at(world, reconciler_client, clock):
        await until_told(world, unique, "Running", "(Sync, wave 0)")
        clock.skew += timedelta(hours=2)
        await end(world, unique, COMPLETE)
        if not overrun:
            await until_told(world, unique, "Running", "these sync windows are open")
            assert await world.data(unique) is None
            clock.skew += timedelta(hours=2)
            await touch(world, unique)
        await world.until_synced(unique)

    assert await world.data(unique) == {"color": "red"}


async def test_a_restart_within_a_closed_window_tells_what_is_as_it_is_to_be(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    """A Secret is watched by nobody, so that only a comparison can tell."""
    secret: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": unique}}
    all_of_it = text(secret, config_map(unique))
    world.repository.commit({"app/all.yaml": all_of_it})
    await world.project(unique, syncWindows=[{"kind": "allow", **AT_TEN}])
    await world.application(unique, project=unique)

    async with reconciling_at(world, reconciler_client, clock_at(TEN)):
        await world.until_synced(unique)
    async with reconciling_at(world, reconciler_client, clock_at(TEN - timedelta(hours=1))):
        more = text(config_map(f"{unique}-new"))
        world.repository.commit({"app/all.yaml": all_of_it, "app/more.yaml": more})
        await touch(world, unique)
        await world.until_condition(unique, CONDITION)
        resources = (await world.status(unique))["resources"]

    assert {(it["kind"], it["name"]): it["status"] for it in resources} == {
        ("Secret", unique): "Synced",
        ("ConfigMap", unique): "Synced",
        ("ConfigMap", f"{unique}-new"): "OutOfSync",
    }
