"""An approval is for what was asked about before it, not for what is found while it is given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.admission import admission, labelled
from tests.support.approving import approve_if_asked
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

SLOW_SECONDS = 3.0
"""So long the pass takes in which something else is found that is to be deleted."""


def precious(name: str) -> JsonObject:
    return annotated(config_map(name), sync_options="Prune=confirm")


async def test_an_approval_given_during_a_pass_is_not_for_what_that_pass_finds(
    world: World, reconciler: Run, unique: str, tmp_path: Path
) -> None:
    first, second = precious(f"{unique}-first"), precious(f"{unique}-second")

    def held(*contents: JsonObject, at: str) -> str:
        return world.repository.commit({"app/all.yaml": text(*contents, labelled(unique, at=at))})

    held(first, second, at="1")
    await world.project(unique)
    await world.application(unique, project=unique)

    async with admission(world, unique, tmp_path) as webhook, reconciler():
        await world.until_synced(unique)
        held(second, at="1")
        await world.until_condition(unique, "DeletionConfirmationRequired", f"{unique}-first")
        webhook.asked, webhook.waits_seconds = 0, SLOW_SECONDS
        held(at="2")
        await eventually(lambda: webhook.asked > 0)
        await approve_if_asked(world.admin, unique)
        await world.until_condition(unique, "DeletionConfirmationRequired", f"{unique}-second")

        assert await world.get(CONFIG_MAPS, f"{unique}-second") is not None
