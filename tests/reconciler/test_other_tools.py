"""Objects that come from Argo CD and Flux, and that go to Argo CD: never deleted, nothing left.

The requests of the other controllers are made as they make them: with their field managers, labels
and annotations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import IntegrityFault
from gitopskit.kube.resources import CONFIG_MAPS, DEPLOYMENTS
from gitopskit.reconciler.release import release
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.loop import Controller

    Run = Callable[[], AbstractAsyncContextManager[Controller]]

TRACKING = "argocd.argoproj.io/tracking-id"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ARGO = "argocd-controller"
FLUX_LABELS = {
    "kustomize.toolkit.fluxcd.io/name": "shop",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
}


def placed(world: World, name: str, **data: str) -> JsonObject:
    content = config_map(name, **data)
    content["metadata"] = {"name": name, "namespace": world.namespace, "annotations": {}}
    return content


def tracked(world: World, name: str, **data: str) -> JsonObject:
    """Return an object as Argo CD applies it for an Application of the same name."""
    content = placed(world, name, **data)
    content["metadata"]["annotations"][TRACKING] = f"{name}:/ConfigMap:{world.namespace}/{name}"
    return content


async def live(world: World, name: str) -> JsonObject:
    found = await world.get(CONFIG_MAPS, name)
    assert found is not None
    return found


def managers(content: JsonObject) -> set[tuple[str, str]]:
    entries = content["metadata"]["managedFields"]
    return {(entry["manager"], entry["operation"]) for entry in entries}


async def by_argo_cd_on_the_client(world: World, content: JsonObject) -> None:
    content["metadata"]["annotations"][LAST_APPLIED] = "{}"
    await world.admin.create(CONFIG_MAPS, content, field_manager=ARGO)


async def by_argo_cd_on_the_server(world: World, content: JsonObject) -> None:
    await world.admin.apply(CONFIG_MAPS, content, field_manager=ARGO, force=True)


async def by_kubectl_for_argo_cd(world: World, content: JsonObject) -> None:
    content["metadata"]["annotations"][LAST_APPLIED] = "{}"
    await world.admin.create(CONFIG_MAPS, content, field_manager="kubectl-client-side-apply")


async def by_argo_cd_with_labels(world: World, content: JsonObject) -> None:
    del content["metadata"]["annotations"][TRACKING]
    content["metadata"]["labels"] = {"app.kubernetes.io/instance": content["metadata"]["name"]}
    await world.admin.create(CONFIG_MAPS, content, field_manager=ARGO)


@pytest.mark.parametrize(
    "apply",
    [
        by_argo_cd_on_the_client,
        by_argo_cd_on_the_server,
        by_kubectl_for_argo_cd,
        by_argo_cd_with_labels,
    ],
)
async def test_objects_of_argo_cd_stay_and_nothing_of_it_is_left(
    world: World,
    reconciler: Run,
    unique: str,
    apply: Callable[[World, JsonObject], object],
) -> None:
    await apply(world, tracked(world, unique, color="green", left="behind"))  # type: ignore[misc] # a coroutine
    before = (await live(world, unique))["metadata"]["uid"]
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)

    after = await live(world, unique)
    assert after["metadata"]["uid"] == before
    assert after["data"] == {"color": "red"}
    assert managers(after) == {("gitopskit-reconciler", "Apply")}
    assert LAST_APPLIED not in after["metadata"]["annotations"]
    assert "app.kubernetes.io/instance" not in after["metadata"]["labels"]
    assert await world.conditions(unique) == {}


async def test_objects_of_flux_wait_until_its_labels_are_off(
    world: World, reconciler: Run, unique: str
) -> None:
    content = placed(world, unique, color="green", left="behind")
    content["metadata"]["labels"] = FLUX_LABELS
    await world.admin.apply(CONFIG_MAPS, content, field_manager="kustomize-controller", force=True)
    before = (await live(world, unique))["metadata"]["uid"]
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        message = await world.until_condition(unique, "OwnershipConflict")
        assert await world.data(unique) == {"color": "green", "left": "behind"}
        labels = dict.fromkeys(FLUX_LABELS)
        await world.admin.patch(
            CONFIG_MAPS,
            unique,
            world.namespace,
            patch={"metadata": {"labels": labels}},
            field_manager="kubectl-label",
        )
        await world.until_synced(unique)

    after = await live(world, unique)
    assert "belongs to Flux" in message
    assert after["metadata"]["uid"] == before
    assert after["data"] == {"color": "red"}
    assert managers(after) == {("gitopskit-reconciler", "Apply")}
    assert after["metadata"]["annotations"]["gitopskit.io/adopted"] == "true"


async def test_released_objects_are_those_of_argo_cd_alone(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red", old="field"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    async with reconciler():
        await world.until_synced(unique)
    before = await live(world, unique)

    tried = await release(world.admin, [unique], dry_run=True)
    assert await live(world, unique) == before
    done = await release(world.admin, [unique])
    between = await live(world, unique)
    await by_argo_cd_on_the_server(world, tracked(world, unique, color="blue"))

    after = await live(world, unique)
    assert [it.count for it in (*tried, *done)] == [1, 1]
    assert managers(between) == managers(after) == {(ARGO, "Apply")}
    assert between["data"] == before["data"]
    assert after["data"] == {"color": "blue"}
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["annotations"] == {
        TRACKING: before["metadata"]["annotations"][TRACKING]
    }
    assert "labels" not in after["metadata"]
    shard = await world.get(CONFIG_MAPS, f"gitopskit-inventory-{unique}-0", "gitopskit-system")
    assert shard is None


async def test_argo_cd_on_the_client_needs_no_release(
    world: World, reconciler: Run, unique: str
) -> None:
    """It patches what differs from Git and from what it applied last, whoever set it."""
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    async with reconciler():
        await world.until_synced(unique)

    await world.admin.patch(
        CONFIG_MAPS,
        unique,
        world.namespace,
        patch={"data": {"color": "blue"}},
        field_manager=ARGO,
    )

    assert await world.data(unique) == {"color": "blue"}


async def test_nothing_is_released_while_the_reconciler_runs(world: World) -> None:
    deployment: JsonObject = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "gitopskit-reconciler", "namespace": "gitopskit-system"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "r"}},
            "template": {
                "metadata": {"labels": {"app": "r"}},
                "spec": {"containers": [{"name": "r", "image": "registry.invalid/r"}]},
            },
        },
    }
    made = await world.admin.create(DEPLOYMENTS, deployment, field_manager="tests")

    try:
        with pytest.raises(IntegrityFault, match="the reconciler runs"):
            await release(world.admin, [])
    finally:
        name, uid = made["metadata"]["name"], made["metadata"]["uid"]
        await world.admin.delete(DEPLOYMENTS, name, "gitopskit-system", uid=uid)
