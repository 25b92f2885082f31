"""While Argo CD's own controller runs nothing is done; afterwards all is done as before."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import IntegrityFault
from gitopskit.kube.resources import CONFIG_MAPS, DEPLOYMENTS, STATEFUL_SETS
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.observation import drift
from gitopskit.reconciler.rivals import runs
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, options, running, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject

LABELS = {
    "app.kubernetes.io/component": "application-controller",
    "app.kubernetes.io/name": "argocd-application-controller",
    "app.kubernetes.io/part-of": "argocd",
}


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        ({"spec": {"replicas": 1}}, True),
        ({"spec": {"replicas": 0}}, False),
        ({"spec": {"replicas": 0}, "status": {"replicas": 1}}, True),
        ({"spec": {"replicas": 0}, "status": {"replicas": 0}}, False),
        ({}, True),
    ],
    ids=["wanted", "not-wanted", "leaving", "gone", "as-filled-in"],
)
def test_a_workload_runs_until_its_last_copy_is_gone(workload: JsonObject, expected: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert runs(workload) is expected


@asynccontextmanager
async def argo_cd(world: World, kind: ResourceType, *, replicas: int) -> AsyncIterator[str]:
    """Install Argo CD's controller for the length of a block, without Pods; return its name."""
    name = f"{world.namespace}-argocd-application-controller"
    selector = {"app.kubernetes.io/name": LABELS["app.kubernetes.io/name"]}
    pod: JsonObject = {"containers": [{"name": "main", "image": "registry.example/argocd:1"}]}
    content: JsonObject = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": name, "namespace": "argocd", "labels": LABELS},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": selector}, "spec": pod},
        },
    }
    if kind is STATEFUL_SETS:
        content["spec"]["serviceName"] = name
    made = await world.admin.create(kind, content, field_manager="tests")
    try:
        yield name
    finally:
        await world.admin.delete(kind, name, "argocd", uid=made["metadata"]["uid"])


async def scale(world: World, name: str, replicas: int) -> None:
    patch = {"spec": {"replicas": replicas}}
    await world.admin.patch(STATEFUL_SETS, name, "argocd", patch=patch, field_manager="tests")


def gauge(controller: Controller) -> str:
    lines = controller.metrics.text().decode().splitlines()
    found = [it for it in lines if it.startswith("gitopskit_reconciler_stands_back ")]
    return found[0].partition(" ")[2]


async def test_nothing_is_done_until_argo_cd_is_scaled_to_nothing(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_healed() -> bool:
        return await world.data(unique) == {"color": "red"}

    async with (
        argo_cd(world, STATEFUL_SETS, replicas=1) as name,
        running(reconciler_client, world.cache_dir) as controller,
    ):
        await eventually(lambda: _is(controller, "1.0"))
        await eventually(lambda: _is_ready(controller))
        await eventually(lambda: is_idle(controller))
        assert (await world.status(unique), await world.data(unique)) == ({}, None)
        await scale(world, name, 0)
        await world.until_synced(unique)
        assert gauge(controller) == "0.0"

        # it comes back, and what it changes meanwhile is nobody else's business
        await scale(world, name, 1)
        await eventually(lambda: _is(controller, "1.0"))
        status = await world.status(unique)
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "blue"}})
        world.repository.commit({"app/all.yaml": text(config_map(unique, color="red", size="1"))})
        ref = ObjectRef("", "ConfigMap", world.namespace, unique)
        await eventually(lambda: _has_seen_drift(controller, ref))
        await eventually(lambda: is_idle(controller))
        assert await world.data(unique) == {"color": "blue"}
        assert await world.status(unique) == status

        world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
        await scale(world, name, 0)
        await eventually(is_healed)
        await world.until_synced(unique)


async def test_once_says_that_argo_cd_runs(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with argo_cd(world, DEPLOYMENTS, replicas=2) as name:
        controller = Controller(reconciler_client, options(world.cache_dir))
        with pytest.raises(IntegrityFault, match=f"Deployment/{name}"):
            await controller.pass_once()

    assert await world.status(unique) == {}


def is_idle(controller: Controller) -> bool:
    """Tell whether all that came up has been dealt with."""
    queues = (controller._queue, controller._heals)
    return not any(len(queue) or queue._handled or queue._timers for queue in queues)


async def _is(controller: Controller, value: str) -> bool:
    return gauge(controller) == value


async def _is_ready(controller: Controller) -> bool:
    return controller.is_ready


async def _has_seen_drift(controller: Controller, ref: ObjectRef) -> bool:
    [tracked] = controller.registry.claimants(ref)
    live = controller._live.get(ref)
    return live is not None and bool(drift(live, tracked.applied[ref]))
