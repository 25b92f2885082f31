"""An object that is deleted and held by a finalizer is told of until it is gone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, SECRETS, ResourceType
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

HELD: Final = "tests.gitopskit.io/held"
TOLD: Final = "DeletionPending"
LONG_SECONDS: Final = 40


def of_kind(kind: ResourceType, name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": kind.kind, "metadata": {"name": name}}


async def hold(world: World, kind: ResourceType, name: str, *finalizers: str) -> None:
    patch = {"metadata": {"finalizers": [*finalizers] or None}}
    await world.admin.patch(
        kind, name, world.namespace, patch=patch, field_manager="some-controller"
    )


async def row(world: World, application: str, name: str) -> JsonValue:
    """Return what the status of an Application tells of one object."""
    resources = (await world.status(application)).get("resources") or ()
    return next((it for it in resources if it["name"] == name), None)


async def until_told(world: World, application: str) -> str:
    async def is_told() -> bool:
        return TOLD in await world.conditions(application)

    await eventually(is_told, timeout_seconds=LONG_SECONDS)
    return (await world.conditions(application))[TOLD]


async def until_not_told(world: World, application: str) -> None:
    async def is_forgotten() -> bool:
        return TOLD not in await world.conditions(application)

    await eventually(is_forgotten, timeout_seconds=LONG_SECONDS)


async def inventory(world: World, application: str) -> str:
    found = await world.get(CONFIG_MAPS, f"gitopskit-inventory-{application}-0", "gitopskit-system")
    return "" if found is None else found["data"]["entries.json"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", [CONFIG_MAPS, SECRETS], ids=["watched", "by-name"])
async def test_what_is_held_after_pruning_is_told_until_it_is_gone(
    world: World, reconciler: Run, unique: str, kind: ResourceType
) -> None:
    kept, goes = config_map(unique), f"{unique}-goes"
    world.repository.commit({"app/all.yaml": text(kept, of_kind(kind, goes))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await hold(world, kind, goes, HELD)
        commit = world.repository.commit({"app/all.yaml": text(kept)})
        message = await until_told(world, unique)
        told = await row(world, unique, goes)
        status = await world.status(unique)
    assert f"{kind.kind}/{world.namespace}/{goes}: since " in message
    assert HELD in message
    assert told == {
        "kind": kind.kind,
        "name": goes,
        "namespace": world.namespace,
        "version": "v1",
        "status": "OutOfSync",
        "requiresPruning": True,
        "health": {
            "status": "Progressing",
            "message": f"the object is being deleted; it waits for {HELD}",
        },
    }
    assert (status["sync"]["status"], status["sync"]["revision"]) == ("Synced", commit)
    assert status["health"]["status"] == "Healthy"

    async with reconciler():
        await until_told(world, unique)
        assert f'"{goes}"' in await inventory(world, unique)
        await hold(world, kind, goes)
        await until_not_told(world, unique)

    assert await row(world, unique, goes) is None
    assert f'"{goes}"' not in await inventory(world, unique)


@pytest.mark.timeout(120)
async def test_who_is_synced_by_hand_is_told_as_well(
    world: World, reconciler: Run, unique: str
) -> None:
    kept, goes = config_map(unique), f"{unique}-goes"
    world.repository.commit({"app/all.yaml": text(kept, config_map(goes))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await hold(world, CONFIG_MAPS, goes, HELD)
        manual = {"spec": {"syncPolicy": None}}
        await world.admin.patch(APPLICATIONS, unique, "argocd", patch=manual, field_manager="tests")
        world.repository.commit({"app/all.yaml": text(kept)})
        asked = {"operation": {"sync": {"prune": True}}}
        await world.admin.patch(APPLICATIONS, unique, "argocd", patch=asked, field_manager="tests")
        await until_told(world, unique)
        await hold(world, CONFIG_MAPS, goes)
        await until_not_told(world, unique)

    assert f'"{goes}"' not in await inventory(world, unique)


@pytest.mark.timeout(120)
async def test_an_application_that_is_deleted_tells_what_holds_its_objects(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    policy = {"automated": AUTOMATED, "syncOptions": ["PrunePropagationPolicy=background"]}
    made = await world.application(unique, project=unique, policy=policy, finalizer=True)

    async with reconciler():
        await world.until_synced(unique)
        await hold(world, CONFIG_MAPS, unique, HELD)
        await world.admin.delete(APPLICATIONS, unique, "argocd", uid=made["metadata"]["uid"])
        message = await until_told(world, unique)
        await hold(world, CONFIG_MAPS, unique)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert HELD in message
    assert await inventory(world, unique) == ""
