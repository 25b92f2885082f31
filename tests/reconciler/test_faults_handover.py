"""A hand-over that is cut off at any write is completed: no object is lost or made anew."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from tests.support.dying import Mortal

_FEWEST_WRITES = 4
"""The taker's inventory, the object, the inventory again, a status."""


def _files(path: str, giver: list[str], taker: list[str]) -> dict[str, str | bytes]:
    return {
        f"{path}-a/all.yaml": text(*map(config_map, giver)),
        f"{path}-b/all.yaml": text(*map(config_map, taker)),
    }


async def _found(world: World, name: str) -> tuple[str, str]:
    """Return the UID of an object, and whose it says to be."""
    found = await world.get(CONFIG_MAPS, name)
    assert found is not None, f"{name} is gone"
    tracking = found["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"]
    return found["metadata"]["uid"], tracking.partition(":")[0]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("first", ["a", "b"])
async def test_after_a_death_at_any_write_the_object_is_the_same_and_known(
    world: World,
    unique: str,
    mortal: Mortal,
    first: str,
) -> None:
    await world.project(unique)
    for number in itertools.count(1):
        name = f"{unique}-{number}"
        moved, kept = f"{name}-moved", [f"{name}-kept-{it}" for it in "ab"]
        world.repository.commit(_files(name, [kept[0], moved], [kept[1]]))
        pair = [f"{name}-a", f"{name}-b"]
        for application in pair:
            await world.application(application, project=unique, path=application)
        await mortal.live(*pair)
        before, _ = await _found(world, moved)
        world.repository.commit(_files(name, [kept[0]], [kept[1], moved]))

        mortal.proxy.arm(number)
        has_died = await mortal.die(f"{name}-{first}")
        has_died = has_died or await mortal.die(*pair)
        owner = (await _found(world, moved))[1]
        knowing = {it for it in pair if moved in await world.listed(it)}
        await mortal.live(*pair)

        assert owner in knowing, f"write {number}"
        assert await _found(world, moved) == (before, f"{name}-b"), f"write {number}"
        assert set(await world.listed(f"{name}-a")) == {kept[0]}
        assert set(await world.listed(f"{name}-b")) == {kept[1], moved}
        if not has_died:
            assert number > _FEWEST_WRITES
            return
