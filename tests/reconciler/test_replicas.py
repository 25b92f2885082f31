"""Two replicas as processes: what happens to a sync when the leader dies, stops, or freezes."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.lease_record import Candidate
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.replica import LEASE_NAME
from tests.support.electing import LeaseSeen
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text
from tests.support.replicas import leader_first, two_reconcilers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitopskit.kube.client import KubeClient

OBJECTS = 300
KILLED_AFTER = 60


@pytest.fixture
def seen(admin: KubeClient) -> LeaseSeen:
    return LeaseSeen(admin, Candidate("gitopskit-system", LEASE_NAME, ""))


async def _there(world: World, name: str) -> dict[str, str]:
    selector = f"gitopskit.io/application={name}"
    listing = await world.admin.list(CONFIG_MAPS, world.namespace, label_selector=selector)
    return {it["metadata"]["name"]: it["data"]["at"] for it in listing.items}


def _files(name: str, count: int, at: str) -> dict[str, str | bytes]:
    return {"app/all.yaml": text(*(config_map(f"{name}-{it}", at=at) for it in range(count)))}


@pytest.mark.timeout(120)
async def test_a_sync_of_a_killed_leader_is_finished_by_the_other(
    world: World,
    unique: str,
    seen: LeaseSeen,
    kubeconfig: Path,
    tmp_path: Path,
    tell: Callable[[str], None],
) -> None:
    await world.project(unique)
    with two_reconcilers(kubeconfig, world.cache_dir, tmp_path) as both:
        leader, follower = await leader_first(*both)
        commit = world.repository.commit(_files(unique, OBJECTS, "1"))
        await world.application(unique, project=unique)

        async def is_under_way() -> bool:
            return len(await _there(world, unique)) >= KILLED_AFTER

        await eventually(is_under_way, timeout_seconds=30)
        leader.kill()
        killed = time.monotonic()
        done = len(await _there(world, unique))
        await follower.until("lease_acquired")
        await seen.until_held_by(follower.identity())
        handed_over_seconds = time.monotonic() - killed
        await world.until_synced(unique, revision=commit)
        all_seconds = time.monotonic() - killed

        assert await _there(world, unique) == {f"{unique}-{it}": "1" for it in range(OBJECTS)}

    tell(
        f"leader killed after {done} of {OBJECTS} applies: handed over in"
        f" {handed_over_seconds:.2f} s, synced in {all_seconds:.2f} s"
    )
    assert done < OBJECTS
    assert handed_over_seconds < 8.0


async def test_a_stopped_leader_hands_over_in_less_than_a_second(
    world: World, unique: str, kubeconfig: Path, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    await world.project(unique)
    world.repository.commit(_files(unique, 1, "1"))
    await world.application(unique, project=unique)
    with two_reconcilers(kubeconfig, world.cache_dir, tmp_path) as both:
        leader, follower = await leader_first(*both)
        await world.until_synced(unique)

        leader.send(signal.SIGTERM)
        stopped = time.monotonic()
        await follower.until("lease_acquired")
        handed_over_seconds = time.monotonic() - stopped
        commit = world.repository.commit(_files(unique, 1, "2"))
        await world.until_synced(unique, revision=commit)

        assert leader.process.wait(timeout=10) == 0

    tell(f"reconciler's leader stopped: handed over in {handed_over_seconds:.2f} s")
    assert handed_over_seconds < 1.0


@pytest.mark.timeout(120)
async def test_a_frozen_leader_gives_way_and_writes_nothing_old_when_it_wakes(
    world: World, unique: str, seen: LeaseSeen, kubeconfig: Path, tmp_path: Path
) -> None:
    await world.project(unique)
    world.repository.commit(_files(unique, 5, "1"))
    await world.application(unique, project=unique)
    with two_reconcilers(kubeconfig, world.cache_dir, tmp_path) as both:
        leader, follower = await leader_first(*both)
        await world.until_synced(unique)

        leader.send(signal.SIGSTOP)
        await follower.until("lease_acquired")
        commit = world.repository.commit(_files(unique, 5, "2"))
        await world.until_synced(unique, revision=commit)
        leader.send(signal.SIGCONT)
        await leader.until("lease_lost")
        later = world.repository.commit(_files(unique, 5, "3"))
        await world.until_synced(unique, revision=later)

        assert (await seen.record()).holder == follower.identity()
    assert await _there(world, unique) == {f"{unique}-{it}": "3" for it in range(5)}
