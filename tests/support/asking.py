"""A person who asks an Application for a sync, and waits for what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.kube.resources import APPLICATIONS
from tests.support.polling import eventually

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from tests.support.reconciling import World


async def ask(world: World, name: str, **sync: JsonValue) -> None:
    operation = {"initiatedBy": {"username": "ann"}, "sync": {"revision": "", **sync}}
    await world.admin.patch(
        APPLICATIONS, name, "argocd", patch={"operation": operation}, field_manager="argocd"
    )


async def until_answered(world: World, name: str) -> JsonObject:
    """Wait until an operation is taken out of the Application and return what is told of it."""

    async def is_answered() -> bool:
        return "operation" not in (await world.get(APPLICATIONS, name, "argocd") or {})

    try:
        await eventually(is_answered)
    except TimeoutError as error:
        raise AssertionError(await world.status(name)) from error
    state: JsonObject = (await world.status(name))["operationState"]
    return state


async def until_compared(world: World, name: str) -> None:
    async def is_compared() -> bool:
        return bool((await world.status(name)).get("sync"))

    await eventually(is_compared)
