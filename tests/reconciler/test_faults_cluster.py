"""What happens in the cluster around the reconciler: it is told, waited for, and mended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.kube.resources import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    NAMESPACES,
    ROLE_BINDINGS,
    ResourceType,
)
from gitopskit.reconciler.loop import Controller
from tests.support.admission import admission, labelled
from tests.support.audit_verdict import ENDING
from tests.support.cluster import create_namespace
from tests.support.polling import eventually
from tests.support.reconciling import SERVER, World, config_map, text
from tests.support.widgets import definition, grant

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

FAST_SECONDS = 2.0
SLOW_SECONDS = 6.0
RETRIES = {"limit": -1, "backoff": {"duration": "1s", "factor": 1}}
POLICY = {"automated": {"prune": True, "selfHeal": True}, "retry": RETRIES}


async def test_one_object_that_a_webhook_denies_holds_back_no_other(
    world: World, reconciler: Run, unique: str, tmp_path: Path
) -> None:
    denied, others = f"{unique}-denied", [f"{unique}-{number}" for number in range(5)]
    objects = [labelled(denied, color="red"), *(config_map(it, color="red") for it in others)]
    world.repository.commit({"app/all.yaml": text(*objects)})
    await world.project(unique)
    await world.application(unique, project=unique, policy=POLICY)

    async with admission(world, unique, tmp_path) as webhook, reconciler():
        webhook.denies = "red is not allowed here"
        message = await world.until_condition(unique, "SyncError", denied)
        assert [await world.data(it) for it in others] == [{"color": "red"}] * len(others)
        assert await world.data(denied) is None
        webhook.denies = ""
        await world.until_synced(unique)

    assert "red is not allowed here" in message
    assert await world.data(denied) == {"color": "red"}


async def test_a_slow_webhook_delays_nobody_else(
    world: World, reconciler: Run, unique: str, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    slow, fast = f"{unique}-slow", f"{unique}-fast"
    many = [labelled(f"{slow}-{number}", color="red") for number in range(40)]
    files = {"slow/all.yaml": text(*many), "fast/all.yaml": text(config_map(fast, color="red"))}
    world.repository.commit(files)
    await world.project(unique)
    await world.application(slow, project=unique, path="slow")
    await world.application(fast, project=unique, path="fast")
    clock = asyncio.get_running_loop().time

    async with admission(world, unique, tmp_path) as webhook, reconciler():
        webhook.waits_seconds = SLOW_SECONDS
        begun = clock()
        await world.until_synced(fast)
        first = clock() - begun
        begun = clock()
        await world.edit(CONFIG_MAPS, fast, {"data": {"color": "edited"}})
        await eventually(lambda: _holds(world, fast, {"color": "red"}))
        healed = clock() - begun
        webhook.waits_seconds = 0.0
        await world.until_synced(slow)

    tell(
        f"beside a webhook that takes {SLOW_SECONDS:.0f} s: applied after {first:.2f} s,"
        f" healed after {healed:.2f} s"
    )
    assert max(first, healed) < SLOW_SECONDS


async def test_a_definition_that_is_deleted_while_in_use_comes_back_with_its_objects(
    world: World, reconciler: Run, unique: str
) -> None:
    group = f"{unique}.example.com"
    kind = ResourceType(group=group, version="v1", plural="widgets", kind="Widget")
    await grant(world, unique, group)
    widget: JsonObject = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "one"},
        "spec": {"size": 1},
    }
    world.repository.commit({"app/all.yaml": text(definition(group), widget)})
    await world.project(unique, clusterResourceWhitelist=[{"group": "*", "kind": "*"}])
    await world.application(unique, project=unique, policy=POLICY)

    async with reconciler():
        await world.until_synced(unique)
        before = await world.get(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}")
        assert before is not None
        old = before["metadata"]["uid"]
        await world.admin.delete(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}", uid=old)

        async def is_back() -> bool:
            found = await world.get(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}")
            is_new = found is not None and found["metadata"]["uid"] != old
            return is_new and await world.get(kind, "one") is not None

        await eventually(is_back, timeout_seconds=40)
        await world.until_synced(unique)

    after = await world.get(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}")
    assert after is not None
    await world.admin.delete(
        CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}", uid=after["metadata"]["uid"]
    )


async def test_a_namespace_that_is_stuck_in_its_end_is_told_and_then_filled_anew(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    place = f"{unique}{ENDING}"
    create_namespace(control_plane, place)
    await world.prepare_namespace(place)
    await _hold(world, place, ["tests.gitopskit.io/hold"])
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique, destinations=[{"server": SERVER, "namespace": place}])
    await world.application(unique, project=unique, namespace=place, policy=POLICY)

    async with reconciler():
        await world.until_synced(unique)
        namespace = await world.admin.get(NAMESPACES, place)
        await world.admin.delete(NAMESPACES, place, uid=namespace["metadata"]["uid"])
        message = await world.until_condition(unique, "SyncError", unique)
        await _hold(world, place, None)
        await eventually(lambda: _is_gone(world, place), timeout_seconds=60)
        create_namespace(control_plane, place)
        await world.prepare_namespace(place)
        await world.until_synced(unique)

    assert f'the namespace "{place}" is being deleted' in message
    assert "context" not in message
    found = await world.get(CONFIG_MAPS, unique, place)
    assert found is not None
    assert found["data"] == {"color": "red"}


async def _hold(world: World, namespace: str, finalizers: JsonValue) -> None:
    """Keep what gives the applier its rights, and so the namespace, from going; or let both go."""
    await world.admin.patch(
        ROLE_BINDINGS,
        "gitopskit-applier",
        namespace,
        patch={"metadata": {"finalizers": finalizers}},
        field_manager="tests",
    )


async def _is_gone(world: World, namespace: str) -> bool:
    return await world.get(NAMESPACES, namespace) is None


async def _holds(world: World, name: str, expected: dict[str, str]) -> bool:
    return await world.data(name) == expected
