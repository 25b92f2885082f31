"""No Application waits for another one that is big, or that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text
from tests.support.silent_server import silence

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

BIG_OBJECTS = 600
FAILING = 40
"""More than there are workers."""

POLICY = {
    "automated": {"prune": True, "selfHeal": True},
    "retry": {"limit": -1, "backoff": {"duration": "1s", "factor": 1}},
}
NO_SUCH_KIND = {"apiVersion": "example.com/v1", "kind": "Absent", "metadata": {"name": "one"}}


def _many(name: str, at: str) -> str:
    return text(*(config_map(f"{name}-{number}", at=at) for number in range(BIG_OBJECTS)))


async def _applied(world: World, name: str, at: str) -> int:
    selector = f"gitopskit.io/application={name}"
    listing = await world.admin.list(CONFIG_MAPS, world.namespace, label_selector=selector)
    return sum(item["data"]["at"] == at for item in listing.items)


async def _side_by_side(world: World, name: str) -> tuple[str, str]:
    """Register an Application of many objects and one of a single object; return their names."""
    big, small = f"{name}-big", f"{name}-small"
    files = {"big/all.yaml": _many(big, "1"), "small/all.yaml": text(config_map(small, at="1"))}
    world.repository.commit(files)
    await world.project(name)
    await world.application(big, project=name, path="big")
    await world.application(small, project=name, path="small")
    return big, small


async def test_a_small_application_does_not_wait_for_a_big_one(
    world: World, reconciler: Run, unique: str, tell: Callable[[str], None]
) -> None:
    big, small = await _side_by_side(world, unique)
    clock = asyncio.get_running_loop().time

    async with reconciler():
        await world.until_synced(big)
        await world.until_synced(small)
        begun = clock()
        commit = world.repository.commit(
            {"big/all.yaml": _many(big, "2"), "small/all.yaml": text(config_map(small, at="2"))}
        )
        await world.until_synced(small, revision=commit)
        seconds, meanwhile = clock() - begun, await _applied(world, big, "2")
        await world.until_synced(big, revision=commit)

    tell(
        f"one object beside {BIG_OBJECTS} that changed with it: synced after {seconds:.2f} s,"
        f" when {meanwhile} of the others were applied"
    )
    assert meanwhile < BIG_OBJECTS


async def test_drift_of_one_application_is_not_healed_behind_that_of_another(
    world: World, reconciler: Run, unique: str, tell: Callable[[str], None]
) -> None:
    big, small = await _side_by_side(world, unique)
    clock = asyncio.get_running_loop().time
    edited: JsonObject = {"data": {"at": "edited"}}

    async with reconciler():
        await world.until_synced(big)
        await world.until_synced(small)
        drifting = [f"{big}-{number}" for number in range(BIG_OBJECTS)]
        await asyncio.gather(*(world.edit(CONFIG_MAPS, name, edited) for name in drifting))
        await world.edit(CONFIG_MAPS, small, edited)
        begun = clock()
        await eventually(lambda: _holds(world, small, {"at": "1"}))
        seconds, left = clock() - begun, await _applied(world, big, "edited")
        await eventually(lambda: _none_drifts(world, big))

    tell(f"healed {seconds:.2f} s after the edit, when {left} of {BIG_OBJECTS} others were not yet")
    assert left > 0


async def test_applications_that_fail_again_and_again_delay_no_other(
    world: World, reconciler: Run, unique: str, tell: Callable[[str], None]
) -> None:
    files: dict[str, str | bytes] = {"bad/all.yaml": text(NO_SUCH_KIND)}
    world.repository.commit({**files, "good/all.yaml": text(config_map(unique, at="1"))})
    await world.project(unique)
    failing = [f"{unique}-bad-{number}" for number in range(FAILING)]
    for name in failing:
        await world.application(name, project=unique, path="bad", policy=POLICY)
    await world.application(unique, project=unique, path="good")
    clock = asyncio.get_running_loop().time

    async with reconciler():
        await asyncio.gather(*(world.until_condition(name, "SyncError") for name in failing))
        begun = clock()
        commit = world.repository.commit({"good/all.yaml": text(config_map(unique, at="2"))})
        await world.until_synced(unique, revision=commit)
        seconds = clock() - begun
        begun = clock()
        await world.edit(CONFIG_MAPS, unique, {"data": {"at": "edited"}})
        await eventually(lambda: _holds(world, unique, {"at": "2"}))
        healed = clock() - begun

    tell(
        f"beside {FAILING} Applications that fail: synced {seconds:.2f} s after the push,"
        f" healed after {healed:.2f} s"
    )
    assert seconds < 5.0
    assert healed < 2.0


async def test_applications_whose_servers_do_not_answer_delay_no_other(
    world: World, reconciler: Run, unique: str, tell: Callable[[str], None]
) -> None:
    first = world.repository.commit({"good/all.yaml": text(config_map(unique, at="1"))})
    await world.project(unique)
    await world.project(f"{unique}-silent", sourceRepos=["*"])
    await world.application(unique, project=unique, path="good")
    clock = asyncio.get_running_loop().time

    with silence() as address:
        async with reconciler():
            await world.until_synced(unique, revision=first)
            for number in range(FAILING):
                source = {"repoURL": f"{address}/{number}.git", "targetRevision": "main"}
                await world.application(
                    f"{unique}-silent-{number}",
                    project=f"{unique}-silent",
                    source={**source, "path": "app"},
                )
            begun = clock()
            commit = world.repository.commit({"good/all.yaml": text(config_map(unique, at="2"))})
            await world.until_synced(unique, revision=commit)
            seconds = clock() - begun
            begun = clock()
        stopped = clock() - begun

    tell(
        f"beside {FAILING} Applications whose servers do not answer: synced {seconds:.2f} s after"
        f" the push, stopped within {stopped:.2f} s"
    )
    assert seconds < 5.0
    assert stopped < 5.0


async def _holds(world: World, name: str, data: dict[str, str]) -> bool:
    return await world.data(name) == data


async def _none_drifts(world: World, name: str) -> bool:
    return await _applied(world, name, "edited") == 0
