"""Tokens that end, are renewed on disk, or are refused in between: nothing false is told of it.

The token is read from a folder as a Pod finds it. Who holds an old one is refused by the proxy; the
real server takes a while to, because it remembers whom it let in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from gitopskit.kube.client import KubeClient
from tests.support.clock import WrongClock
from tests.support.fake_api import Reply, refusal
from tests.support.faulty_proxy import First
from tests.support.many_sealed import create_all, until_told
from tests.support.pod_folder import PodFolder
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from tests.support.faulty_proxy import Asked, FaultyProxy
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

UNKNOWN = refusal(401, reason="Unauthorized", message="Unauthorized")


@pytest.fixture
def pod(platform: ControlPlane, tmp_path: Path) -> PodFolder:
    return PodFolder(tmp_path, platform)


@pytest.fixture
def clock() -> WrongClock:
    return WrongClock()


@pytest.fixture
async def renewing(
    pod: PodFolder, proxy: FaultyProxy, clock: WrongClock
) -> AsyncIterator[KubeClient]:
    """Return a client through the proxy that reads its token as in a Pod."""
    connection = replace(await pod.connection(clock), server=proxy.url, tls=None)
    async with KubeClient(connection, clock=clock) as client:
        yield client


async def test_a_token_that_is_renewed_in_time_is_read_again_before_it_ends(
    cluster: Cluster,
    key: SealingKey,
    proxy: FaultyProxy,
    pod: PodFolder,
    renewing: KubeClient,
    clock: WrongClock,
) -> None:
    async with running(renewing):
        await create_all(cluster, key, {"before": "1"})
        await until_told(cluster, {"before": "True"})

        old = pod.header
        pod.renew()
        clock.jump_seconds += 61.0
        await create_all(cluster, key, {"after": "1"})
        await until_told(cluster, {"after": "True"})

    said = {
        name: {asked.authorization for asked in proxy.asked if asked.name == name}
        for name in ("before", "after")
    }
    assert said == {"before": {old}, "after": {pod.header}}


async def test_a_token_that_ended_is_waited_for_and_nothing_false_is_told(
    cluster: Cluster, key: SealingKey, proxy: FaultyProxy, pod: PodFolder, renewing: KubeClient
) -> None:
    async with running(renewing):
        await create_all(cluster, key, {"edited": "1"})
        await until_told(cluster, {"edited": "True"})

        old = pod.header

        async def refuse_the_old_one(asked: Asked) -> Reply | None:
            return UNKNOWN if asked.authorization == old else None

        seen = len(proxy.asked)
        proxy.fault = refuse_the_old_one
        await create_all(cluster, key, {f"late-{number}": "1" for number in range(5)})
        await cluster.patch_secret("edited", {"stringData": {"a": "edited"}})
        proxy.cut_watches()
        await eventually(lambda: len(proxy.asked) - seen > 20)
        pod.renew()

        await until_told(cluster, {f"late-{number}": "True" for number in range(5)})
        await cluster.until_values("edited", {"a": "1"}, timeout_seconds=20)

    assert proxy.told(namespace=cluster.namespace) == {"True"}


async def test_refusals_in_between_are_outlasted_and_nothing_false_is_told(
    cluster: Cluster, key: SealingKey, proxy: FaultyProxy, renewing: KubeClient
) -> None:
    proxy.fault = First(UNKNOWN)
    wanted = {f"between-{number}": "1" for number in range(5)}
    await create_all(cluster, key, wanted)
    async with running(renewing):
        await until_told(cluster, dict.fromkeys(wanted, "True"))

    assert proxy.told(namespace=cluster.namespace) == {"True"}


async def test_who_is_not_known_to_the_server_is_not_ready(
    proxy: FaultyProxy, renewing: KubeClient
) -> None:
    async def refuse(_: Asked) -> Reply:
        return UNKNOWN

    proxy.fault = refuse
    with capture_logs() as logs:
        async with running(renewing) as unsealer:
            await eventually(lambda: sum(entry["event"] == "watch_refused" for entry in logs) >= 5)
            was_ready = unsealer.is_ready
            proxy.heal()
            await eventually(lambda: unsealer.is_ready)

    assert not was_ready
    assert not any(entry["event"] == "secrets_not_watched" for entry in logs)
