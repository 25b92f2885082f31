"""A leader dies around an alert: nothing is lost, and what comes twice is known by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.alerting import is_recorded, receivers
from tests.support.polling import eventually
from tests.support.receiving import inbox
from tests.support.reconciling import World, config_map, text
from tests.support.replicas import leader_first, two_reconcilers

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

ONCE: JsonObject = {"automated": {"prune": True, "selfHeal": True}, "retry": {"limit": 0}}
HANDED_OVER_SECONDS = 40.0
"""Far more than a hand-over takes."""


async def _registered(world: World, name: str) -> None:
    """Register an Application whose sync fails for good."""
    broken = {**config_map(name), "data": {"no key is like this": ""}}
    world.repository.commit({"app/a.yaml": text(broken)})
    await world.project(name)
    await world.application(name, project=name, policy=ONCE)


async def _mended(world: World, name: str) -> None:
    world.repository.commit({"app/a.yaml": text(config_map(name))})
    await world.until_synced(name)


@pytest.mark.timeout(150)
async def test_what_a_killed_leader_had_not_told_is_told_once(
    world: World, unique: str, kubeconfig: Path, tmp_path: Path
) -> None:
    async with inbox() as box, receivers(world, unique, team=box):
        with two_reconcilers(kubeconfig, world.cache_dir, tmp_path) as both:
            leader, _ = await leader_first(*both)
            await _registered(world, unique)
            await world.until_condition(unique, "SyncError")
            leader.kill()
            told_before = box.told()
            await box.until(1, timeout_seconds=HANDED_OVER_SECONDS)
            await eventually(lambda: is_recorded(world, f"{unique}\tsync\t"))
            await _mended(world, unique)
            await box.until(2)

    assert told_before == []
    assert box.told() == [("sync", "firing"), ("sync", "resolved")]


@pytest.mark.timeout(150)
async def test_what_a_killed_leader_told_and_did_not_note_comes_again_with_the_same_id(
    world: World, unique: str, kubeconfig: Path, tmp_path: Path
) -> None:
    async with inbox() as box, receivers(world, unique, team=box):
        box.is_silent = True
        with two_reconcilers(kubeconfig, world.cache_dir, tmp_path) as both:
            leader, _ = await leader_first(*both)
            await _registered(world, unique)
            await box.until(1)
            leader.kill()
            box.is_silent = False
            await box.until(2, timeout_seconds=HANDED_OVER_SECONDS)
            await eventually(lambda: is_recorded(world, f"{unique}\tsync\t"))
            await _mended(world, unique)
            await box.until(3)

    assert box.told() == [("sync", "firing"), ("sync", "firing"), ("sync", "resolved")]
    first, again, ended = (sent.content["id"] for sent in box.sent)
    assert first == again != ended
