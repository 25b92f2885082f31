"""Namespaces that are deleted while they are worked on, and that come, or come back, later."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiError, ApiNotFound
from gitopskit.kube.resources import NAMESPACES, SECRETS
from gitopskit.unsealer.options import Field
from tests.support.cluster import create_namespace, delete_namespace
from tests.support.many_sealed import create_all, until_told
from tests.support.polling import eventually
from tests.support.unsealer_cluster import Cluster, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from tests.support.faulty_proxy import FaultyProxy
    from tests.support.unsealer_cluster import Running
    from tests.support.unsealing import SealingKey

DOOMED = 500
DELETED_AFTER = 100
QUIET_SECONDS = 1.5

_numbers = itertools.count(1)


@pytest.fixture
def another(cluster: Cluster, control_plane: ControlPlane) -> Iterator[Cluster]:
    """Return a second namespace, which is not there until the test makes it."""
    name = f"{cluster.namespace}-{next(_numbers)}"
    yield Cluster(cluster.admin, name)
    with suppress(ApiError):
        delete_namespace(control_plane, name)


async def _secrets(cluster: Cluster) -> int:
    listing = await cluster.admin.list(SECRETS, cluster.namespace, metadata_only=True)
    return len(listing.items)


async def _delete_namespace(cluster: Cluster) -> None:
    found = await cluster.admin.get(NAMESPACES, cluster.namespace)
    await cluster.admin.delete(NAMESPACES, cluster.namespace, uid=found["metadata"]["uid"])


async def _is_gone(cluster: Cluster) -> bool:
    try:
        await cluster.admin.get(NAMESPACES, cluster.namespace)
    except ApiNotFound:
        return True
    return False


async def _until_quiet(proxy: FaultyProxy, namespace: str) -> None:
    """Wait until nothing has been asked about a namespace for a while."""
    clock = asyncio.get_running_loop().time

    def is_quiet() -> bool:
        times = [asked.at_seconds for asked in proxy.asked if asked.namespace == namespace]
        return clock() - max(times) > QUIET_SECONDS

    await eventually(is_quiet, timeout_seconds=30)


async def test_a_namespace_that_is_deleted_midway_delays_nobody_and_may_come_back(
    cluster: Cluster,
    another: Cluster,
    platform: ControlPlane,
    key: SealingKey,
    proxy: FaultyProxy,
    behind: KubeClient,
) -> None:
    create_namespace(platform, another.namespace)
    await create_all(another, key, {f"doomed-{number}": "1" for number in range(DOOMED)})
    bystanders = {f"bystander-{number}": "1" for number in range(10)}
    async with running(behind):

        async def is_under_way() -> bool:
            return await _secrets(another) >= DELETED_AFTER

        await eventually(is_under_way, timeout_seconds=30)
        await _delete_namespace(another)
        await create_all(cluster, key, bystanders)
        await until_told(cluster, dict.fromkeys(bystanders, "True"))
        was_still_there = not await _is_gone(another)
        await eventually(lambda: _is_gone(another), timeout_seconds=60)
        await _until_quiet(proxy, another.namespace)
        most = max(proxy.calls(f"doomed-{number}").total() for number in range(DOOMED))
        create_namespace(platform, another.namespace)
        await create_all(another, key, {"back": "1"})
        await until_told(another, {"back": "True"})

    assert was_still_there
    assert most <= 20


async def test_a_namespace_that_is_named_and_comes_later_is_worked_on(
    another: Cluster, platform: ControlPlane, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer(watched=Field(namespaces=(another.namespace,))):
        create_namespace(platform, another.namespace)
        await create_all(another, key, {"first": "1"})
        await until_told(another, {"first": "True"})
        await another.patch_secret("first", {"stringData": {"a": "edited"}})
        await another.until_values("first", {"a": "1"})
