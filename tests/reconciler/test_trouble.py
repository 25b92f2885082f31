"""What goes wrong around an Application is told, and mended as far as it can be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from gitopskit.clock import SystemClock
from gitopskit.kube.resources import (
    APP_PROJECTS,
    APPLICATIONS,
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    NAMESPACES,
    ROLE_BINDINGS,
    ResourceType,
)
from gitopskit.reconciler.loop import Controller
from tests.support.cluster import create_namespace
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, SERVER, World, config_map, running, text
from tests.support.widgets import definition, grant, widgets

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

DAMAGE: JsonObject = {"data": {"entries.json": "{"}}


async def change_inventory(world: World, application: str, patch: JsonObject) -> JsonObject:
    name = f"gitopskit-inventory-{application}-0"
    return await world.admin.patch(
        CONFIG_MAPS, name, "gitopskit-system", patch=patch, field_manager="kubectl-edit"
    )


async def test_a_damaged_inventory_stops_everything_and_is_told(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique), config_map(f"{unique}-b"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    async with reconciler():
        await world.until_synced(unique)
    await change_inventory(world, unique, DAMAGE)
    world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-b"))})

    async with reconciler():
        message = await world.until_condition(unique, "ComparisonError")

    assert "the inventory cannot be read" in message
    assert await world.data(unique) == {}


async def test_a_damaged_inventory_that_is_deleted_starts_anew_without_a_restart(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    name = f"gitopskit-inventory-{unique}-0"

    async with reconciler():
        await world.until_synced(unique)
        damaged = await change_inventory(world, unique, DAMAGE)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-b"))})
        await world.until_condition(unique, "ComparisonError", "cannot be read")
        await world.admin.delete(
            CONFIG_MAPS, name, "gitopskit-system", uid=damaged["metadata"]["uid"]
        )
        revision = world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-c"))})
        await world.until_synced(unique, revision=revision)

    assert await world.data(unique) == {"color": "red"}


async def test_an_inventory_that_somebody_changes_is_read_again(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await change_inventory(world, unique, {"metadata": {"labels": {"touched": "yes"}}})
        commit = world.repository.commit(
            {"app/all.yaml": text(config_map(unique), config_map(f"{unique}-new"))}
        )
        await world.until_synced(unique, revision=commit)

    assert await world.data(f"{unique}-new") == {}


async def test_an_inventory_that_somebody_deletes_is_written_again(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    name = f"gitopskit-inventory-{unique}-0"

    async with reconciler():
        await world.until_synced(unique)
        found = await world.get(CONFIG_MAPS, name, "gitopskit-system")
        assert found is not None
        await world.admin.delete(
            CONFIG_MAPS, name, "gitopskit-system", uid=found["metadata"]["uid"]
        )
        commit = world.repository.commit(
            {"app/all.yaml": text(config_map(unique), config_map(f"{unique}-new"))}
        )
        await world.until_synced(unique, revision=commit)

    assert f"{unique}-new" in await world.listed(unique)


async def test_a_namespace_that_comes_later_is_waited_for(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    place = f"{unique}-late"
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique, destinations=[{"server": SERVER, "namespace": place}])
    await world.application(unique, project=unique, namespace=place)

    async with reconciler():
        await world.until_condition(unique, "SyncError", "is gone, or was never there")
        create_namespace(control_plane, place)
        await world.prepare_namespace(place)
        await world.until_synced(unique)

    assert await world.get(CONFIG_MAPS, unique, place) is not None


async def test_a_namespace_that_was_made_half_is_completed(
    world: World, reconciler: Run, unique: str
) -> None:
    place = f"{unique}-half"
    half = {"name": place, "annotations": {"gitopskit.io/created-for": unique}}
    await world.admin.create(
        NAMESPACES,
        {"apiVersion": "v1", "kind": "Namespace", "metadata": half},
        field_manager="gitopskit-reconciler",
    )
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique, destinations=[{"server": SERVER, "namespace": place}])
    policy = {"automated": AUTOMATED, "syncOptions": ["CreateNamespace=true"]}
    await world.application(unique, project=unique, namespace=place, policy=policy)

    async with reconciler():
        await world.until_synced(unique)

    assert await world.get(ROLE_BINDINGS, "gitopskit-applier", place) is not None


async def test_a_namespace_of_somebody_else_gets_no_applier(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    place = f"{unique}-theirs"
    create_namespace(control_plane, place)
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique, destinations=[{"server": SERVER, "namespace": place}])
    policy = {"automated": AUTOMATED, "syncOptions": ["CreateNamespace=true"]}
    await world.application(unique, project=unique, namespace=place, policy=policy)

    async with reconciler():
        await world.until_condition(unique, "SyncError", "is the namespace there")

    assert await world.get(ROLE_BINDINGS, "gitopskit-applier", place) is None


async def test_a_definition_and_an_object_of_it_arrive_in_one_commit(
    world: World, reconciler: Run, unique: str, admin: KubeClient
) -> None:
    group = f"{unique}.example.com"
    await grant(world, unique, group)
    widget = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "one"},
        "spec": {"size": 1},
    }
    world.repository.commit({"app/all.yaml": text(widget, definition(group))})
    await world.project(
        unique,
        clusterResourceWhitelist=[
            {"group": "apiextensions.k8s.io", "kind": "CustomResourceDefinition"}
        ],
    )
    await world.application(unique, project=unique)
    kind = ResourceType(group=group, version="v1", plural="widgets", kind="Widget")

    with capture_logs() as lines:
        async with reconciler():
            await world.until_synced(unique)
    told = [it for line in lines for it in line.get("conditions", ())]
    async with reconciler():
        status = await world.until_synced(unique)
        found = await world.get(kind, "one")
        assert found is not None
        await admin.delete(kind, "one", world.namespace, uid=found["metadata"]["uid"])
        await eventually(lambda: _is_there(world, kind, "one"))

    assert "SyncError" not in told
    assert "retryCount" not in status["operationState"]
    live = await world.get(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}")
    assert live is not None
    await admin.delete(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}", uid=live["metadata"]["uid"])


async def test_an_object_is_applied_when_its_kind_is_defined_by_somebody_else(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    group = f"{unique}.example.com"
    await grant(world, unique, group)
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": unique}}
    world.repository.commit({"app/all.yaml": text(widget)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with running(reconciler_client, world.cache_dir, poll_seconds=3600) as controller:
        await world.until_condition(unique, "SyncError", "does not know the kind")
        # Only the definition itself can be the reason to try again in time.
        later = SystemClock().monotonic_seconds() + 600
        controller.registry.applications[unique].retry_at_seconds = later
        made = await world.admin.create(
            CUSTOM_RESOURCE_DEFINITIONS, definition(group), field_manager="an-operator"
        )
        await world.until_synced(unique)

    assert await world.get(widgets(group), unique) is not None
    await world.admin.delete(
        CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}", uid=made["metadata"]["uid"]
    )


async def test_a_definition_that_the_server_refuses_holds_back_its_objects(
    world: World, reconciler: Run, unique: str
) -> None:
    group = f"{unique}.example.com"
    await grant(world, unique, group)
    refused = definition(group)
    refused["spec"]["versions"][0]["schema"] = {}
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "one"}}
    world.repository.commit({"app/all.yaml": text(refused, widget, config_map(unique))})
    await world.project(unique, clusterResourceWhitelist=[{"group": "*", "kind": "*"}])
    await world.application(unique, project=unique)

    async with reconciler():
        message = await world.until_condition(unique, "SyncError")

    assert f"CustomResourceDefinition/widgets.{group} is needed first" in message
    assert await world.data(unique) == {}


async def test_switching_automation_off_leaves_everything_and_goes_on_telling(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_out_of_sync() -> bool:
        return bool((await world.status(unique))["sync"]["status"] == "OutOfSync")

    async with reconciler():
        await world.until_synced(unique)
    await world.admin.patch(
        APPLICATIONS,
        unique,
        "argocd",
        patch={"spec": {"syncPolicy": None}},
        field_manager="tests",
    )
    await world.edit(CONFIG_MAPS, unique, {"data": {"color": "green"}})

    async with reconciler():
        await eventually(is_out_of_sync)
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "red"}})
        await world.until_synced(unique)

    assert await world.data(unique) == {"color": "red"}


async def test_a_project_that_is_taken_away_stops_the_healing(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        project = await world.get(APP_PROJECTS, unique, "argocd")
        assert project is not None
        await world.admin.delete(APP_PROJECTS, unique, "argocd", uid=project["metadata"]["uid"])
        await world.until_condition(unique, "InvalidSpecError", "there is no AppProject")
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "green"}})
        await world.project(unique)
        await world.until_synced(unique)

    assert await world.data(unique) == {"color": "red"}


async def _is_there(world: World, kind: ResourceType, name: str) -> bool:
    return await world.get(kind, name) is not None
