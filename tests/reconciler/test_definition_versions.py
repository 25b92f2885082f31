"""Versions of a kind come and go while the reconciler runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CUSTOM_RESOURCE_DEFINITIONS
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text
from tests.support.widgets import definition, grant, widgets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]


@pytest.fixture
async def kind(world: World, unique: str) -> AsyncIterator[ResourceType]:
    """Define widgets with the version v1, as somebody else than the reconciler does."""
    found = widgets(f"{unique}.example.com")
    await grant(world, unique, found.group)
    body = definition(found.group)
    made = await world.admin.create(CUSTOM_RESOURCE_DEFINITIONS, body, field_manager="helm")
    name = made["metadata"]["name"]

    async def is_served() -> bool:
        return (await world.admin.kinds(refresh=True)).find(found.group, found.kind) is not None

    await eventually(is_served)
    yield found
    await world.admin.delete(CUSTOM_RESOURCE_DEFINITIONS, name, uid=made["metadata"]["uid"])


async def upgrade(world: World, kind: ResourceType, *, serves_old: bool) -> ResourceType:
    """Have the kind served as v2, and as v1 or not any more."""
    name = f"{kind.plural}.{kind.group}"
    live = await world.admin.get(CUSTOM_RESOURCE_DEFINITIONS, name)
    (old,) = live["spec"]["versions"]
    versions = [{**old, "served": serves_old, "storage": False}, {**old, "name": "v2"}]
    await world.admin.patch(
        CUSTOM_RESOURCE_DEFINITIONS,
        name,
        patch={"spec": {"versions": versions}},
        field_manager="helm",
    )
    new = replace(kind, version="v2")

    async def is_served() -> bool:
        kinds = await world.admin.kinds(refresh=True)
        is_old = kinds.find(kind.group, kind.kind, kind.version) is not None
        return is_old is serves_old and kinds.find(kind.group, kind.kind, "v2") is not None

    await eventually(is_served)
    return new


def widget(kind: ResourceType, name: str) -> JsonObject:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": name},
        "spec": {"size": 1},
    }


async def test_an_object_is_applied_in_a_version_that_came_later(
    world: World, reconciler: Run, unique: str, kind: ResourceType
) -> None:
    world.repository.commit({"app/all.yaml": text(widget(kind, "one"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        new = await upgrade(world, kind, serves_old=True)
        revision = world.repository.commit({"app/all.yaml": text(widget(new, "one"))})
        await world.until_synced(unique, revision=revision)


async def test_an_object_whose_version_is_not_served_any_more_is_deleted_in_another(
    world: World, reconciler: Run, unique: str, kind: ResourceType
) -> None:
    kept = config_map(unique)
    world.repository.commit({"app/all.yaml": text(kept, widget(kind, "one"))})
    await world.project(unique)
    policy = {"automated": AUTOMATED, "syncOptions": ["PrunePropagationPolicy=background"]}
    await world.application(unique, project=unique, policy=policy)

    async with reconciler():
        await world.until_synced(unique)
        new = await upgrade(world, kind, serves_old=False)
        revision = world.repository.commit({"app/all.yaml": text(kept)})
        await world.until_synced(unique, revision=revision)

    assert await world.get(new, "one") is None
