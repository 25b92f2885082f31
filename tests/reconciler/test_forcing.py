"""What cannot be changed is explained, and made anew only where somebody wants that."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import IMMUTABLE_FIELD, ApiInvalid
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.forcing import may_make_anew
from gitopskit.reconciler.loop import Controller
from tests.reconciler.test_prune import approve
from tests.support.desiring import desired
from tests.support.hooking import annotated
from tests.support.reconciling import AUTOMATED, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]
FORCED = {"sync_options": "Force=true"}


def sealed(name: str, **data: str) -> JsonObject:
    """Return a ConfigMap that cannot be changed."""
    return {**config_map(name, **data), "immutable": True}


async def uid(world: World, name: str) -> str:
    content = await world.get(CONFIG_MAPS, name)
    assert content is not None
    return str(content["metadata"]["uid"])


@pytest.mark.parametrize(
    ("reason", "kind", "is_asked", "may"),
    [
        pytest.param(IMMUTABLE_FIELD, "ConfigMap", True, True, id="asked"),
        pytest.param(IMMUTABLE_FIELD, "ConfigMap", False, False, id="not-asked"),
        pytest.param("Invalid", "ConfigMap", True, False, id="invalid"),
        pytest.param(IMMUTABLE_FIELD, "PersistentVolumeClaim", True, False, id="precious"),
    ],
)
def test_only_an_immutable_field_makes_anew(
    reason: str, kind: str, *, is_asked: bool, may: bool
) -> None:
    error = ApiInvalid("refused", reason=reason)

    assert may_make_anew(error, desired(kind=kind), is_asked=is_asked) is may


async def test_what_cannot_be_changed_is_explained(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(sealed(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        before = await uid(world, unique)
        world.repository.commit({"app/all.yaml": text(sealed(unique, color="blue"))})
        told = await world.until_condition(unique, "SyncError", "immutable")

    assert "or let it be made anew with the option Force=true" in told
    assert await uid(world, unique) == before


@pytest.mark.parametrize("is_for_all", [False, True], ids=["of-the-object", "of-all"])
async def test_an_object_is_made_anew_where_that_is_asked(
    world: World,
    reconciler: Run,
    unique: str,
    is_for_all: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    options = {} if is_for_all else FORCED
    policy = {"automated": AUTOMATED, "syncOptions": ["Force=true"] if is_for_all else []}
    world.repository.commit(
        {"app/all.yaml": text(annotated(sealed(unique, color="red"), **options))}
    )
    await world.project(unique)
    await world.application(unique, project=unique, policy=policy)

    async with reconciler():
        await world.until_synced(unique)
        before = await uid(world, unique)
        commit = world.repository.commit(
            {"app/all.yaml": text(annotated(sealed(unique, color="blue"), **options))}
        )
        await world.until_synced(unique, revision=commit)

    assert await world.data(unique) == {"color": "blue"}
    assert await uid(world, unique) != before


@pytest.mark.parametrize(
    ("is_adopted", "option"),
    [
        pytest.param(True, "Force=true", id="adopted"),
        pytest.param(False, "Force=true,Prune=confirm", id="asks-for-it"),
    ],
)
async def test_what_a_person_must_approve_is_made_anew_only_then(
    world: World,
    reconciler: Run,
    unique: str,
    is_adopted: bool,  # noqa: FBT001 -- a parameter of the table
    option: str,
) -> None:
    if is_adopted:
        old = sealed(unique, color="red")
        old["metadata"]["namespace"] = world.namespace
        await world.admin.create(CONFIG_MAPS, old, field_manager="somebody")
    before = annotated(sealed(unique, color="red"), sync_options=option)
    after = annotated(sealed(unique, color="blue"), sync_options=option)
    world.repository.commit({"app/all.yaml": text(before)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        known = await uid(world, unique)
        commit = world.repository.commit({"app/all.yaml": text(after)})
        told = await world.until_condition(unique, "DeletionConfirmationRequired", unique)
        kept = await uid(world, unique), await world.data(unique)
        await approve(world, unique)
        await world.until_synced(unique, revision=commit)

    assert "before a person approves" in told
    assert kept == (known, {"color": "red"})
    assert await uid(world, unique) != known
    assert await world.data(unique) == {"color": "blue"}
    assert "DeletionConfirmationRequired" not in await world.conditions(unique)


async def test_an_invalid_object_is_never_a_reason_to_delete(
    world: World, reconciler: Run, unique: str
) -> None:
    good = annotated(sealed(unique, color="red"), **FORCED)
    bad = annotated(sealed(unique, **{"not a key": "x"}), **FORCED)
    world.repository.commit({"app/all.yaml": text(good)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        before = await uid(world, unique)
        world.repository.commit({"app/all.yaml": text(bad)})
        await world.until_condition(unique, "SyncError", "not a key")

    assert await uid(world, unique) == before
    assert await world.data(unique) == {"color": "red"}


@pytest.mark.parametrize(
    ("manager", "is_applied"), [("argocd-controller", False), ("kustomize-controller", True)]
)
async def test_fields_that_another_tool_left_are_taken_over(
    world: World,
    reconciler: Run,
    unique: str,
    manager: str,
    is_applied: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    left = config_map(unique, color="red", shape="round")
    left["metadata"]["namespace"] = world.namespace
    if is_applied:
        await world.admin.apply(CONFIG_MAPS, left, field_manager=manager, force=True)
    else:
        await world.admin.create(CONFIG_MAPS, left, field_manager=manager)
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)

    content = await world.get(CONFIG_MAPS, unique) or {}
    managers = {it["manager"] for it in content["metadata"]["managedFields"]}
    assert (content["data"], managers) == ({"color": "red"}, {"gitopskit-reconciler"})
