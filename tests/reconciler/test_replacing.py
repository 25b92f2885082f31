"""Replace: an object that is written loses what Git does not have, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, DEPLOYMENTS, SERVICES
from gitopskit.kube.resources import ResourceType as Kind
from gitopskit.reconciler.application import NOTHING_IGNORED, Ignored
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.replacing import replacement
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text
from tests.support.widgets import definition, grant, widgets

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]
CLAIMS = Kind(group="", version="v1", plural="persistentvolumeclaims", kind="PersistentVolumeClaim")
REPLACED = {"sync_options": "Replace=true"}
LARGER_THAN_AN_ANNOTATION = 300_000


def entry(fields: JsonObject, *, manager: str = "a-controller", **more: str) -> JsonObject:
    return {"manager": manager, "operation": "Update", "fieldsV1": fields, **more}


def live(*entries: JsonObject, **content: object) -> JsonObject:
    metadata = {"name": "a", "labels": {"x": "1"}, "finalizers": ["f"], "managedFields": [*entries]}
    return {"metadata": metadata, **content}


PORTS = [{"port": 80, "name": "web"}, {"port": 81}]


@pytest.mark.parametrize(
    ("fields", "wanted", "rest"),
    [
        pytest.param({"f:data": {"f:x": {}}}, {}, {"y": "2"}, id="a-field"),
        pytest.param({"f:data": {"f:x": {}}}, {"data": {"x": "0"}}, None, id="one-that-git-has"),
        pytest.param({"f:data": {"f:z": {}}}, {}, None, id="one-that-is-not-there"),
        pytest.param({"f:data": {".": {}}}, {"data": {}}, None, id="a-container-that-git-has"),
    ],
)
def test_fields_that_git_does_not_have_go(
    fields: JsonObject, wanted: JsonObject, rest: JsonObject | None
) -> None:
    content = live(entry(fields), data={"x": "1", "y": "2"})

    found = replacement(content, wanted, ignored=NOTHING_IGNORED)

    assert (found.rest["data"] if found else None) == rest


@pytest.mark.parametrize(
    ("fields", "wanted", "rest"),
    [
        pytest.param({'k:{"port":80}': {".": {}, "f:name": {}}}, None, PORTS[1:], id="an-item"),
        pytest.param(
            {'k:{"port":80}': {".": {}, "f:name": {}}},
            [{"port": 80}],
            [{"port": 80}, {"port": 81}],
            id="a-field-of-an-item",
        ),
        pytest.param(
            {'k:{"port":80}': {"f:name": {}}}, None, [{"port": 80}, {"port": 81}], id="not-its-own"
        ),
        pytest.param(
            {'k:{"port":80}': {"f:port": {}, "f:name": {}}}, None, PORTS[1:], id="nothing-is-left"
        ),
        pytest.param({'k:{"port":99}': {".": {}}}, None, None, id="another-item"),
    ],
)
def test_items_that_git_does_not_have_go(
    fields: JsonObject, wanted: list[JsonObject] | None, rest: list[JsonObject] | None
) -> None:
    content = live(entry({"f:spec": {"f:ports": fields}}), spec={"ports": PORTS})
    in_git = {"spec": {"ports": wanted}} if wanted else {"spec": {}}

    found = replacement(content, in_git, ignored=NOTHING_IGNORED)

    assert (found.rest["spec"]["ports"] if found else None) == rest


@pytest.mark.parametrize(
    ("held", "ignored"),
    [
        pytest.param(entry({"f:status": {"f:x": {}}}), NOTHING_IGNORED, id="the-status"),
        pytest.param(
            entry({"f:metadata": {"f:finalizers": {'v:"f"': {}}}}), NOTHING_IGNORED, id="finalizers"
        ),
        pytest.param(
            entry({"f:data": {"f:x": {}}}, subresource="scale"), NOTHING_IGNORED, id="subresources"
        ),
        pytest.param(
            entry({"f:data": {"f:x": {}}}), Ignored(pointers=(("data", "x"),)), id="ignored-fields"
        ),
        pytest.param(
            entry({"f:data": {"f:x": {}}}),
            Ignored(managers=frozenset({"a-controller"})),
            id="ignored-managers",
        ),
        pytest.param(
            entry({"f:data": {"f:x": {"f:inner": {}}}}), NOTHING_IGNORED, id="of-another-shape"
        ),
    ],
)
def test_what_no_manifest_replaces_stays(held: JsonObject, ignored: Ignored) -> None:
    content = live(held, data={"x": "1"}, status={"x": 1})

    assert replacement(content, {}, ignored=ignored) is None


def test_labels_that_git_does_not_have_go() -> None:
    held = entry({"f:metadata": {"f:labels": {"f:x": {}}, "f:finalizers": {}}})

    found = replacement(live(held), {"metadata": {"labels": {}}}, ignored=NOTHING_IGNORED)

    assert found is not None
    assert (found.rest["metadata"]["labels"], found.rest["metadata"]["finalizers"]) == ({}, ["f"])
    assert [it["manager"] for it in found.fields] == ["a-controller", "gitopskit-reconciler"]


async def version(world: World, kind: Kind, name: str) -> str:
    content = await world.get(kind, name)
    assert content is not None
    return str(content["metadata"]["resourceVersion"])


async def patched(world: World, kind: Kind, name: str, patch: JsonObject) -> JsonObject:
    return await world.admin.patch(
        kind, name, world.namespace, patch=patch, field_manager="a-controller"
    )


async def until_at(world: World, name: str, revision: str) -> None:
    """Wait until an Application is synced to a revision, healthy or not."""

    async def is_there() -> bool:
        sync = (await world.status(name)).get("sync") or {}
        return sync.get("status") == "Synced" and sync["revision"].startswith(revision)

    await eventually(is_there)


@pytest.mark.parametrize("is_for_all", [False, True], ids=["of-the-object", "of-all"])
async def test_an_object_that_changes_loses_what_git_does_not_have(
    world: World,
    reconciler: Run,
    unique: str,
    is_for_all: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    options = {} if is_for_all else REPLACED
    policy = {"automated": AUTOMATED, "syncOptions": ["Replace=true"] if is_for_all else []}
    ignored = [{"kind": "ConfigMap", "jsonPointers": ["/data/ignored"]}]
    before = annotated(config_map(unique, color="red"), **options)
    world.repository.commit({"app/all.yaml": text(before)})
    await world.project(unique)
    await world.application(unique, project=unique, policy=policy, ignoreDifferences=ignored)
    extra = {"data": {"size": "small", "ignored": "x"}, "metadata": {"labels": {"more": "1"}}}

    async with reconciler():
        await world.until_synced(unique)
        await patched(world, CONFIG_MAPS, unique, extra)
        await patched(world, CONFIG_MAPS, unique, {"metadata": {"finalizers": ["example.com/x"]}})
        seen = await version(world, CONFIG_MAPS, unique)
    async with reconciler():  # a restart is no reason to write
        await world.until_synced(unique)
        world.repository.commit({"other/all.yaml": text(config_map("other"))})
        assert await version(world, CONFIG_MAPS, unique) == seen
        after = annotated(config_map(unique, color="blue"), **options)
        commit = world.repository.commit({"app/all.yaml": text(after)})
        await world.until_synced(unique, revision=commit)

    content = await world.get(CONFIG_MAPS, unique) or {}
    await patched(world, CONFIG_MAPS, unique, {"metadata": {"finalizers": None}})
    assert content["data"] == {"color": "blue", "ignored": "x"}
    assert "more" not in content["metadata"]["labels"]
    assert content["metadata"]["finalizers"] == ["example.com/x"]


async def test_what_is_edited_by_hand_is_put_back(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit(
        {"app/all.yaml": text(annotated(config_map(unique, color="red"), **REPLACED))}
    )
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_red() -> bool:
        return await world.data(unique) == {"color": "red"}

    async with reconciler():
        await world.until_synced(unique)
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "blue", "more": "x"}})
        await eventually(is_red)


async def test_what_the_server_gave_and_what_scales_stays(
    world: World, reconciler: Run, unique: str
) -> None:
    labels = {"app": unique}
    service: JsonObject = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": unique},
        "spec": {"selector": labels, "ports": [{"port": 80}]},
    }
    container = {"name": "main", "image": "registry.example.com/app:1"}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": unique},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    policy = {"automated": AUTOMATED, "syncOptions": ["Replace=true"]}
    world.repository.commit({"app/all.yaml": text(service, deployment)})
    await world.project(unique)
    await world.application(unique, project=unique, policy=policy)

    async with reconciler():
        await until_at(world, unique, "")
        before = await world.get(SERVICES, unique) or {}
        await world.admin.patch(
            DEPLOYMENTS,
            unique,
            world.namespace,
            patch={"spec": {"replicas": 3}},
            field_manager="a-scaler",
            subresource="scale",
        )
        variable = {"name": "main", "env": [{"name": "MORE", "value": "1"}]}
        more = {"spec": {"template": {"spec": {"containers": [{**container, **variable}]}}}}
        await patched(world, DEPLOYMENTS, unique, more)
        service["spec"]["ports"] = [{"port": 81}]
        container["image"] = "registry.example.com/app:2"
        commit = world.repository.commit({"app/all.yaml": text(service, deployment)})
        await until_at(world, unique, commit)

    after = await world.get(SERVICES, unique) or {}
    spec = (await world.get(DEPLOYMENTS, unique) or {})["spec"]
    [found] = spec["template"]["spec"]["containers"]
    assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
    assert [it["port"] for it in after["spec"]["ports"]] == [81]
    assert (spec["replicas"], found["image"]) == (3, "registry.example.com/app:2")
    assert "env" not in found


async def test_what_cannot_be_taken_away_is_explained_and_nothing_is_changed(
    world: World, reconciler: Run, unique: str
) -> None:
    claim: JsonObject = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": unique, "labels": {"tier": "one"}},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    world.repository.commit({"app/all.yaml": text(annotated(claim, **REPLACED))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await until_at(world, unique, "")
        bound = await patched(world, CLAIMS, unique, {"spec": {"volumeName": "a-volume"}})
        claim["metadata"]["labels"] = {"tier": "two"}
        world.repository.commit({"app/all.yaml": text(annotated(claim, **REPLACED))})
        told = await world.until_condition(unique, "SyncError", "immutable")

    found = await world.get(CLAIMS, unique) or {"metadata": {}}
    assert f"PersistentVolumeClaim/{world.namespace}/{unique}" in told
    assert found["metadata"]["managedFields"] == bound["metadata"]["managedFields"]
    assert found["spec"]["volumeName"] == "a-volume"


@pytest.mark.parametrize(
    ("option", "is_anew"), [("Replace=true", False), ("Force=true,Replace=true", True)]
)
async def test_what_cannot_be_changed_is_made_anew_only_where_that_is_asked(
    world: World,
    reconciler: Run,
    unique: str,
    option: str,
    is_anew: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    def sealed(color: str) -> str:
        content = {**config_map(unique, color=color), "immutable": True}
        return text(annotated(content, sync_options=option))

    world.repository.commit({"app/all.yaml": sealed("red")})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        before = await world.get(CONFIG_MAPS, unique) or {}
        commit = world.repository.commit({"app/all.yaml": sealed("blue")})
        if is_anew:
            await world.until_synced(unique, revision=commit)
        else:
            await world.until_condition(unique, "SyncError", "immutable")

    after = await world.get(CONFIG_MAPS, unique) or {}
    assert (after["metadata"]["uid"] != before["metadata"]["uid"]) is is_anew
    assert after["data"] == {"color": "blue" if is_anew else "red"}


async def test_a_definition_with_a_large_schema_is_replaced_and_its_objects_stay(
    world: World, reconciler: Run, unique: str
) -> None:
    group = f"{unique}.example.com"
    await grant(world, unique, group)
    described = {"type": "string", "description": "a field of many. " * 60}
    count = LARGER_THAN_AN_ANNOTATION // len(str(described)) + 1

    def defined(version: int) -> JsonObject:
        kind = definition(group)
        properties = {f"field{number}": described for number in range(count)}
        properties[f"version{version}"] = described
        spec = {"type": "object", "properties": properties}
        kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = {
            "type": "object",
            "properties": {"spec": spec},
        }
        return annotated(kind, **REPLACED)

    widget = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": unique},
        "spec": {"field0": "x"},
    }
    world.repository.commit({"app/all.yaml": text(defined(1), widget)})
    await world.project(unique, clusterResourceWhitelist=[{"group": "*", "kind": "*"}])
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        before = await world.get(widgets(group), unique) or {}
        commit = world.repository.commit({"app/all.yaml": text(defined(2), widget)})
        await world.until_synced(unique, revision=commit)

    found = await world.get(CUSTOM_RESOURCE_DEFINITIONS, f"widgets.{group}") or {}
    spec = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert ("version1" in spec["properties"], "version2" in spec["properties"]) == (False, True)
    assert (
        "kubectl.kubernetes.io/last-applied-configuration" not in found["metadata"]["annotations"]
    )
    after = await world.get(widgets(group), unique) or {}
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
