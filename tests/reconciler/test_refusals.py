"""What an Application may not do is refused by name, and nothing of it is written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS, NAMESPACES
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import SERVER, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        pytest.param(
            {"destination": {"server": "https://elsewhere.example", "namespace": "x"}},
            "https://elsewhere.example",
            id="another-cluster",
        ),
        pytest.param(
            {"sourceHydrator": {"syncSource": {"path": "app"}}}, "spec.sourceHydrator", id="a-field"
        ),
        pytest.param({"project": "nobody-made-this"}, "nobody-made-this", id="unknown-project"),
        pytest.param(
            {"source": {"repoURL": "https://git.example/other.git", "path": "app"}},
            "does not allow the repository",
            id="another-repository",
        ),
    ],
)
async def test_a_spec_that_is_not_honoured_is_refused_by_name(
    world: World,
    reconciler: Run,
    unique: str,
    spec: JsonValue,
    told: str,
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, **{"project": unique, **spec})

    async with reconciler():
        message = await world.until_condition(unique, "InvalidSpecError")

    assert told in message
    assert await world.data(unique) is None


async def test_an_object_of_another_application_is_left_alone(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit(
        {
            "app/all.yaml": text(config_map(unique, color="red")),
            "other/all.yaml": text(config_map(unique, color="green"), config_map(f"{unique}-own")),
        }
    )
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await world.application(f"{unique}-other", project=unique, path="other")
        message = await world.until_condition(f"{unique}-other", "OwnershipConflict")
        assert await world.data(f"{unique}-own") == {}

    assert unique in message
    assert await world.data(unique) == {"color": "red"}


async def test_an_object_that_another_application_asks_for_is_still_healed(
    world: World, reconciler: Run, unique: str
) -> None:
    """Nobody takes an object, or its healing, from its Application by asking for the same."""
    world.repository.commit(
        {
            "app/all.yaml": text(config_map(unique, color="red")),
            "other/all.yaml": text(config_map(unique, color="green")),
        }
    )
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_red() -> bool:
        return await world.data(unique) == {"color": "red"}

    async with reconciler():
        await world.until_synced(unique)
        await world.application(f"{unique}-other", project=unique, path="other")
        await world.until_condition(f"{unique}-other", "OwnershipConflict")
        edited = await world.edit(CONFIG_MAPS, unique, {"data": {"color": "blue"}})
        await eventually(is_red)
        await world.admin.delete(
            CONFIG_MAPS, unique, world.namespace, uid=edited["metadata"]["uid"]
        )
        await eventually(is_red)
        await world.until_condition(f"{unique}-other", "OwnershipConflict")


async def test_an_object_that_a_controller_owns_is_left_alone(
    world: World, reconciler: Run, unique: str
) -> None:
    owner = await world.admin.create(
        CONFIG_MAPS,
        {**config_map(f"{unique}-owner"), "metadata": placed_name(f"{unique}-owner", world)},
        field_manager="tests",
    )
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    owned = {**placed_name(unique, world), "ownerReferences": [reference]}
    await world.admin.create(
        CONFIG_MAPS, {**config_map(unique, color="red"), "metadata": owned}, field_manager="tests"
    )
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="green"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        message = await world.until_condition(unique, "OwnershipConflict")

    assert "is controlled by" in message
    assert await world.data(unique) == {"color": "red"}


async def test_a_bad_application_does_not_delay_the_others(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(f"{unique}-bad", project=unique, path="missing")
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await world.until_condition(f"{unique}-bad", "ComparisonError", "missing")


async def test_an_object_that_the_server_refuses_is_told_of_and_the_others_are_applied(
    world: World, reconciler: Run, unique: str
) -> None:
    bad = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": unique},
        "spec": {"ports": [{"port": 99999999}]},
    }
    world.repository.commit({"app/all.yaml": text(config_map(unique), bad)})
    await world.project(unique)
    policy = {
        "automated": {"prune": True, "selfHeal": True},
        "retry": {"limit": 1, "backoff": {"duration": "1s", "maxDuration": "1s"}},
    }
    await world.application(unique, project=unique, policy=policy)

    async def has_failed() -> bool:
        state = (await world.status(unique)).get("operationState") or {}
        return bool(state.get("phase") == "Failed")

    async with reconciler():
        await eventually(has_failed)

    status = await world.status(unique)
    assert f"Service/{world.namespace}/{unique}" in (await world.conditions(unique))["SyncError"]
    assert status["operationState"]["retryCount"] == 1
    assert await world.data(unique) == {}


async def test_a_namespace_is_made_where_that_is_asked_and_listed(
    world: World, reconciler: Run, unique: str
) -> None:
    fresh = f"{unique}-fresh"
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique, destinations=[{"server": SERVER, "namespace": fresh}])
    policy = {"automated": {"prune": True}, "syncOptions": ["CreateNamespace=true"]}
    await world.application(unique, project=unique, namespace=fresh, policy=policy)

    async with reconciler():
        await world.until_synced(unique)

    assert await world.get(CONFIG_MAPS, unique, fresh) is not None
    namespace = await world.get(NAMESPACES, fresh)
    assert namespace is not None
    await world.admin.delete(NAMESPACES, fresh, uid=namespace["metadata"]["uid"])


async def test_a_namespace_that_is_not_listed_is_not_made(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    policy = {"automated": {"prune": True}, "syncOptions": ["CreateNamespace=true"]}
    await world.application(unique, project=unique, namespace=f"{unique}-x", policy=policy)

    async with reconciler():
        await world.until_condition(unique, "InvalidSpecError", "does not list the namespace")

    assert await world.get(NAMESPACES, f"{unique}-x") is None


async def test_a_reserved_namespace_is_not_made_whatever_is_listed(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique, destinations=[{"server": SERVER, "namespace": "*"}])
    policy = {"automated": {"prune": True}, "syncOptions": ["CreateNamespace=true"]}
    await world.application(unique, project=unique, namespace="argocd", policy=policy)

    async with reconciler():
        await world.until_condition(unique, "InvalidSpecError", "is reserved for what grants")


def placed_name(name: str, world: World) -> JsonObject:
    return {"name": name, "namespace": world.namespace}
