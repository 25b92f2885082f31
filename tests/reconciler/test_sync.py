"""From a commit to applied objects, on the real server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from gitopskit.reconciler.loop import Controller
from tests.support.reconciling import AUTOMATED, World, config_map, text

Run = Callable[[], AbstractAsyncContextManager[Controller]]


async def test_a_folder_is_applied_and_told_of(world: World, reconciler: Run, unique: str) -> None:
    commit = world.repository.commit({"app/config.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        status = await world.until_synced(unique, revision=commit)

    assert await world.data(unique) == {"color": "red"}
    assert status["sourceType"] == "Directory"
    assert status["operationState"]["phase"] == "Succeeded"
    assert [entry["revision"] for entry in status["history"]] == [commit]
    assert status["conditions"] == []


async def test_a_commit_arrives(world: World, reconciler: Run, unique: str) -> None:
    world.repository.commit({"app/config.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        commit = world.repository.commit(
            {"app/config.yaml": text(config_map(unique, color="blue"))}
        )
        await world.until_synced(unique, revision=commit)

    assert await world.data(unique) == {"color": "blue"}


@pytest.mark.parametrize("refresh", [True, False])
async def test_a_commit_ends_a_retry_of_another_at_once_whatever_refresh_says(
    world: World, reconciler: Run, unique: str, *, refresh: bool
) -> None:
    broken = {**config_map(unique), "data": {"color": {"no": "text"}}}
    world.repository.commit({"app/config.yaml": text(broken)})
    retry = {"limit": 5, "refresh": refresh, "backoff": {"duration": "10m"}}
    await world.project(unique)
    await world.application(unique, project=unique, policy={"automated": AUTOMATED, "retry": retry})

    async with reconciler():
        await world.until_condition(unique, "SyncError")
        commit = world.repository.commit(
            {"app/config.yaml": text(config_map(unique, color="blue"))}
        )
        await world.until_synced(unique, revision=commit)

    assert await world.data(unique) == {"color": "blue"}
