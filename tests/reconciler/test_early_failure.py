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


async def test_a_deadline_that_is_over_names_the_pod_too(
    world: World, reconciler: Run, unique: str
) -> None:
    content = workload(unique, image="1")
    content["spec"]["progressDeadlineSeconds"] = 1
    content["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such-node"}
    world.repository.commit({"app/all.yaml": text(content)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_named() -> bool:
        return f"; Pod {unique}-" in (await health_of(world, unique)).get("message", "")

    async with reconciler():
        await until_health(world, unique, "Degraded")
        await eventually(is_named, timeout_seconds=30)

    assert "Unschedulable" in (await health_of(world, unique))["message"]


async def test_a_workload_without_a_deadline_of_its_own_is_told_too(
    world: World, reconciler: Run, unique: str
) -> None:
    content = workload(unique, image="crash", kind="StatefulSet")
    content["spec"]["serviceName"] = unique
    world.repository.commit({"app/all.yaml": text(content)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        health = await until_health(world, unique, "Degraded")

    assert health["message"].startswith(f"Pod {unique}-0: container main: CrashLoopBackOff")
