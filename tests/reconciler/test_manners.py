"""Options of a sync that say how an object is written, each with what people rely on in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text

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
