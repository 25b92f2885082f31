"""The unsealer on the real server, with the rights that are shipped and no others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.errors import ApiNotFound
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import SECRETS
from tests.support.faulty_proxy import FaultyProxy, faulty_proxy, through, unsealers_tokens
from tests.support.unsealer_cluster import Cluster, running
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from gitopskit.controlplane.server import ControlPlane
    from tests.support.unsealer_cluster import Running


@pytest.fixture(scope="session")
def key() -> SealingKey:
    return SealingKey.new("tests-first")


@pytest.fixture(scope="session")
def second_key() -> SealingKey:
    return SealingKey.new("tests-second", days_later=1)


@pytest.fixture
async def cluster(
    platform: ControlPlane,  # noqa: ARG001 -- CRDs and roles are there before the objects are
    admin: KubeClient,
    namespace: str,
    key: SealingKey,
) -> AsyncIterator[Cluster]:
    """Return the namespace of the test module in a cluster that has the first sealing key."""
    await _without_keys(admin)
    cluster = Cluster(admin, namespace)
    await cluster.create(SECRETS, key.secret())
    yield cluster
    await _without_keys(admin)


@pytest.fixture
async def plain_client(
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
) -> KubeClient:
    """Return a client with the rights that are shipped for the unsealer."""
    return await service_account_client("gitopskit-unsealer", "kube-system")


@pytest.fixture
async def proxy(platform: ControlPlane) -> AsyncIterator[FaultyProxy]:
    """Return what goes wrong between the unsealer and the API server as a test says."""
    async with faulty_proxy(platform) as running:
        yield running


@pytest.fixture
async def behind(proxy: FaultyProxy, platform: ControlPlane) -> AsyncIterator[KubeClient]:
    """Return a client with the shipped rights that reaches the server through the proxy alone."""
    clock = SystemClock()
    connection = through(proxy, unsealers_tokens(platform, clock))
    async with KubeClient(connection, clock=clock) as client:
        yield client


@pytest.fixture
def unsealer(plain_client: KubeClient) -> Running:
    """Return what runs an unsealer, with options, for the length of a block."""
    return partial(running, plain_client)


async def _without_keys(admin: KubeClient) -> None:
    selector = "sealedsecrets.bitnami.com/sealed-secrets-key"
    listing = await admin.list(SECRETS, "kube-system", label_selector=selector)
    for item in listing.items:
        metadata = item["metadata"]
        try:
            await admin.delete(
                SECRETS, metadata["name"], metadata["namespace"], uid=metadata["uid"]
            )
        except ApiNotFound:
            continue
