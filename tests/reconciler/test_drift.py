"""What is changed in the cluster is reverted; what controllers add stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS, DEPLOYMENTS
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, PERSON, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]


def deployment(name: str, *, replicas: int | None = None) -> JsonObject:
    labels = {"app": name}
    spec: JsonObject = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": "registry.example/app:1"}]},
        },
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": spec,
    }


async def registered(world: World, name: str, *contents: JsonObject, **spec: JsonValue) -> None:
    world.repository.commit({"app/all.yaml": text(*contents)})
    await world.project(name)
    await world.application(name, project=name, **spec)


async def test_an_edit_is_reverted_at_once(world: World, reconciler: Run, unique: str) -> None:
    await registered(world, unique, config_map(unique, color="red"))

    async def is_red() -> bool:
        return await world.data(unique) == {"color": "red"}

    async with reconciler():
        await world.until_synced(unique)
        durations = []
        for _ in range(5):
            begun = time.perf_counter()
            await world.edit(CONFIG_MAPS, unique, {"data": {"color": "green"}})
            await eventually(is_red)
            durations.append(time.perf_counter() - begun)

    assert sorted(durations)[2] < 0.5


async def test_a_field_that_a_person_added_is_removed(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique, color="red"))

    async def is_red_only() -> bool:
        found = await world.get(CONFIG_MAPS, unique)
        assert found is not None
        return found["data"] == {"color": "red"} and "team" not in found["metadata"]["labels"]

    async with reconciler():
        await world.until_synced(unique)
        patch = {"data": {"size": "large"}, "metadata": {"labels": {"team": "a"}}}
        await world.edit(CONFIG_MAPS, unique, patch)
        await eventually(is_red_only)

    found = await world.get(CONFIG_MAPS, unique)
    assert found is not None
    managers = {entry["manager"] for entry in found["metadata"]["managedFields"]}
    assert managers == {"gitopskit-reconciler"}


async def test_a_field_that_a_controller_added_stays(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique, color="red"))

    async with reconciler():
        await world.until_synced(unique)
        await world.admin.patch(
            CONFIG_MAPS,
            unique,
            world.namespace,
            patch={"metadata": {"annotations": {"controller.example/checked": "yes"}}},
            field_manager="some-controller",
        )
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "green"}})
        await eventually(lambda: _is(world, unique, {"color": "red"}))

    found = await world.get(CONFIG_MAPS, unique)
    assert found is not None
    assert found["metadata"]["annotations"]["controller.example/checked"] == "yes"


async def test_a_restart_is_no_drift_and_survives_a_heal(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, deployment(unique, replicas=1))
    restart = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}

    async with reconciler():
        await eventually(lambda: _exists(world, unique))
        await world.edit(
            DEPLOYMENTS, unique, {"spec": {"template": {"metadata": {"annotations": restart}}}}
        )
        await world.edit(DEPLOYMENTS, unique, {"spec": {"minReadySeconds": 7}})
        await eventually(lambda: _field(world, unique, "minReadySeconds", None))

    found = await world.get(DEPLOYMENTS, unique)
    assert found is not None
    assert found["spec"]["template"]["metadata"]["annotations"] == restart


async def test_a_container_that_a_person_added_is_removed(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, deployment(unique, replicas=1))
    extra = {"name": "extra", "image": "registry.example/extra:1"}

    async def has_one_container() -> bool:
        found = await world.get(DEPLOYMENTS, unique)
        assert found is not None
        names = [it["name"] for it in found["spec"]["template"]["spec"]["containers"]]
        return names == ["main"]

    async with reconciler():
        await eventually(lambda: _exists(world, unique))
        await world.admin.patch(
            DEPLOYMENTS,
            unique,
            world.namespace,
            patch=[{"op": "add", "path": "/spec/template/spec/containers/-", "value": extra}],
            field_manager=PERSON,
        )
        await eventually(has_one_container)


async def test_a_deleted_object_comes_back(world: World, reconciler: Run, unique: str) -> None:
    await registered(world, unique, config_map(unique, color="red"))

    async with reconciler():
        await world.until_synced(unique)
        found = await world.get(CONFIG_MAPS, unique)
        assert found is not None
        await world.admin.delete(CONFIG_MAPS, unique, world.namespace, uid=found["metadata"]["uid"])
        await eventually(lambda: _is(world, unique, {"color": "red"}))


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"labels": {"gitopskit.io/application": None}}, id="label"),
        pytest.param(
            {"annotations": {"argocd.argoproj.io/tracking-id": None}}, id="tracking-annotation"
        ),
    ],
)
async def test_a_mark_that_a_person_took_off_comes_back(
    world: World, reconciler: Run, unique: str, metadata: JsonObject
) -> None:
    await registered(world, unique, config_map(unique, color="red"))

    async def has_marks() -> bool:
        found = await world.get(CONFIG_MAPS, unique)
        assert found is not None
        labels = found["metadata"].get("labels") or {}
        annotations = found["metadata"].get("annotations") or {}
        return (
            labels.get("gitopskit.io/application") == unique
            and "argocd.argoproj.io/tracking-id" in annotations
            and "gitopskit.io/adopted" not in annotations
        )

    async with reconciler():
        await world.until_synced(unique)
        await world.edit(CONFIG_MAPS, unique, {"metadata": metadata})
        await eventually(has_marks)


async def test_a_change_by_any_other_manager_is_reverted(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique, color="red"))

    async with reconciler():
        await world.until_synced(unique)
        body = {**config_map(unique, color="green")}
        body["metadata"]["namespace"] = world.namespace
        await world.admin.apply(CONFIG_MAPS, body, field_manager="somebody", force=True)
        await eventually(lambda: _is(world, unique, {"color": "red"}))


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"jsonPointers": ["/spec/replicas"]}, id="field"),
        pytest.param({"jqPathExpressions": [".spec.replicas"]}, id="expression"),
        pytest.param({"managedFieldsManagers": ["horizontal-pod-autoscaler"]}, id="manager"),
    ],
)
async def test_ignored_fields_are_left_to_others(
    world: World, reconciler: Run, unique: str, rule: JsonObject
) -> None:
    await registered(
        world,
        unique,
        deployment(unique, replicas=1),
        ignoreDifferences=[{"group": "apps", "kind": "Deployment", **rule}],
    )

    async with reconciler():
        await eventually(lambda: _exists(world, unique))
        await world.admin.patch(
            DEPLOYMENTS,
            unique,
            world.namespace,
            patch={"spec": {"replicas": 2}},
            field_manager="horizontal-pod-autoscaler",
        )
        world.repository.commit({"app/all.yaml": text(_labelled(deployment(unique, replicas=1)))})
        await eventually(lambda: _label(world, unique, "second"))
        await world.edit(DEPLOYMENTS, unique, {"spec": {"minReadySeconds": 7}})
        await eventually(lambda: _field(world, unique, "minReadySeconds", None))

    found = await world.get(DEPLOYMENTS, unique)
    assert found is not None
    assert found["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"data": {"color": "green"}}, id="field"),
        pytest.param({"metadata": {"labels": {"gitopskit.io/application": None}}}, id="label"),
    ],
)
async def test_without_self_heal_drift_is_only_told(
    world: World, reconciler: Run, unique: str, change: JsonObject
) -> None:
    """An object without the label leaves the watch, and is still there."""
    policy = {"automated": {**AUTOMATED, "selfHeal": False}}
    await registered(world, unique, config_map(unique, color="red"), policy=policy)

    async def is_out_of_sync() -> bool:
        return bool((await world.status(unique))["sync"]["status"] == "OutOfSync")

    async with reconciler():
        await world.until_synced(unique)
        edited = await world.edit(CONFIG_MAPS, unique, change)
        await eventually(is_out_of_sync)
        status = await world.status(unique)

    found = await world.get(CONFIG_MAPS, unique)
    assert found is not None
    assert found["metadata"]["resourceVersion"] == edited["metadata"]["resourceVersion"]
    assert status["health"]["status"] == "Healthy"


async def test_without_automation_differences_are_told_and_nothing_is_written(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique, color="red"), policy={})

    async def is_out_of_sync() -> bool:
        sync = (await world.status(unique)).get("sync") or {}
        return bool(sync.get("status") == "OutOfSync")

    async with reconciler():
        await eventually(is_out_of_sync)

    assert await world.data(unique) is None


async def _is(world: World, name: str, data: dict[str, str]) -> bool:
    return await world.data(name) == data


async def _exists(world: World, name: str) -> bool:
    return await world.get(DEPLOYMENTS, name) is not None


async def _field(world: World, name: str, field: str, value: object) -> bool:
    found = await world.get(DEPLOYMENTS, name)
    return found is not None and found["spec"].get(field) == value


async def _label(world: World, name: str, value: str) -> bool:
    found = await world.get(DEPLOYMENTS, name)
    return found is not None and found["metadata"]["labels"].get("round") == value


def _labelled(content: JsonObject) -> JsonObject:
    return {**content, "metadata": {**content["metadata"], "labels": {"round": "second"}}}
