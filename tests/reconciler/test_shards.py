"""An inventory that does not fit into one ConfigMap loses nothing at any of its moments.

Two shards cannot be written at once, so the reconciler is cut off between them: when they are
written ahead, when they are settled, when they shrink, and when they go.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, NAMESPACES
from tests.support.reconciling import AUTOMATED, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.dying import Mortal

COUNT: Final = 1_050
FEW: Final = 40
LONGEST_NAME: Final = 253
LONGEST_NAMESPACE: Final = 63
SHARDS: Final = 2
INVENTORIES: Final = "/api/v1/namespaces/gitopskit-system/configmaps"
UNGUARDED: Final = {"gitopskit.io/max-deletions": "100%"}
BACKGROUND: Final = {
    "automated": AUTOMATED,
    "syncOptions": ["PrunePropagationPolicy=background"],
}


def objects(prefix: str, numbers: range) -> str:
    """Return objects of which each takes as much of a shard as it can."""
    names = (f"{prefix}-{number:04}-".ljust(LONGEST_NAME, "x") for number in numbers)
    return text(*(config_map(name) for name in names))


@dataclass(frozen=True, slots=True)
class Large:
    """An Application with more objects than one shard lists, and the way to the API server."""

    world: World
    name: str
    mortal: Mortal

    def commit(self, numbers: range) -> str:
        return self.world.repository.commit({"app/all.yaml": objects(self.name, numbers)})

    async def reconcile(self) -> None:
        """Reconcile once, and count what is written meanwhile but questions for rights."""
        await self.mortal.live(self.name, counted="/api/")

    async def die_after(self, writes: int) -> None:
        """Reconcile until so many shards are written, and not one more."""
        self.mortal.proxy.arm(writes, counted=INVENTORIES)
        assert await self.mortal.die(self.name)

    def number_of(self, name: str) -> int:
        return int(name.removeprefix(f"{self.name}-")[:4])

    async def there(self) -> dict[int, JsonObject]:
        """Return what the objects say of themselves, by their numbers."""
        found = (await self.world.admin.list(CONFIG_MAPS, self.world.namespace)).items
        return {
            self.number_of(it["metadata"]["name"]): it["metadata"]
            for it in found
            if it["metadata"]["name"].startswith(self.name)
        }

    async def shards(self) -> dict[int, dict[int, str]]:
        """Return the UIDs that each stored shard lists, by the numbers of the objects."""
        found = {}
        for shard in range(SHARDS + 1):
            name = f"gitopskit-inventory-{self.name}-{shard}"
            stored = await self.world.get(CONFIG_MAPS, name, "gitopskit-system")
            if stored is not None:
                entries = json.loads(stored["data"]["entries.json"])
                found[shard] = {self.number_of(it["name"]): it["uid"] for it in entries}
        return found

    async def whole(self, numbers: range) -> dict[int, JsonObject]:
        """Return what just these objects say, after a look that each is listed once, by its UID."""
        there, shards = await self.there(), await self.shards()
        listed = [(number, uid) for shard in shards.values() for number, uid in shard.items()]
        assert sorted(there) == list(numbers)
        assert sorted(listed) == [(number, there[number]["uid"]) for number in numbers]
        return there


@pytest.fixture
async def large(mortal: Mortal, unique: str) -> Large:
    world = mortal.world
    wide = replace(world, namespace=f"{unique}-".ljust(LONGEST_NAMESPACE, "x"))
    named = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": wide.namespace}}
    await world.admin.create(NAMESPACES, named, field_manager="tests")
    await wide.prepare_namespace(wide.namespace)
    await wide.project(unique, annotations=UNGUARDED)
    await wide.application(unique, project=unique, policy=BACKGROUND, finalizer=True)
    return Large(wide, unique, replace(mortal, world=wide))


@pytest.mark.timeout(240)
async def test_a_death_between_two_shards_written_ahead_leaves_nothing_behind(large: Large) -> None:
    large.commit(range(COUNT))

    await large.die_after(1)
    ahead, early = await large.shards(), await large.there()
    large.commit(range(COUNT - FEW, COUNT))
    await large.reconcile()
    await large.reconcile()

    assert (sorted(ahead), early) == ([0], {})
    assert COUNT - 1 not in ahead[0]
    await large.whole(range(COUNT - FEW, COUNT))


@pytest.mark.timeout(240)
async def test_a_surplus_shard_goes_and_a_death_before_it_does_loses_no_entry(large: Large) -> None:
    large.commit(range(COUNT))
    await large.reconcile()
    before, shards = await large.whole(range(COUNT)), await large.shards()
    assert sorted(shards) == [0, 1]

    await large.reconcile()
    assert (await large.shards(), large.mortal.proxy.writes) == (shards, 0)
    assert await large.whole(range(COUNT)) == before

    kept = range(FEW, len(shards[0]))
    large.commit(kept)
    await large.die_after(1)
    half = await large.shards()
    await large.reconcile()

    assert (sorted(half[0]), half[1]) == (list(kept), shards[1])
    assert await large.whole(kept) == {number: before[number] for number in kept}
    assert sorted(await large.shards()) == [0]


@pytest.mark.timeout(240)
async def test_deaths_between_the_shards_of_a_sync_and_of_a_deletion_lose_no_entry(
    large: Large,
) -> None:
    world, name = large.world, large.name
    large.commit(range(COUNT))

    await large.die_after(3)
    half = await large.shards()
    await large.reconcile()
    assert (all(half[0].values()), any(half[1].values())) == (True, False)
    await large.whole(range(COUNT))

    made = await world.admin.get(APPLICATIONS, name, "argocd")
    await world.admin.delete(APPLICATIONS, name, "argocd", uid=made["metadata"]["uid"])
    await large.die_after(1)
    last = await large.shards()
    while await world.get(APPLICATIONS, name, "argocd") is not None:
        await large.reconcile()

    assert sorted(last) == [1]
    assert (await large.there(), await large.shards()) == ({}, {})
