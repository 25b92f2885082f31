"""How what depends on a deleted object goes: after it, before it, or not at all.

The garbage collector is the real one. The dependant is held by a finalizer, so that one can see who
waits for whom.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

HELD: Final = "tests.gitopskit.io/held"
FINALIZER: Final = "resources-finalizer.argocd.argoproj.io"
LONG_SECONDS: Final = 40


async def prepare(world: World, name: str, **spec: JsonValue) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(name), config_map(f"{name}-kept"))})
    await world.project(name)
    await world.application(name, project=name, **spec)


async def dependant(world: World, owner: str) -> str:
    """Make an object that a deletion of its owner has to wait for, and that stays for now."""
    live = await world.admin.get(CONFIG_MAPS, owner, world.namespace)
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner,
        "uid": live["metadata"]["uid"],
        "blockOwnerDeletion": True,
    }
    name = f"{owner}-dependant"
    content = config_map(name)
    content["metadata"] |= {
        "namespace": world.namespace,
        "ownerReferences": [reference],
        "finalizers": [HELD],
    }
    await world.admin.create(CONFIG_MAPS, content, field_manager="some-controller")
    return name


async def metadata(world: World, name: str) -> JsonObject:
    """Return what an object says of itself, nothing where it is gone."""
    found = await world.get(CONFIG_MAPS, name)
    return {} if found is None else found["metadata"]


async def until_leaving(world: World, name: str) -> None:
    async def is_leaving() -> bool:
        return "deletionTimestamp" in await metadata(world, name)

    await eventually(is_leaving, timeout_seconds=LONG_SECONDS)


async def until_gone(world: World, name: str) -> None:
    async def is_gone() -> bool:
        return not await metadata(world, name)

    await eventually(is_gone, timeout_seconds=LONG_SECONDS)


async def let_go(world: World, name: str) -> None:
    nothing = {"metadata": {"finalizers": None}}
    await world.admin.patch(
        CONFIG_MAPS, name, world.namespace, patch=nothing, field_manager="some-controller"
    )


async def delete_application(world: World, name: str) -> None:
    live = await world.admin.get(APPLICATIONS, name, "argocd")
    await world.admin.delete(APPLICATIONS, name, "argocd", uid=live["metadata"]["uid"])


def policy(mode: str) -> JsonObject:
    options = [f"PrunePropagationPolicy={mode}"] if mode else []
    return {"automated": AUTOMATED, "syncOptions": options}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", ["", "foreground"])
async def test_a_pruned_object_waits_for_its_dependants(
    world: World, reconciler: Run, unique: str, mode: str
) -> None:
    await prepare(world, unique, policy=policy(mode))

    async with reconciler():
        await world.until_synced(unique)
        child = await dependant(world, unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-kept"))})
        await until_leaving(world, child)
        owner = await metadata(world, unique)
        await let_go(world, child)
        await until_gone(world, unique)

    assert owner["finalizers"] == ["foregroundDeletion"]


@pytest.mark.timeout(120)
async def test_a_pruned_object_goes_before_its_dependants(
    world: World, reconciler: Run, unique: str
) -> None:
    await prepare(world, unique, policy=policy("background"))

    async with reconciler():
        await world.until_synced(unique)
        child = await dependant(world, unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-kept"))})
        await until_gone(world, unique)
        await until_leaving(world, child)
        await let_go(world, child)


@pytest.mark.timeout(120)
async def test_a_pruned_object_leaves_its_dependants(
    world: World, reconciler: Run, unique: str
) -> None:
    await prepare(world, unique, policy=policy("orphan"))

    async with reconciler():
        await world.until_synced(unique)
        child = await dependant(world, unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-kept"))})
        await until_gone(world, unique)

    left = await metadata(world, child)
    assert "ownerReferences" not in left
    assert "deletionTimestamp" not in left


@pytest.mark.timeout(120)
@pytest.mark.parametrize("ending", ["", "/foreground"])
async def test_a_deleted_application_waits_for_all_that_depended_on_it(
    world: World, reconciler: Run, unique: str, ending: str
) -> None:
    await prepare(world, unique)
    await _finalize(world, unique, f"{FINALIZER}{ending}")

    async with reconciler():
        await world.until_synced(unique)
        child = await dependant(world, unique)
        await delete_application(world, unique)
        await until_leaving(world, child)
        owner = await metadata(world, unique)
        application = await world.get(APPLICATIONS, unique, "argocd")
        await let_go(world, child)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert owner["finalizers"] == ["foregroundDeletion"]
    assert application is not None
    assert await metadata(world, unique) == {}


@pytest.mark.timeout(120)
async def test_a_deleted_application_may_go_before_what_depended_on_it(
    world: World, reconciler: Run, unique: str
) -> None:
    await prepare(world, unique)
    await _finalize(world, unique, f"{FINALIZER}/background")

    async with reconciler():
        await world.until_synced(unique)
        child = await dependant(world, unique)
        await delete_application(world, unique)
        await world.until_gone(APPLICATIONS, unique, "argocd")
        await until_leaving(world, child)

    assert await metadata(world, unique) == {}
    await let_go(world, child)


async def _finalize(world: World, name: str, finalizer: str) -> None:
    patch = {"metadata": {"finalizers": [finalizer]}}
    await world.admin.patch(APPLICATIONS, name, "argocd", patch=patch, field_manager="tests")
