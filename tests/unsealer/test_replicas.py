"""Two replicas as processes: what happens to the work when the leader dies, stops, or freezes."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.lease_record import Candidate
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from tests.support.electing import LeaseSeen
from tests.support.polling import eventually
from tests.support.replicas import Replica, replica
from tests.support.unsealing import synced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitopskit.kube.client import KubeClient
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

OBJECTS = 500
KILLED_AFTER = 100
LEASE = Candidate("kube-system", "gitopskit-unsealer", "")


@pytest.fixture
def seen(admin: KubeClient) -> LeaseSeen:
    return LeaseSeen(admin, LEASE)


@pytest.fixture
def kubeconfig(service_account_kubeconfig: Callable[[str, str], Path]) -> Path:
    return service_account_kubeconfig("gitopskit-unsealer", "kube-system")


@contextmanager
def _two(kubeconfig: Path, folder: Path) -> Iterator[tuple[Replica, Replica]]:
    with (
        replica(kubeconfig, folder / "first.log") as first,
        replica(kubeconfig, folder / "second.log") as second,
    ):
        yield first, second


async def _leader_first(one: Replica, other: Replica) -> tuple[Replica, Replica]:
    """Wait until both are ready and one leads; return leader and follower."""
    for each in (one, other):
        await each.until("ready")
    await eventually(lambda: bool(one.identity() or other.identity()))
    return (one, other) if one.identity() else (other, one)


async def _create_all(cluster: Cluster, key: SealingKey) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(OBJECTS):
            name = f"many-{number}"
            content = key.seal(name, cluster.namespace, {"a": name})
            group.create_task(cluster.create_sealed(content))


async def _secrets(cluster: Cluster) -> int:
    listing = await cluster.admin.list(SECRETS, cluster.namespace, metadata_only=True)
    return len(listing.items)


async def _are_all_told(cluster: Cluster) -> bool:
    items = (await cluster.admin.list(SEALED_SECRETS, cluster.namespace)).items
    return all(synced(item).get("status") == "True" for item in items)


async def test_a_killed_leaders_work_is_finished_by_the_other(
    cluster: Cluster,
    key: SealingKey,
    seen: LeaseSeen,
    kubeconfig: Path,
    tmp_path: Path,
    tell: Callable[[str], None],
) -> None:
    with _two(kubeconfig, tmp_path) as both:
        leader, follower = await _leader_first(*both)
        creating = asyncio.create_task(_create_all(cluster, key))

        async def is_under_way() -> bool:
            return await _secrets(cluster) >= KILLED_AFTER

        await eventually(is_under_way, timeout_seconds=30)
        leader.kill()
        killed = time.monotonic()
        done = await _secrets(cluster)
        await follower.until("lease_acquired")
        await seen.until_held_by(follower.identity())
        handed_over_seconds = time.monotonic() - killed
        await creating
        await eventually(lambda: _are_all_told(cluster), timeout_seconds=60)
        all_seconds = time.monotonic() - killed

        assert await _secrets(cluster) == OBJECTS

    tell(
        f"leader killed after {done} of {OBJECTS}: handed over in {handed_over_seconds:.2f} s,"
        f" all unsealed in {all_seconds:.2f} s"
    )
    assert done < OBJECTS
    assert handed_over_seconds < 8.0


async def test_a_stopped_leader_hands_over_in_less_than_a_second(
    cluster: Cluster,
    key: SealingKey,
    kubeconfig: Path,
    tmp_path: Path,
    tell: Callable[[str], None],
) -> None:
    with _two(kubeconfig, tmp_path) as both:
        leader, follower = await _leader_first(*both)

        leader.send(signal.SIGTERM)
        stopped = time.monotonic()
        await follower.until("lease_acquired")
        handed_over_seconds = time.monotonic() - stopped
        await cluster.create_sealed(key.seal("after-stop", cluster.namespace, {"a": "1"}))
        await cluster.until_values("after-stop", {"a": "1"})

        assert leader.process.wait(timeout=10) == 0

    tell(f"leader stopped: handed over in {handed_over_seconds:.2f} s")
    assert handed_over_seconds < 1.0


async def test_a_frozen_leader_gives_way_and_notices_when_it_wakes(
    cluster: Cluster, key: SealingKey, seen: LeaseSeen, kubeconfig: Path, tmp_path: Path
) -> None:
    with _two(kubeconfig, tmp_path) as both:
        leader, follower = await _leader_first(*both)

        leader.send(signal.SIGSTOP)
        await cluster.create_sealed(key.seal("frozen", cluster.namespace, {"a": "1"}))
        await cluster.until_values("frozen", {"a": "1"}, timeout_seconds=15)
        await cluster.until_status("frozen", "True")
        before = await cluster.versions()
        leader.send(signal.SIGCONT)
        await leader.until("lease_lost")
        await cluster.create_sealed(key.seal("thawed", cluster.namespace, {"a": "1"}))
        await cluster.until_status("thawed", "True")
        after = await cluster.versions()

        assert (await seen.record()).holder == follower.identity()
    assert {name: version for name, version in after.items() if "thawed" not in name} == before
