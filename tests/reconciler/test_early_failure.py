"""A workload that cannot come up is told at once, with the Pod and the reason."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import World, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]


def workload(name: str, *, image: str, kind: str = "Deployment") -> JsonObject:
    labels = {"app": name}
    pod = {"containers": [{"name": "main", "image": f"registry.example/app:{image}"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


async def health_of(world: World, name: str) -> JsonObject:
    """Return the health of the one object of an Application."""
    resources = (await world.status(name)).get("resources") or [{}]
    health: JsonObject = resources[0].get("health") or {}
    return health


async def until_health(world: World, name: str, status: str) -> JsonObject:
    """Wait until an Application has a health; return the health of its one object."""

    async def has_it() -> bool:
        health = (await world.status(name)).get("health") or {}
        return bool(health.get("status") == status)

    await eventually(has_it, timeout_seconds=30)
    return await health_of(world, name)


async def test_a_pod_that_crashes_is_named_before_any_deadline(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(workload(unique, image="crash"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        health = await until_health(world, unique, "Degraded")

    assert health["message"].startswith(f"Pod {unique}-")
    assert "container main: CrashLoopBackOff" in health["message"]


async def test_pods_of_the_last_revision_do_not_count_against_the_next(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(workload(unique, image="crash"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await until_health(world, unique, "Degraded")
        world.repository.commit({"app/all.yaml": text(workload(unique, image="2"))})
        await until_health(world, unique, "Healthy")

    assert await health_of(world, unique) == {"status": "Healthy"}
