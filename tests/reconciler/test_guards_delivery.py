"""What is not deleted unasked, on the real server: precious kinds, and what a project says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.kube.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    NAMESPACES,
    ResourceType,
)
from gitopskit.reconciler.loop import Controller
from tests.support.approving import approve_if_asked
from tests.support.polling import eventually
from tests.support.reconciling import SERVER, World, config_map, text
from tests.support.widgets import definition, grant

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

CONDITION: Final = "DeletionConfirmationRequired"
CLAIMS: Final = ResourceType(
    group="", version="v1", plural="persistentvolumeclaims", kind="PersistentVolumeClaim"
)
PLATFORM: Final[JsonObject] = {
    "destinationServiceAccounts": [
        {
            "server": SERVER,
            "namespace": "*",
            "defaultServiceAccount": "gitopskit-system:gitopskit-platform-applier",
        }
    ]
}


def claim(name: str) -> tuple[ResourceType, JsonObject]:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}}
    return CLAIMS, {**body, "spec": spec}


def namespace(name: str) -> tuple[ResourceType, JsonObject]:
    return NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def kind_of_its_own(name: str) -> tuple[ResourceType, JsonObject]:
    return CUSTOM_RESOURCE_DEFINITIONS, definition(f"{name}.example.com")


@pytest.mark.parametrize("make", [claim, namespace, kind_of_its_own])
async def test_what_takes_more_with_it_is_deleted_only_when_a_person_approves(
    world: World,
    reconciler: Run,
    unique: str,
    make: Callable[[str], tuple[ResourceType, JsonObject]],
) -> None:
    kind, content = make(f"{unique}-precious")
    name = content["metadata"]["name"]
    is_platform = kind is NAMESPACES
    kept = namespace(f"{unique}-kept")[1] if is_platform else config_map(f"{unique}-kept")
    world.repository.commit({"app/all.yaml": text(content, kept)})
    await grant(world, unique, f"{unique}-precious.example.com")
    whitelist = [{"group": "*", "kind": "Namespace"}, {"group": "*", "kind": "Custom*"}]
    spec = {"clusterResourceWhitelist": whitelist, **(PLATFORM if is_platform else {})}
    await world.project(unique, **spec)
    await world.application(unique, project=unique)

    async def is_made() -> bool:
        return await world.get(kind, name) is not None

    async def is_going() -> bool:
        await approve_if_asked(world.admin, unique)
        found = await world.get(kind, name)
        return found is None or "deletionTimestamp" in found["metadata"]

    async with reconciler():
        await eventually(is_made)
        world.repository.commit({"app/all.yaml": text(kept)})
        message = await world.until_condition(unique, CONDITION, name)
        found = await world.get(kind, name)
        await eventually(is_going)

    assert found is not None
    assert "deletionTimestamp" not in found["metadata"]
    assert "objects would go at once" not in message


@pytest.mark.parametrize(
    ("own", "is_asked"),
    [pytest.param("", True, id="projects"), pytest.param("100%", False, id="its-own")],
)
async def test_a_project_says_how_much_is_deleted_unasked_unless_an_application_does(
    world: World,
    reconciler: Run,
    unique: str,
    own: str,
    is_asked: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    both = config_map(unique), config_map(f"{unique}-kept")
    world.repository.commit({"app/all.yaml": text(*both)})
    await world.project(unique, annotations={"gitopskit.io/max-deletions": "0"})
    await world.application(unique, project=unique)
    if own:
        annotations = {"gitopskit.io/max-deletions": own}
        patch: JsonObject = {"metadata": {"annotations": annotations}}
        await world.admin.patch(APPLICATIONS, unique, "argocd", patch=patch, field_manager="tests")

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(both[1])})
        if is_asked:
            message = await world.until_condition(unique, CONDITION)
            assert message.startswith("1 of 2 objects would go at once, more than 0 objects")
            assert await world.data(unique) == {}
        else:
            await world.until_gone(CONFIG_MAPS, unique)


async def test_what_a_chart_keeps_is_neither_pruned_nor_deleted(
    world: World, reconciler: Run, unique: str
) -> None:
    goes = [config_map(f"{unique}-{it}") for it in ("pruned", "deleted")]
    stays = [keeping(config_map(f"{unique}-{it}")) for it in ("early", "late")]
    world.repository.commit({"app/all.yaml": text(*goes, *stays)})
    await world.project(unique)
    made = await world.application(unique, project=unique, finalizer=True)

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(goes[1], stays[1])})
        await world.until_gone(CONFIG_MAPS, f"{unique}-pruned")
        await world.admin.delete(APPLICATIONS, unique, "argocd", uid=made["metadata"]["uid"])
        await world.until_gone(APPLICATIONS, unique, "argocd")
        await world.until_gone(CONFIG_MAPS, f"{unique}-deleted")

    for name in ("early", "late"):
        assert await world.data(f"{unique}-{name}") == {}


def keeping(content: JsonObject) -> JsonObject:
    metadata = {**content["metadata"], "annotations": {"helm.sh/resource-policy": "keep"}}
    return {**content, "metadata": metadata}
