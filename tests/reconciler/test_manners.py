"""Options of a sync that say how an object is written, each with what people rely on in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS, SECRETS, SERVICES
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text
from tests.support.widgets import definition, grant, widgets

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]
IGNORED = {"kind": "ConfigMap", "jsonPointers": ["/data/color"]}
RESPECT = "RespectIgnoreDifferences=true"
OVERRIDE = "RespectIgnoreDifferences=false"


def asking(content: JsonObject, option: str) -> JsonObject:
    """Return an object that asks for an option itself, or not where there is none."""
    return annotated(content, sync_options=option) if option else content


async def set_by(world: World, manager: str, name: str, **data: str) -> None:
    await world.admin.patch(
        CONFIG_MAPS, name, world.namespace, patch={"data": data}, field_manager=manager
    )


@pytest.mark.parametrize("is_for_all", [False, True], ids=["of-the-object", "of-all"])
async def test_without_server_side_apply_git_takes_back_what_it_gave_and_nothing_else(
    world: World,
    reconciler: Run,
    unique: str,
    is_for_all: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    option = "ServerSideApply=false"
    own = "" if is_for_all else option
    policy = {"automated": AUTOMATED, "syncOptions": [option] if is_for_all else []}
    before = asking(config_map(unique, color="red", shape="round"), own)
    world.repository.commit({"app/all.yaml": text(before)})
    await world.project(unique)
    await world.application(unique, project=unique, policy=policy)

    async with reconciler():
        await world.until_synced(unique)
        await set_by(world, "a-controller", unique, size="small")
        after = asking(config_map(unique, color="red"), own)
        commit = world.repository.commit({"app/all.yaml": text(after)})
        await world.until_synced(unique, revision=commit)

    assert await world.data(unique) == {"color": "red", "size": "small"}


@pytest.mark.parametrize(
    ("of_all", "of_the_object", "color"),
    [
        pytest.param(OVERRIDE, "", "red", id="of-all"),
        pytest.param("", OVERRIDE, "red", id="of-the-object"),
        pytest.param(OVERRIDE, RESPECT, "blue", id="the-object-knows-better"),
        pytest.param("", "", "blue", id="not-asked"),
    ],
)
async def test_ignored_fields_are_overridden_by_a_sync_for_another_reason(
    world: World, reconciler: Run, unique: str, of_all: str, of_the_object: str, color: str
) -> None:
    policy = {"automated": AUTOMATED, "syncOptions": [of_all] if of_all else []}
    before = asking(config_map(unique, color="red", shape="round"), of_the_object)
    world.repository.commit({"app/all.yaml": text(before)})
    await world.project(unique)
    await world.application(unique, project=unique, policy=policy, ignoreDifferences=[IGNORED])

    async with reconciler():
        await world.until_synced(unique)
        await set_by(world, "a-controller", unique, color="blue")
    async with reconciler():  # a restart is no reason
        await world.until_synced(unique)
        kept = await world.data(unique)
        after = asking(config_map(unique, color="red", shape="square"), of_the_object)
        commit = world.repository.commit({"app/all.yaml": text(after)})
        await world.until_synced(unique, revision=commit)

    assert kept == {"color": "blue", "shape": "round"}
    assert await world.data(unique) == {"color": color, "shape": "square"}


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        pytest.param("ClientSideApplyMigration=false", {"shape": "round"}, id="not-migrated"),
        pytest.param("ClientSideApplyMigration=true", {}, id="migrated"),
    ],
)
async def test_fields_of_client_side_apply_stay_where_they_are_not_migrated(
    world: World, reconciler: Run, unique: str, option: str, kept: dict[str, str]
) -> None:
    old = config_map(unique, color="red", shape="round")
    old["metadata"]["namespace"] = world.namespace
    await world.admin.create(CONFIG_MAPS, old, field_manager="kubectl-client-side-apply")
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="green"))})
    await world.project(unique)
    policy = {"automated": AUTOMATED, "syncOptions": [option]}
    await world.application(unique, project=unique, policy=policy)

    async def is_green() -> bool:
        return await world.data(unique) == {"color": "green", **kept}

    async with reconciler():
        await world.until_synced(unique)
        assert await is_green()
        await set_by(world, "kubectl-client-side-apply", unique, color="blue")
        await eventually(is_green)


def a_service(name: str, *, port: int = 80) -> JsonObject:
    """Return a Service with fields that no Service has."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": port, "colour": "red"}], "speed": {"limit": 1}},
    }


async def test_a_field_that_a_kind_does_not_have_is_named(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(a_service(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        told = await world.until_condition(unique, "SyncError", ".spec.speed")

    assert "the option Validate=false" in told
    assert await world.get(SERVICES, unique) is None


@pytest.mark.parametrize("is_for_all", [False, True], ids=["of-the-object", "of-all"])
async def test_without_validation_unknown_fields_are_left_out(
    world: World,
    reconciler: Run,
    unique: str,
    is_for_all: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    option = "Validate=false"
    own = "" if is_for_all else option
    policy = {"automated": AUTOMATED, "syncOptions": [option] if is_for_all else []}
    world.repository.commit({"app/all.yaml": text(asking(a_service(unique), own))})
    await world.project(unique)
    await world.application(unique, project=unique, policy=policy)

    async def has(port: int) -> bool:
        found = await world.get(SERVICES, unique) or {}
        return [it["port"] for it in (found.get("spec") or {}).get("ports") or []] == [port]

    async with reconciler():
        await world.until_synced(unique)
        assert await has(80)
        changed = text(asking(a_service(unique, port=81), own))
        commit = world.repository.commit({"app/all.yaml": changed})
        await world.until_synced(unique, revision=commit)
        assert await has(81)
        await world.edit(SERVICES, unique, {"spec": {"ports": [{"port": 81, "name": "web"}]}})
        await world.until_synced(unique)


async def test_without_validation_unknown_fields_of_own_kinds_are_left_out(
    world: World, reconciler: Run, unique: str
) -> None:
    group = f"{unique}.example.com"
    await grant(world, unique, group)
    spec = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": spec}}
    kind = definition(group)
    kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema
    widget = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": unique},
        "spec": {"size": 1, "colour": "red"},
        "more": [{"x": 1}],
    }
    world.repository.commit({"app/all.yaml": text(kind, widget)})
    await world.project(unique, clusterResourceWhitelist=[{"group": "*", "kind": "*"}])
    policy = {"automated": AUTOMATED, "syncOptions": ["Validate=false"]}
    await world.application(unique, project=unique, policy=policy)

    async with reconciler():
        await world.until_synced(unique)

    found = await world.get(widgets(group), unique) or {}
    assert (found["spec"], "more" in found) == ({"size": 1}, False)


async def test_an_object_of_which_more_is_wrong_is_still_refused(
    world: World, reconciler: Run, unique: str
) -> None:
    bad = a_service(unique)
    bad["spec"]["ports"][0]["port"] = "eighty"
    world.repository.commit({"app/all.yaml": text(asking(bad, "Validate=false"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_condition(unique, "SyncError", "ports")

    assert await world.get(SERVICES, unique) is None


async def test_nothing_of_a_secret_is_told_or_left_out(
    world: World, reconciler: Run, unique: str
) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": unique},
        "data": {"password": "aHVudGVyMg=="},
        "colour": "aHVudGVyMg==",
    }
    world.repository.commit({"app/all.yaml": text(asking(secret, "Validate=false"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        told = await world.until_condition(unique, "SyncError", "does not fit its schema")

    assert "aHVudGVyMg" not in told
    assert await world.get(SECRETS, unique) is None
