"""A reconciler that dies after any of its writes loses nothing and leaves nothing behind.

A proxy before the API server cuts the reconciler off after its n-th write, for every n that a sync
has; from the server's side that is a kill. Meanwhile Git moves on, so that what was half applied
is not wanted any more: the case in which an inventory written too late leaves orphans.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, SERVICE_ACCOUNTS
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import annotated
from tests.support.reconciling import AUTOMATED, World, config_map, options, text

if TYPE_CHECKING:
    from gitopskit.errors import GitopskitError
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.dying import Mortal

_FEWEST_WRITES = 7
"""Inventory, two creations, a change, a deletion, inventory again, status."""
_FEWEST_OF_A_DELETION = 4
"""Three deletions, the inventory, the finalizer."""


async def _ours(world: World, prefix: str) -> dict[str, JsonObject]:
    """Return what an administrator sees of one round, by kind and name."""
    found = {}
    for kind in (CONFIG_MAPS, SERVICE_ACCOUNTS):
        for item in (await world.admin.list(kind, world.namespace)).items:
            if item["metadata"]["name"].startswith(prefix):
                found[f"{kind.kind}/{item['metadata']['name']}"] = item
    return found


def _account(name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


@pytest.mark.timeout(240)
async def test_after_a_death_at_any_write_the_cluster_equals_git(
    world: World, unique: str, mortal: Mortal
) -> None:
    await world.project(unique)
    for number in itertools.count(1):
        name = f"{unique}-{number}"
        path = f"round-{number}"
        old, changed, new, fleeting = (
            f"{name}-{it}" for it in ("old", "changed", "new", "fleeting")
        )
        world.repository.commit(
            {f"{path}/all.yaml": text(config_map(old), config_map(changed, at="1"))}
        )
        await world.application(name, project=unique, path=path)
        await mortal.live(name)
        half = text(config_map(changed, at="2"), config_map(new), _account(fleeting))
        world.repository.commit({f"{path}/all.yaml": half})

        mortal.proxy.arm(number)
        has_died = await mortal.die(name)
        world.repository.commit(
            {f"{path}/all.yaml": text(config_map(changed, at="3"), config_map(new))}
        )
        await mortal.live(name)

        after = await _ours(world, f"{name}-")
        assert sorted(after) == [f"ConfigMap/{changed}", f"ConfigMap/{new}"], f"write {number}"
        assert after[f"ConfigMap/{changed}"]["data"] == {"at": "3"}
        await mortal.live(name)
        assert _versions(await _ours(world, f"{name}-")) == _versions(after)
        if not has_died:
            assert number > _FEWEST_WRITES
            return


@pytest.mark.timeout(240)
async def test_after_a_death_at_any_write_what_is_made_anew_or_adopted_is_as_git_says(
    world: World, unique: str, mortal: Mortal
) -> None:
    """One object is made anew, one was left by others, one was changed by a person."""
    await world.project(unique)
    for number in itertools.count(1):
        name = f"{unique}-{number}"
        path = f"round-{number}"
        fixed, left, edited = (f"{name}-{it}" for it in ("fixed", "left", "edited"))
        before = text(_fixed(fixed, "1"), config_map(edited, at="2"))
        after = text(_fixed(fixed, "2"), config_map(left, at="2"), config_map(edited, at="2"))
        world.repository.commit({f"{path}/all.yaml": before})
        await world.application(name, project=unique, path=path)
        await mortal.live(name)
        theirs = config_map(left, at="1", extra="x")
        theirs["metadata"]["namespace"] = world.namespace
        await world.admin.create(CONFIG_MAPS, theirs, field_manager="kubectl-create")
        await world.edit(CONFIG_MAPS, edited, {"data": {"at": "9", "extra": "x"}})
        world.repository.commit({f"{path}/all.yaml": after})

        mortal.proxy.arm(number)
        has_died = await mortal.die(name)
        await mortal.live(name)

        found = await _ours(world, f"{name}-")
        assert {ref: it["data"] for ref, it in found.items()} == {
            f"ConfigMap/{it}": {"at": "2"} for it in (fixed, left, edited)
        }, f"write {number}"
        marks = {ref: "gitopskit.io/adopted" in _annotations(it) for ref, it in found.items()}
        assert [ref for ref, is_adopted in marks.items() if is_adopted] == [f"ConfigMap/{left}"]
        if not has_died:
            assert number > _FEWEST_WRITES
            return


@pytest.mark.timeout(240)
async def test_after_a_death_at_any_write_what_was_made_anew_is_pruned_when_it_leaves_git(
    world: World, unique: str, mortal: Mortal
) -> None:
    """An object that a person deleted comes back with another UID than the one that is listed."""
    await world.project(unique)
    for number in itertools.count(1):
        name = f"{unique}-{number}"
        path = f"round-{number}"
        fleeting, kept = (f"{name}-{it}" for it in ("fleeting", "kept"))
        world.repository.commit({f"{path}/all.yaml": text(config_map(fleeting), config_map(kept))})
        await world.application(name, project=unique, path=path)
        await mortal.live(name)
        live = await world.admin.get(CONFIG_MAPS, fleeting, world.namespace)
        uid = live["metadata"]["uid"]
        await world.admin.delete(CONFIG_MAPS, fleeting, world.namespace, uid=uid)

        mortal.proxy.arm(number)
        has_died = await mortal.die(name)
        world.repository.commit({f"{path}/all.yaml": text(config_map(kept))})
        await mortal.live(name)

        assert sorted(await _ours(world, f"{name}-")) == [f"ConfigMap/{kept}"], f"write {number}"
        if not has_died:
            return


def _fixed(name: str, at: str) -> JsonObject:
    return annotated({**config_map(name, at=at), "immutable": True}, sync_options="Force=true")


def _annotations(content: JsonObject) -> JsonObject:
    found: JsonObject = content["metadata"].get("annotations") or {}
    return found


@pytest.mark.timeout(240)
async def test_after_a_death_at_any_write_a_deleted_application_still_goes(
    world: World, unique: str, mortal: Mortal
) -> None:
    await world.project(unique)
    policy = {"automated": AUTOMATED, "syncOptions": ["PrunePropagationPolicy=background"]}
    for number in itertools.count(1):
        name = f"{unique}-{number}"
        path = f"round-{number}"
        objects = [config_map(f"{name}-{it}", at="1") for it in range(2)]
        world.repository.commit({f"{path}/all.yaml": text(*objects, _account(f"{name}-2"))})
        await world.application(name, project=unique, path=path, policy=policy, finalizer=True)
        await mortal.live(name)
        live = await world.admin.get(APPLICATIONS, name, "argocd")
        await world.admin.delete(APPLICATIONS, name, "argocd", uid=live["metadata"]["uid"])

        mortal.proxy.arm(number)
        has_died = await mortal.die(name)
        while await world.get(APPLICATIONS, name, "argocd") is not None:
            await mortal.live(name)

        assert await _ours(world, f"{name}-") == {}, f"write {number}"
        listed = await world.get(CONFIG_MAPS, f"gitopskit-inventory-{name}-0", "gitopskit-system")
        assert listed is None, f"write {number}"
        if not has_died:
            assert number > _FEWEST_OF_A_DELETION
            return


def _versions(found: dict[str, JsonObject]) -> dict[str, str]:
    return {name: item["metadata"]["resourceVersion"] for name, item in found.items()}


async def test_a_replaced_object_survives_a_deletion_decided_before(
    world: World, unique: str, reconciler_client: KubeClient
) -> None:
    """Between the read and the delete the object is replaced by one of the same name."""
    world.repository.commit({"app/all.yaml": text(config_map(unique), config_map(f"{unique}-b"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    controller = Controller(reconciler_client, options(world.cache_dir))
    await controller.pass_once([unique])
    old = await world.get(CONFIG_MAPS, unique)
    assert old is not None
    world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-b"))})
    replacing = _Replacing(reconciler_client, world, old)

    await Controller(replacing, options(world.cache_dir)).pass_once([unique])

    survivor = await world.get(CONFIG_MAPS, unique)
    assert replacing.replaced
    assert survivor is not None
    assert survivor["metadata"]["uid"] == replacing.replaced
    assert (await world.get(APPLICATIONS, unique, "argocd")) is not None


class _Replacing(KubeClient):
    """A client under whose hands an object is replaced just before it is deleted."""

    def __init__(self, real: KubeClient, world: World, old: JsonObject) -> None:
        super().__init__(real.connection, clock=real.clock)
        self._transport = real._transport
        self._world = world
        self._old = old
        self.replaced = ""
        self.refusal: GitopskitError | None = None

    async def delete(self, kind: object, name: str, namespace: str = "", **how: object) -> None:
        if name == self._old["metadata"]["name"] and not self.replaced:
            admin = self._world.admin
            await admin.delete(CONFIG_MAPS, name, namespace, uid=self._old["metadata"]["uid"])
            await self._world.until_gone(CONFIG_MAPS, name)
            metadata = {k: self._old["metadata"][k] for k in ("name", "namespace", "labels")}
            metadata["annotations"] = self._old["metadata"]["annotations"]
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
            made = await admin.create(CONFIG_MAPS, body, field_manager="somebody")
            self.replaced = made["metadata"]["uid"]
        await super().delete(kind, name, namespace, **how)  # type: ignore[arg-type] # the same
