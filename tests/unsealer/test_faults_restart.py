"""An API server that is killed and started again: what was begun is finished, nothing is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import EVENTS, SECRETS
from tests.support.audit import read_requests
from tests.support.cluster import connect, create_namespace, install_platform
from tests.support.many_sealed import create_all, until_told
from tests.support.pod_folder import PodFolder
from tests.support.polling import eventually
from tests.support.replicas import replica
from tests.support.restartable_plane import RestartablePlane
from tests.support.unsealer_cluster import Cluster, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.controlplane.server import ControlPlane
    from tests.support.unsealing import SealingKey

OBJECTS = 60
KILLED_AFTER = 10
UNAUTHORIZED = 401


@pytest.fixture(scope="module")
def plane(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, this cannot either
    build_settings: BuildSettings,
    key: SealingKey,
) -> Iterator[RestartablePlane]:
    """Return a control plane of this module's own with the shipped rights and a sealing key."""
    with RestartablePlane(ensure_binaries(build_settings), clock=SystemClock()) as plane:
        install_platform(plane)
        create_namespace(plane, "shop")
        plane.rest.post("/api/v1/namespaces/kube-system/secrets", key.secret())
        yield plane


@pytest.fixture
async def shop(plane: RestartablePlane) -> AsyncIterator[Cluster]:
    async with await connect(plane.kubeconfig_path) as admin:
        yield Cluster(admin, "shop")


@pytest.fixture
def pod(plane: RestartablePlane, tmp_path: Path) -> PodFolder:
    return PodFolder(tmp_path, plane)


@pytest.fixture
async def in_pod(pod: PodFolder) -> AsyncIterator[KubeClient]:
    """Return a client with the shipped rights that reads its token as in a Pod."""
    clock = SystemClock()
    async with KubeClient(await pod.connection(clock), clock=clock) as client:
        yield client


async def _warnings(cluster: Cluster) -> list[str]:
    events = (await cluster.admin.list(EVENTS, cluster.namespace)).items
    return [event["note"] for event in events if event["type"] != "Normal"]


async def test_a_server_that_is_killed_midway_and_comes_back_finds_everything_done(
    plane: RestartablePlane,
    shop: Cluster,
    in_pod: KubeClient,
    key: SealingKey,
    tell: Callable[[str], None],
) -> None:
    wanted = {f"many-{number}": str(number) for number in range(OBJECTS)}
    await create_all(shop, key, wanted)
    async with running(in_pod):

        async def is_under_way() -> bool:
            return len((await shop.admin.list(SECRETS, "shop")).items) >= KILLED_AFTER

        await eventually(is_under_way)
        killed = asyncio.get_running_loop().time()
        plane.kill_server()
        await asyncio.to_thread(plane.start_server)
        back = asyncio.get_running_loop().time()
        report = await until_told(shop, dict.fromkeys(wanted, "True"))
        done = asyncio.get_running_loop().time()
        await shop.patch_secret("many-0", {"stringData": {"a": "edited"}})
        await shop.until_values("many-0", {"a": "0"})

    assert {name: report.value(name) for name in wanted} == wanted
    assert await _warnings(shop) == []
    tell(
        f"API server killed among {OBJECTS}: ready again after {back - killed:.1f} s,"
        f" all unsealed after {done - killed:.1f} s"
    )


async def test_an_idle_unsealer_goes_on_with_a_server_that_no_longer_takes_its_token(
    plane: RestartablePlane, shop: Cluster, in_pod: KubeClient, pod: PodFolder, key: SealingKey
) -> None:
    async with running(in_pod):
        await create_all(shop, key, {"before": "1"})
        await until_told(shop, {"before": "True"})

        plane.kill_server()
        plane.forget_tokens()
        await asyncio.to_thread(plane.start_server)
        await create_all(shop, key, {"after": "1"})
        await shop.patch_secret("before", {"stringData": {"a": "edited"}})
        pod.renew()
        await until_told(shop, {"after": "True"})
        await shop.until_values("before", {"a": "1"}, timeout_seconds=20)

    assert any(request.status == UNAUTHORIZED for request in read_requests(plane.audit_log_path))
    assert await _warnings(shop) == []


async def test_a_leader_outlives_its_server_and_leads_on(
    plane: RestartablePlane, shop: Cluster, key: SealingKey, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "unsealer.kubeconfig"
    token = plane.service_account_token("kube-system", "gitopskit-unsealer")
    plane.write_kubeconfig(kubeconfig, token=token)
    with replica(kubeconfig, tmp_path / "unsealer.log") as leader:
        await leader.until("lease_acquired")
        await create_all(shop, key, {"process-before": "1"})
        await until_told(shop, {"process-before": "True"})

        plane.kill_server()
        await asyncio.to_thread(plane.start_server)
        await create_all(shop, key, {"process-after": "1"})
        await until_told(shop, {"process-after": "True"})

        assert leader.process.poll() is None

    assert await _warnings(shop) == []
