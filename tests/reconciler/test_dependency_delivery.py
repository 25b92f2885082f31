"""Applications that wait for others, on the real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS
from gitopskit.reconciler import names
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, running, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.loop import Controller

    Run = Callable[[], AbstractAsyncContextManager[Controller]]


async def need(world: World, name: str, *needed: str) -> None:
    """Let an Application depend on others, or on nobody."""
    annotations: JsonObject = {names.DEPENDS_ON_ANNOTATION: ",".join(needed) or None}
    await world.admin.patch(
        APPLICATIONS,
        name,
        "argocd",
        patch={"metadata": {"annotations": annotations}},
        field_manager="tests",
    )


async def test_an_application_begins_when_the_one_it_needs_is_ready(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    """No poll comes within the test: the change of the other one wakes it."""
    first, second = f"{unique}-a", f"{unique}-b"
    red = text(config_map(second, color="red"))
    world.repository.commit({"app/all.yaml": text(config_map(first)), "late/all.yaml": red})
    await world.project(unique)
    await world.application(second, project=unique, path="late")
    await need(world, second, first)

    async def is_red() -> bool:
        return await world.data(second) == {"color": "red"}

    async with running(reconciler_client, world.cache_dir, poll_seconds=3600):
        await world.until_condition(second, "WaitingForDependencies", "no such Application")
        assert await world.data(second) is None
        needed = await world.application(first, project=unique)
        await world.until_synced(second)
        assert await world.data(first) == {}

        # what has begun once is kept as it is to be, although the other one is gone
        await world.admin.delete(APPLICATIONS, first, "argocd", uid=needed["metadata"]["uid"])
        await world.edit(CONFIG_MAPS, second, {"data": {"color": "blue"}})
        await eventually(is_red)

    assert "WaitingForDependencies" not in await world.conditions(second)


async def test_a_circle_is_told_and_ends_with_its_reason(
    world: World, reconciler: Run, unique: str
) -> None:
    first, second = f"{unique}-a", f"{unique}-b"
    late = text(config_map(second))
    world.repository.commit({"app/all.yaml": text(config_map(first)), "late/all.yaml": late})
    await world.project(unique)
    await world.application(first, project=unique)
    await world.application(second, project=unique, path="late")
    await need(world, first, second)
    await need(world, second, first)

    async with reconciler():
        for name in (first, second):
            await world.until_condition(name, "WaitingForDependencies", "circle")
        await need(world, first)
        await world.until_synced(first)
        await world.until_synced(second)

    assert await world.data(second) == {}


def looks(controller: Controller) -> float:
    """Return how many looks at Applications have ended."""
    lines = controller.metrics.text().decode().splitlines()
    counts = [it for it in lines if it.startswith("gitopskit_reconciler_passes_total{")]
    return sum(float(it.rpartition(" ")[2]) for it in counts)


async def test_what_cannot_be_read_is_not_looked_at_because_it_would_begin(
    world: World, reconciler: Run, unique: str
) -> None:
    """It waited before, and what it waited for is ready now: looks at it would never end."""
    first, second = f"{unique}-a", f"{unique}-b"
    files = {"app/all.yaml": text(config_map(first)), "late/all.yaml": text(config_map(second))}
    world.repository.commit(files)
    await world.project(unique)
    await world.application(second, project=unique, path="late")
    await need(world, second, first)

    async with reconciler() as controller:
        await world.until_condition(second, "WaitingForDependencies", "no such Application")
        world.repository.commit({**files, "late/bad.yaml": "a: ["})
        await world.until_condition(second, "ComparisonError", "bad.yaml")
        await world.application(first, project=unique)
        await world.until_synced(first)
        before = looks(controller)
        await need(world, second, "No name")
        await world.until_condition(second, "InvalidSpecError", "must name Applications")
        assert looks(controller) - before < 50

        world.repository.commit(files)
        await need(world, second, first)
        await world.until_synced(second)

    assert await world.data(second) == {}
