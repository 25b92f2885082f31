"""A clock that is wrong, or that jumps, delays nothing and deletes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import CONFIG_MAPS
from tests.support.clock import WrongClock
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, running, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.reconciler.loop import Controller

YEAR = timedelta(days=365)
HOUR_SECONDS = 3600.0


async def _delivers(world: World, name: str, color: str, *left: str) -> None:
    """Push, and edit by hand: the first is applied, the other reverted."""
    objects = [config_map(it, color=color) for it in (name, *left)]
    commit = world.repository.commit({"app/all.yaml": text(*objects)})
    await world.until_synced(name, revision=commit)
    await world.edit(CONFIG_MAPS, name, {"data": {"color": "edited"}})

    async def is_healed() -> bool:
        return await world.data(name) == {"color": color}

    await eventually(is_healed)


@pytest.mark.parametrize("skew", [-YEAR, YEAR], ids=["behind", "ahead"])
async def test_a_clock_that_is_wrong_by_a_year_changes_nothing_but_times(
    world: World,
    reconciler: Callable[[], AbstractAsyncContextManager[Controller]],
    reconciler_client: KubeClient,
    unique: str,
    skew: timedelta,
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique), config_map(f"{unique}-b"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    wrong = WrongClock(skew=skew)

    async with (
        KubeClient(reconciler_client.connection, clock=wrong) as api,
        running(api, world.cache_dir),
    ):
        await _delivers(world, unique, "red", f"{unique}-b")
        await _delivers(world, unique, "blue")
        await world.until_gone(CONFIG_MAPS, f"{unique}-b")
    async with reconciler():
        await _delivers(world, unique, "green")


async def test_a_clock_that_jumps_keeps_nobody_waiting(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    clock = WrongClock()

    async with (
        KubeClient(reconciler_client.connection, clock=clock) as api,
        running(api, world.cache_dir),
    ):
        await _delivers(world, unique, "red")
        clock.jump_seconds = HOUR_SECONDS
        clock.skew = -YEAR
        await _delivers(world, unique, "blue")
        clock.skew = YEAR
        await _delivers(world, unique, "green")
