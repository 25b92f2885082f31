"""What is easy to get wrong about applying: each rule is shown on the real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.kube.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DEPLOYMENTS,
    SERVICES,
)
from gitopskit.reconciler.loop import Controller
from tests.support.audit import WRITES, read_requests
from tests.support.cluster import kubectl
from tests.support.polling import eventually
from tests.support.reconciling import PERSON, World, config_map, text
from tests.support.widgets import definition, grant, widgets

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

REFRESH: Final = "argocd.argoproj.io/refresh"
LABELS: Final = {"app": "spelled"}


def thing(api_version: str, kind: str, **content: object) -> JsonObject:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "spelled", "creationTimestamp": None},
        **content,
    }


def pod(**container: JsonValue) -> JsonObject:
    spec = {"containers": [{"name": "main", "image": "registry.example/app:1", **container}]}
    return {"metadata": {"labels": LABELS, "creationTimestamp": None}, "spec": spec}


def deployment(**container: JsonValue) -> JsonObject:
    return thing(
        "apps/v1",
        "Deployment",
        spec={"selector": {"matchLabels": LABELS}, "template": pod(**container)},
        status={"replicas": 7},
    )


TARGET: Final = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}
CPU: Final = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}
SPELLINGS: Final[dict[str, JsonObject]] = {
    "texts-of-a-secret": thing("v1", "Secret", stringData={"word": "first"}),
    "a-port-without-a-protocol": thing(
        "v1", "Service", spec={"selector": LABELS, "ports": [{"port": 80, "nodePort": None}]}
    ),
    "two-ports-of-one-number": thing(
        "v1",
        "Service",
        spec={
            "selector": LABELS,
            "ports": [
                {"name": "dns", "port": 53},
                {"name": "dns-udp", "port": 53, "protocol": "UDP"},
            ],
        },
    ),
    "a-status-and-times-of-nothing": deployment(),
    "amounts-that-the-server-writes-otherwise": deployment(
        resources={"limits": {"cpu": "1000m", "memory": "1024Mi"}}, ports=[{"containerPort": 80}]
    ),
    "empty-lists-and-nothing": deployment(env=[], command=None, args=[]),
    "an-older-version-of-the-kind": thing(
        "autoscaling/v1",
        "HorizontalPodAutoscaler",
        spec={"scaleTargetRef": TARGET, "maxReplicas": 2, "targetCPUUtilizationPercentage": 80},
    ),
    "two-metrics-that-are-the-same": thing(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        spec={"scaleTargetRef": TARGET, "maxReplicas": 2, "metrics": [CPU, CPU]},
    ),
    "bytes-of-a-config-map": thing("v1", "ConfigMap", binaryData={"word": "Zmlyc3Q="}, data={}),
    "a-class-by-an-old-annotation": {
        **thing(
            "networking.k8s.io/v1",
            "Ingress",
            spec={"rules": [{"host": "shop.example"}]},
        ),
        "metadata": {"name": "spelled", "annotations": {"kubernetes.io/ingress.class": "nginx"}},
    },
}


async def prepare(world: World, name: str, *contents: JsonObject, **spec: JsonValue) -> None:
    world.repository.commit({"app/all.yaml": text(*contents)})
    await world.project(name)
    await world.application(name, project=name, **spec)


async def refreshed(world: World, name: str, how: str = "hard") -> None:
    """Ask for another look, a hard one forgets what was applied, and wait until that is done."""
    patch = {"metadata": {"annotations": {REFRESH: how}}}
    await world.admin.patch(APPLICATIONS, name, "argocd", patch=patch, field_manager=PERSON)

    async def is_done() -> bool:
        found = await world.admin.get(APPLICATIONS, name, "argocd")
        return REFRESH not in (found["metadata"].get("annotations") or {})

    await eventually(is_done)


async def read(world: World, kind: ResourceType, name: str) -> JsonObject:
    return await world.admin.get(kind, name, world.namespace)


@pytest.mark.parametrize("what", SPELLINGS)
async def test_what_the_server_writes_otherwise_than_git_is_no_drift(
    world: World, reconciler: Run, unique: str, what: str
) -> None:
    content = SPELLINGS[what]
    group = content["apiVersion"].rpartition("/")[0]
    kind = (await world.admin.kinds()).find(group, content["kind"])
    assert kind is not None
    await prepare(world, unique, content)

    async def is_applied() -> bool:
        status = await world.status(unique)
        return bool((status.get("sync") or {}).get("status") == "Synced")

    async with reconciler():
        await eventually(is_applied)
        before = await read(world, kind, "spelled")
        await refreshed(world, unique)
        after = await read(world, kind, "spelled")
        status = await world.status(unique)

    assert (_state(after), status["sync"]["status"]) == (_state(before), "Synced")
    await world.admin.delete(kind, "spelled", world.namespace, uid=before["metadata"]["uid"])


def _state(content: JsonObject) -> tuple[str, str]:
    """Return what changes with every change that is not of the status."""
    metadata = content["metadata"]
    return metadata["uid"], str(metadata.get("generation") or metadata["resourceVersion"])


async def test_no_drift_is_no_request_that_writes(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    names = [f"{unique}-{number}" for number in range(5)]
    await prepare(world, unique, *(config_map(name, color="red") for name in names))

    def writes() -> int:
        found = read_requests(control_plane.audit_log_path)
        return sum(it.name in names and it.verb in WRITES for it in found)

    async with reconciler():
        await world.until_synced(unique)
        before = writes()
        world.repository.commit(
            {
                "app/all.yaml": text(*(config_map(name, color="red") for name in names)),
                "README.md": "another commit",
            }
        )
        await refreshed(world, unique, "normal")
        after = writes()

    assert (before, after) == (len(names), len(names))


async def test_one_manager_applies_and_another_tells(
    world: World, reconciler: Run, unique: str
) -> None:
    await prepare(world, unique, config_map(unique, color="red"), finalizer=True)

    async with reconciler():
        await world.until_synced(unique)

    managers = {it["manager"] for it in await _fields(world, CONFIG_MAPS, unique)}
    application = await world.admin.get(APPLICATIONS, unique, "argocd")
    told = {it["manager"] for it in application["metadata"]["managedFields"]} - {"tests"}
    assert managers == {"gitopskit-reconciler"}
    assert told
    assert not told & managers


async def _fields(world: World, kind: ResourceType, name: str) -> list[JsonObject]:
    found: list[JsonObject] = (await read(world, kind, name))["metadata"]["managedFields"]
    return found


async def test_what_kubectl_apply_left_is_taken_over_and_removed_where_git_does_not_have_it(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    left = config_map(unique, color="red", shape="round")
    left["metadata"]["namespace"] = world.namespace
    body = json.dumps(left).encode()
    await asyncio.to_thread(kubectl, control_plane, "apply", "--filename=-", stdin=body)
    await prepare(world, unique, config_map(unique, color="red"))

    async with reconciler():
        await world.until_synced(unique)

    found = await read(world, CONFIG_MAPS, unique)
    assert found["data"] == {"color": "red"}
    assert not [it for it in found["metadata"]["annotations"] if "last-applied" in it]


async def test_what_any_manager_changed_is_put_back_and_its_own_fields_stay(
    world: World, reconciler: Run, unique: str
) -> None:
    """Fields of managers whose names nobody knows: what is ours heals, what is theirs is theirs."""
    await prepare(world, unique, config_map(unique, color="red"))

    async def is_red() -> bool:
        return await world.data(unique) == {"color": "red", "own": "x"}

    async with reconciler():
        await world.until_synced(unique)
        patch = {"data": {"color": "green", "own": "x"}}
        await world.admin.patch(
            CONFIG_MAPS, unique, world.namespace, patch=patch, field_manager="Mozilla"
        )
        await eventually(is_red)


async def test_a_field_that_a_newer_definition_does_not_have_holds_nothing_up(
    world: World, reconciler: Run, unique: str
) -> None:
    """Fields that were recorded under a schema that is gone must not make every apply fail."""
    group = f"{unique}.example.com"
    await grant(world, unique, group)
    await prepare_widgets(world, unique, group)

    async with reconciler():
        await world.until_synced(unique)
        commit = world.repository.commit(
            {"app/all.yaml": text(shaped(group, "v2", "size"), widget(group, "v2", size=2))}
        )
        await world.until_synced(unique, revision=commit)

    found = await world.admin.get(widgets(group), "one", world.namespace)
    assert found["spec"] == {"size": 2}
    live = await world.admin.get(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}")
    await world.admin.delete(
        CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}", uid=live["metadata"]["uid"]
    )


async def prepare_widgets(world: World, name: str, group: str) -> None:
    first = shaped(group, "v1", "size", "color")
    world.repository.commit({"app/all.yaml": text(first, widget(group, "v1", size=1, color="red"))})
    kinds = [{"group": "apiextensions.k8s.io", "kind": "CustomResourceDefinition"}]
    await world.project(name, clusterResourceWhitelist=kinds)
    await world.application(name, project=name)


def shaped(group: str, version: str, *fields: str) -> JsonObject:
    """Return a definition of which ``v1`` is known, and perhaps a newer version that is stored."""
    content = definition(group)
    properties = {it: {"x-kubernetes-int-or-string": True} for it in fields}
    spec = {"type": "object", "properties": properties}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    shapes = [{"name": version, "served": True, "storage": True, "schema": schema}]
    if version != "v1":
        shapes.insert(0, {**shapes[0], "name": "v1", "storage": False})
    return {**content, "spec": {**content["spec"], "versions": shapes}}


def widget(group: str, version: str, **spec: JsonValue) -> JsonObject:
    return {
        "apiVersion": f"{group}/{version}",
        "kind": "Widget",
        "metadata": {"name": "one"},
        "spec": spec,
    }


async def test_an_address_that_the_server_gave_stays(
    world: World, reconciler: Run, unique: str
) -> None:
    def service(port: int) -> JsonObject:
        content = thing("v1", "Service", spec={"selector": LABELS, "ports": [{"port": port}]})
        return {**content, "metadata": {"name": unique}}

    await prepare(world, unique, service(80))

    async with reconciler():
        await world.until_synced(unique)
        before = await read(world, SERVICES, unique)
        commit = world.repository.commit({"app/all.yaml": text(service(81))})
        await world.until_synced(unique, revision=commit)

    after = await read(world, SERVICES, unique)
    assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert [it["port"] for it in after["spec"]["ports"]] == [81]


async def test_a_field_that_only_git_has_set_keeps_its_value_once_it_is_ignored(
    world: World, reconciler: Run, unique: str
) -> None:
    """Leaving it out of the next apply would let the server take it away, and reset it."""

    def replicated(count: int, round_: str) -> JsonObject:
        content = deployment()
        spec = {**content["spec"], "replicas": count}
        return {**content, "metadata": {"name": unique, "labels": {"round": round_}}, "spec": spec}

    rule = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
    await prepare(world, unique, replicated(3, "first"), ignoreDifferences=[rule])

    async def is_second() -> bool:
        found = await world.get(DEPLOYMENTS, unique)
        return found is not None and found["metadata"]["labels"]["round"] == "second"

    async with reconciler():
        await world.until_synced(unique)
        created = (await read(world, DEPLOYMENTS, unique))["spec"]["replicas"]
        world.repository.commit({"app/all.yaml": text(replicated(5, "second"))})
        await eventually(is_second)
        await world.until_synced(unique)

    assert (created, (await read(world, DEPLOYMENTS, unique))["spec"]["replicas"]) == (3, 3)


async def test_a_count_that_was_set_through_the_scale_stays_where_it_is_ignored(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    content = deployment()
    spec = {**content["spec"], "replicas": 1}
    first = {**content, "metadata": {"name": unique}, "spec": spec}
    rule = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
    await prepare(world, unique, first, ignoreDifferences=[rule])

    async with reconciler():
        await world.until_synced(unique)
        scale = ("scale", f"--namespace={world.namespace}", f"deployment/{unique}", "--replicas=2")
        await asyncio.to_thread(kubectl, control_plane, *scale)
        labelled = {**first, "metadata": {"name": unique, "labels": {"round": "second"}}}
        commit = world.repository.commit({"app/all.yaml": text(labelled)})
        await world.until_synced(unique, revision=commit)
        await refreshed(world, unique)

    assert (await read(world, DEPLOYMENTS, unique))["spec"]["replicas"] == 2
