"""The client against a real API server."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiConflict, ApiError, ApiInvalid, ApiNotFound
from gitopskit.kube.events import EventRecorder
from gitopskit.kube.resources import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DEPLOYMENTS,
    EVENTS,
    NAMESPACES,
    SECRETS,
    ResourceType,
)
from gitopskit.kube.watch import Listed, watch
from tests.support.polling import eventually

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

MANAGER = "kube-tests"


def config_map(name: str, namespace: str, **data: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


async def test_what_is_created_can_be_read(admin: KubeClient, namespace: str) -> None:
    body = config_map("created", namespace, a="1")

    created = await admin.create(CONFIG_MAPS, body, field_manager=MANAGER)
    found = await admin.get(CONFIG_MAPS, "created", namespace)

    assert found == created
    assert found["data"] == {"a": "1"}


async def test_creating_twice_is_a_conflict(admin: KubeClient, namespace: str) -> None:
    body = config_map("twice", namespace)
    await admin.create(CONFIG_MAPS, body, field_manager=MANAGER)

    with pytest.raises(ApiConflict) as caught:
        await admin.create(CONFIG_MAPS, body, field_manager=MANAGER)

    assert caught.value.reason == "AlreadyExists"
    assert caught.value.where == f"ConfigMap/{namespace}/twice"


async def test_a_dry_run_creates_nothing(admin: KubeClient, namespace: str) -> None:
    body = config_map("imagined", namespace)
    await admin.create(CONFIG_MAPS, body, field_manager=MANAGER, dry_run=True)
    await admin.apply(CONFIG_MAPS, body, field_manager=MANAGER, force=True, dry_run=True)

    with pytest.raises(ApiNotFound):
        await admin.get(CONFIG_MAPS, "imagined", namespace)


async def test_only_metadata_can_be_read(admin: KubeClient, namespace: str) -> None:
    await admin.create(CONFIG_MAPS, config_map("slim", namespace, a="1"), field_manager=MANAGER)

    found = await admin.get(CONFIG_MAPS, "slim", namespace, metadata_only=True)

    assert found["kind"] == "ConfigMap"
    assert found["metadata"]["name"] == "slim"
    assert "data" not in found


async def test_a_replacement_of_an_unchanged_object_is_taken(
    admin: KubeClient, namespace: str
) -> None:
    body = config_map("replaced", namespace, a="1")
    read = await admin.create(CONFIG_MAPS, body, field_manager=MANAGER)

    replaced = await admin.replace(CONFIG_MAPS, read | {"data": {"b": "2"}}, field_manager=MANAGER)

    assert replaced["data"] == {"b": "2"}


async def test_a_replacement_of_a_changed_object_is_a_conflict(
    admin: KubeClient, namespace: str
) -> None:
    body = config_map("changed", namespace, a="1")
    read = await admin.create(CONFIG_MAPS, body, field_manager=MANAGER)
    await admin.patch(
        CONFIG_MAPS, "changed", namespace, patch={"data": {"a": "2"}}, field_manager="other"
    )

    with pytest.raises(ApiConflict):
        await admin.replace(CONFIG_MAPS, read, field_manager=MANAGER)


async def test_an_apply_tells_whether_it_created(admin: KubeClient, namespace: str) -> None:
    body = config_map("applied", namespace, a="1")

    first = await admin.apply(CONFIG_MAPS, body, field_manager=MANAGER, force=True)
    second = await admin.apply(CONFIG_MAPS, body, field_manager=MANAGER, force=True)

    assert (first.was_created, second.was_created) == (True, False)
    assert first.content == second.content
    assert first.content["metadata"]["managedFields"][0]["manager"] == MANAGER


async def test_an_apply_takes_over_a_field_only_by_force(admin: KubeClient, namespace: str) -> None:
    theirs = config_map("contested", namespace, a="theirs")
    ours = config_map("contested", namespace, a="ours")
    await admin.apply(CONFIG_MAPS, theirs, field_manager="somebody", force=True)

    with pytest.raises(ApiConflict, match="somebody"):
        await admin.apply(CONFIG_MAPS, ours, field_manager=MANAGER, force=False)
    applied = await admin.apply(CONFIG_MAPS, ours, field_manager=MANAGER, force=True)

    assert applied.content["data"] == {"a": "ours"}


@pytest.mark.parametrize("kind", [CONFIG_MAPS, SECRETS], ids=["config map", "secret"])
async def test_an_object_that_does_not_fit_its_schema_is_our_input(
    admin: KubeClient, namespace: str, kind: ResourceType
) -> None:
    body = {
        "apiVersion": "v1",
        "kind": kind.kind,
        "metadata": {"name": "misfit", "namespace": namespace},
        "data": {"password": ["hunter2"]},
    }

    with pytest.raises(ApiInvalid, match=r"\.data\.password") as caught:
        await admin.apply(kind, body, field_manager=MANAGER, force=True)

    assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize(
    ("kind", "field", "told"),
    [
        (CONFIG_MAPS, "binaryData", "illegal base64 data"),
        (SECRETS, "data", "plain text is for stringData"),
    ],
    ids=["config map", "secret"],
)
async def test_data_that_are_not_base64_are_our_input(
    admin: KubeClient, namespace: str, kind: ResourceType, field: str, told: str
) -> None:
    body = config_map("plain", namespace) | {"kind": kind.kind}
    body.pop("data", None)

    with pytest.raises(ApiInvalid, match=told) as caught:
        await admin.apply(
            kind, body | {field: {"a": "hunter2!"}}, field_manager=MANAGER, force=True
        )

    assert "hunter2" not in repr(caught.value)


async def test_an_unknown_field_is_refused_by_name(admin: KubeClient, namespace: str) -> None:
    body = config_map("odd", namespace) | {"spec": {}}

    with pytest.raises(ApiInvalid, match=r"\.spec: field not declared in schema"):
        await admin.apply(CONFIG_MAPS, body, field_manager=MANAGER, force=True)


async def test_a_refused_secret_comes_back_without_its_values(
    admin: KubeClient, namespace: str
) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": namespace, "labels": {"a": "hunter 2"}},
        "type": "kubernetes.io/tls",
        "stringData": {"bad key": "hunter2"},
    }

    with pytest.raises(ApiInvalid) as caught:
        await admin.create(SECRETS, body, field_manager=MANAGER)

    assert caught.value.what.startswith("the API server refused it (Invalid) for ")
    assert "data[tls.crt]" in caught.value.what
    assert "hunter" not in repr(caught.value)


async def test_patches_merge_or_follow_steps(admin: KubeClient, namespace: str) -> None:
    await admin.create(
        CONFIG_MAPS, config_map("patched", namespace, a="1", b="2"), field_manager=MANAGER
    )

    merged = await admin.patch(
        CONFIG_MAPS, "patched", namespace, patch={"data": {"a": None}}, field_manager=MANAGER
    )
    stepped = await admin.patch(
        CONFIG_MAPS,
        "patched",
        namespace,
        patch=[{"op": "add", "path": "/data/c", "value": "3"}],
        field_manager=MANAGER,
    )

    assert merged["data"] == {"b": "2"}
    assert stepped["data"] == {"b": "2", "c": "3"}


async def test_a_status_is_patched_apart_from_the_object(admin: KubeClient, namespace: str) -> None:
    condition = {"type": "Healthy", "status": "True"}

    patched = await admin.patch(
        NAMESPACES,
        namespace,
        patch={"status": {"conditions": [condition]}},
        field_manager=MANAGER,
        subresource="status",
    )

    assert patched["status"]["conditions"][0]["type"] == "Healthy"


async def test_a_list_of_many_pages_is_complete(admin: KubeClient, namespace: str) -> None:
    names = {f"page-{number:04}" for number in range(1101)}
    bodies = [
        config_map(name, namespace) | {"metadata": {"name": name, "namespace": namespace}}
        for name in names
    ]
    for body in bodies:
        body["metadata"]["labels"] = {"kept": "yes"}
    await asyncio.gather(
        *(admin.create(CONFIG_MAPS, body, field_manager=MANAGER) for body in bodies)
    )

    listing = await admin.list(CONFIG_MAPS, namespace, label_selector="kept=yes")
    slim = await admin.list(CONFIG_MAPS, namespace, label_selector="kept=yes", metadata_only=True)
    one = await admin.list(CONFIG_MAPS, namespace, field_selector="metadata.name=page-0007")

    assert {item["metadata"]["name"] for item in listing.items} == names
    assert len(slim.items) == len(names)
    assert {(item["apiVersion"], item["kind"]) for item in slim.items} == {("v1", "ConfigMap")}
    assert len(one.items) == 1


async def test_a_deletion_hits_only_the_object_that_was_meant(
    admin: KubeClient, namespace: str
) -> None:
    body = config_map("deleted", namespace, a="1")
    old = (await admin.create(CONFIG_MAPS, body, field_manager=MANAGER))["metadata"]
    await admin.delete(CONFIG_MAPS, "deleted", namespace, uid=old["uid"])
    new = (await admin.create(CONFIG_MAPS, body, field_manager=MANAGER))["metadata"]

    with pytest.raises(ApiConflict):
        await admin.delete(CONFIG_MAPS, "deleted", namespace, uid=old["uid"])
    with pytest.raises(ApiConflict):
        await admin.delete(
            CONFIG_MAPS,
            "deleted",
            namespace,
            uid=new["uid"],
            resource_version=old["resourceVersion"],
        )
    await admin.delete(
        CONFIG_MAPS, "deleted", namespace, uid=new["uid"], resource_version=new["resourceVersion"]
    )

    with pytest.raises(ApiNotFound):
        await admin.delete(CONFIG_MAPS, "deleted", namespace, uid=new["uid"])


async def test_a_watch_tells_what_is_there_and_what_happens(
    admin: KubeClient, namespace: str
) -> None:
    def body(value: str) -> JsonObject:
        content = config_map("watched", namespace, a=value)
        content["metadata"]["labels"] = {"seen": "yes"}
        return content

    await admin.apply(CONFIG_MAPS, body("1"), field_manager=MANAGER, force=True)
    stream = watch(admin, CONFIG_MAPS, namespace=namespace, label_selector="seen=yes")

    told: list[tuple[str, str]] = []
    async with asyncio.timeout(10), contextlib.aclosing(stream):
        async for report in stream:
            if isinstance(report, Listed):
                (item,) = report.items
                told.append(("LISTED", item["data"]["a"]))
                await admin.apply(CONFIG_MAPS, body("2"), field_manager=MANAGER, force=True)
                uid = item["metadata"]["uid"]
                await admin.delete(CONFIG_MAPS, "watched", namespace, uid=uid)
                continue
            told.append((report.kind, report.object["data"]["a"]))
            if report.kind == "DELETED":
                break

    assert told == [("LISTED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]


async def test_a_watch_of_metadata_shows_no_content(admin: KubeClient, namespace: str) -> None:
    stream = watch(admin, SECRETS, namespace=namespace, metadata_only=True)

    async with asyncio.timeout(10), contextlib.aclosing(stream):
        await anext(stream)
        await admin.create(
            SECRETS,
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "quiet", "namespace": namespace},
                "stringData": {"password": "hunter2"},
            },
            field_manager=MANAGER,
        )
        change = await anext(stream)

    assert not isinstance(change, Listed)
    assert change.object["metadata"]["name"] == "quiet"
    assert change.object["kind"] == "Secret"
    assert "data" not in change.object


async def test_a_watch_of_a_kind_that_is_not_there_is_the_callers_problem(
    admin: KubeClient,
) -> None:
    absent = ResourceType(group="example.org", version="v1", plural="things", kind="Thing")
    stream = watch(admin, absent)

    async with contextlib.aclosing(stream):
        with pytest.raises(ApiNotFound):
            await anext(stream)


async def test_discovery_knows_the_kinds_of_this_server(admin: KubeClient) -> None:
    kinds = await admin.kinds()

    assert kinds.find("apps", "Deployment") == DEPLOYMENTS
    assert kinds.find("", "Secret") == SECRETS
    assert kinds.find("autoscaling", "HorizontalPodAutoscaler", "v1") is not None
    assert kinds.find("example.org", "Thing") is None
    assert (
        kinds.find("apiextensions.k8s.io", "CustomResourceDefinition")
        == CUSTOM_RESOURCE_DEFINITIONS
    )


async def test_events_are_accepted_and_counted(admin: KubeClient, namespace: str) -> None:
    about = await admin.create(
        CONFIG_MAPS, config_map("observed", namespace), field_manager=MANAGER
    )
    recorder = EventRecorder(admin, component="gitopskit-unsealer", instance="pod-1")

    await recorder.record(about, kind="Warning", reason="Unhappy", message="it is not well")

    async def is_there() -> bool:
        listing = await admin.list(EVENTS, namespace)
        return any(item.get("note") == "it is not well" for item in listing.items)

    await eventually(is_there)
    (found,) = [
        item for item in (await admin.list(EVENTS, namespace)).items if item["reason"] == "Unhappy"
    ]
    patched = await admin.patch(
        EVENTS,
        found["metadata"]["name"],
        namespace,
        patch={"series": {"count": 2, "lastObservedTime": "2026-11-23T12:00:00.000000Z"}},
        field_manager=MANAGER,
    )
    assert patched["series"]["count"] == 2


async def test_a_page_that_is_no_api_answer_is_told(admin: KubeClient) -> None:
    with pytest.raises(ApiError, match="not a JSON object - GET /readyz"):
        await admin.request("GET", "/readyz")
