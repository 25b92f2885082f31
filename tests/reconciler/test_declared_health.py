"""Health is told as soon as it changes, and as people declare it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import World, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

RULES = "gitopskit-health"


def ingress(name: str) -> JsonObject:
    backend = {"service": {"name": name, "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"defaultBackend": backend},
    }


@asynccontextmanager
async def declared(admin: KubeClient, **rules: str) -> AsyncIterator[None]:
    """Declare health for the length of a block."""
    body = {"metadata": {"name": RULES, "namespace": "argocd"}, "data": rules}
    made = await admin.create(CONFIG_MAPS, body, field_manager="somebody")
    try:
        yield
    finally:
        await admin.delete(CONFIG_MAPS, RULES, "argocd", uid=made["metadata"]["uid"])


async def prepare(world: World, name: str) -> None:
    world.repository.commit({"app/all.yaml": text(ingress(name))})
    await world.project(name)
    await world.application(name, project=name)


async def test_a_declared_rule_counts_as_long_as_it_is_there(
    world: World, reconciler: Run, unique: str
) -> None:
    await prepare(world, unique)

    async with reconciler():
        await world.until_synced(unique, health="Progressing")
        async with declared(world.admin, **{"networking.k8s.io_Ingress": "healthy: spec exists"}):
            await world.until_synced(unique, health="Healthy")
        await world.until_synced(unique, health="Progressing")


async def test_a_rule_that_cannot_be_read_is_told_where_it_would_count(
    world: World, reconciler: Run, unique: str
) -> None:
    await prepare(world, unique)

    rules = {"networking.k8s.io_Ingress": "healthy: perhaps"}
    async with declared(world.admin, **rules), reconciler():
        status = await world.until_synced(unique, health="Unknown")

    [resource] = status["resources"]
    assert "networking.k8s.io_Ingress cannot be read" in resource["health"]["message"]


async def test_health_is_told_as_soon_as_a_status_changes(
    world: World, reconciler: Run, unique: str
) -> None:
    """The times are printed and not asserted: they depend on the machine."""
    await prepare(world, unique)
    kind = (await world.admin.kinds()).find("networking.k8s.io", "Ingress")
    assert kind is not None
    durations = []

    async with reconciler():
        await world.until_synced(unique, health="Progressing")
        for number in range(10):
            addresses = [] if number % 2 else [{"ip": "192.0.2.1"}]
            wanted = "Progressing" if number % 2 else "Healthy"
            begun = time.perf_counter()
            await world.admin.patch(
                kind,
                unique,
                world.namespace,
                patch={"status": {"loadBalancer": {"ingress": addresses}}},
                field_manager="ingress-controller",
                subresource="status",
            )

            async def is_told(wanted: str = wanted) -> bool:
                return bool((await world.status(unique))["health"]["status"] == wanted)

            await eventually(is_told)
            durations.append(time.perf_counter() - begun)

    durations.sort()
    print(f"status -> health: median {durations[5]:.3f} s, longest {durations[-1]:.3f} s")  # noqa: T201 -- a figure for whoever reads the run
