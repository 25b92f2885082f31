"""Which kinds there are is not always known: a server that does not answer hides its objects."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import ResourceType
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.inventories import Inventories
from gitopskit.reconciler.inventory import Entry
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.names import APPLIER, Applier
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Run = Callable[[], AbstractAsyncContextManager[Controller]]

API_SERVICES = ResourceType(
    group="apiregistration.k8s.io",
    version="v1",
    plural="apiservices",
    kind="APIService",
    is_namespaced=False,
)


@pytest.fixture
async def silent_group(world: World, unique: str) -> AsyncIterator[str]:
    """Register a group of the API whose server is not there."""
    group = f"{unique}.example.com"
    spec = {
        "group": group,
        "version": "v1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {"name": "nobody", "namespace": world.namespace},
    }
    metadata = {"name": f"v1.{group}"}
    kind = {"apiVersion": API_SERVICES.api_version, "kind": API_SERVICES.kind}
    body = {**kind, "metadata": metadata, "spec": spec}
    await world.admin.create(API_SERVICES, body, field_manager="tests")

    async def is_known() -> bool:
        return (await world.admin.kinds(refresh=True)).is_silent(group)

    await eventually(is_known)
    yield group
    await remove(world, group)


async def remove(world: World, group: str) -> None:
    """Have the group not registered any more."""
    live = await world.get(API_SERVICES, f"v1.{group}", namespace="")
    if live is not None:
        uid = live["metadata"]["uid"]
        await world.admin.delete(API_SERVICES, f"v1.{group}", uid=uid)


async def test_what_a_silent_server_has_stays_in_the_inventory_until_it_is_known_to_be_gone(
    world: World, reconciler: Run, unique: str, silent_group: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique, policy={"automated": AUTOMATED})
    async with reconciler():
        await world.until_synced(unique)
    hidden = ObjectRef(silent_group, "Widget", world.namespace, "hidden")
    inventories = Inventories(world.admin)
    await inventories.read()
    applier = Applier(world.namespace, APPLIER)
    entry = Entry(ref=hidden, version="v1", applier=applier, uid="as-it-was")
    await inventories.save(unique, inventories.load(unique).ahead([entry]))

    async with reconciler():
        world.repository.commit({"app/all.yaml": text(config_map(unique, a="1"))})
        told = await world.until_condition(unique, "SyncError", silent_group)
        await inventories.read()
        was_kept = inventories.load(unique).find(hidden)
        await remove(world, silent_group)

        async def is_forgotten() -> bool:
            await inventories.read()
            return inventories.load(unique).find(hidden) is None

        await eventually(is_forgotten, timeout_seconds=60)

    assert "does not answer" in told
    assert was_kept == entry
