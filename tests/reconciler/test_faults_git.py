"""What happens to Git and to our copies of it: nothing in the cluster is lost or left behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[[], AbstractAsyncContextManager[Controller]]

OVERLAYS = 2000
LARGE_BYTES = 50_000_000


async def registered(world: World, name: str, **data: str) -> str:
    commit = world.repository.commit({"app/all.yaml": text(config_map(name, **data))})
    await world.project(name)
    await world.application(name, project=name)
    return commit


async def healed(world: World, name: str, expected: dict[str, str]) -> None:
    await world.edit(CONFIG_MAPS, name, {"data": {"color": "edited"}})

    async def is_healed() -> bool:
        return await world.data(name) == expected

    await eventually(is_healed)


async def test_while_git_is_away_drift_is_healed_and_nothing_is_pruned(
    world: World, reconciler: Run, unique: str
) -> None:
    first = await registered(world, unique, color="red")
    away = world.repository.folder.with_name("away.git")

    async with reconciler():
        await world.until_synced(unique, revision=first)
        world.repository.folder.rename(away)
        await world.until_condition(unique, "ComparisonError")
        await healed(world, unique, {"color": "red"})
        away.rename(world.repository.folder)
        changed = text(config_map(unique, color="blue"))
        second = world.repository.commit({"app/all.yaml": changed})
        await world.until_synced(unique, revision=second)

    assert await world.data(unique) == {"color": "blue"}
    assert await world.conditions(unique) == {}


async def test_a_branch_that_is_deleted_deletes_nothing(
    world: World, reconciler: Run, unique: str
) -> None:
    first = await registered(world, unique, color="red")

    async with reconciler():
        await world.until_synced(unique, revision=first)
        world.repository.git("update-ref", "-d", "refs/heads/main")
        message = await world.until_condition(unique, "ComparisonError")
        await healed(world, unique, {"color": "red"})

    assert "main" in message


async def test_a_branch_that_is_rewritten_is_followed(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, color="red")

    async with reconciler():
        await world.until_synced(unique)
        world.repository.git("update-ref", "-d", "refs/heads/main")
        other = config_map(f"{unique}-other", color="green")
        commit = world.repository.commit({"app/all.yaml": text(other)})
        world.repository.git("reflog", "expire", "--expire=now", "--all")
        world.repository.git("gc", "--quiet", "--prune=now")
        await world.until_synced(unique, revision=commit)
        await world.until_gone(CONFIG_MAPS, unique)

    assert await world.data(f"{unique}-other") == {"color": "green"}


def _damage(cache: Path) -> int:
    """Cut every object of every copy of a repository to half; return how many there were."""
    damaged = 0
    for path in cache.rglob("*"):
        if path.is_file() and "objects" in path.parts and path.stat().st_size:
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            damaged += 1
    return damaged


async def test_a_copy_that_is_damaged_under_a_running_reconciler_is_made_anew(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, color="red")

    async with reconciler():
        await world.until_synced(unique)
        damaged = _damage(world.cache_dir)
        changed = text(config_map(unique, color="blue"))
        commit = world.repository.commit({"app/all.yaml": changed})
        await world.until_synced(unique, revision=commit)

    assert damaged > 0
    assert await world.data(unique) == {"color": "blue"}


async def test_a_damaged_copy_is_found_after_a_restart(
    world: World, reconciler: Run, unique: str
) -> None:
    commit = await registered(world, unique, color="red")
    async with reconciler():
        await world.until_synced(unique)
    damaged = _damage(world.cache_dir)

    async with reconciler():
        await healed(world, unique, {"color": "red"})
        await world.until_synced(unique, revision=commit)

    assert damaged > 0


@pytest.mark.timeout(180)
async def test_one_of_two_thousand_overlays_in_a_large_repository_is_applied(
    world: World, reconciler: Run, unique: str, tell: Callable[[str], None]
) -> None:
    files: dict[str, str | bytes] = {
        f"overlays/{number}/all.yaml": text(config_map(f"{unique}-{number}", at="1"))
        for number in range(OVERLAYS)
    }
    files["assets/film.bin"] = os.urandom(LARGE_BYTES)  # what git cannot make smaller
    files["app/kustomization.yaml"] = text({"resources": ["../overlays/7"]})
    files["overlays/7/kustomization.yaml"] = text({"resources": ["all.yaml"]})
    first = await asyncio.to_thread(world.repository.commit, files)
    await world.project(unique)
    await world.application(unique, project=unique)
    clock = asyncio.get_running_loop().time

    async with reconciler():
        begun = clock()
        await _until(world, unique, first)
        cold = clock() - begun
        files["overlays/7/all.yaml"] = text(config_map(f"{unique}-7", at="2"))
        second = await asyncio.to_thread(world.repository.commit, files)
        begun = clock()
        await _until(world, unique, second)
        changed = clock() - begun

    assert await world.data(f"{unique}-7") == {"at": "2"}
    tell(
        f"repository of {OVERLAYS} overlays and {LARGE_BYTES // 1_000_000} MB:"
        f" applied after {cold:.1f} s, a change of one overlay after {changed:.1f} s"
    )


async def _until(world: World, name: str, revision: str) -> None:
    async def is_there() -> bool:
        sync = (await world.status(name)).get("sync") or {}
        return sync.get("status") == "Synced" and sync.get("revision") == revision

    await eventually(is_there, timeout_seconds=60)
