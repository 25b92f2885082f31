"""The unsealer on the real server, with the rights that are shipped and no others."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import SECRETS
from gitopskit.unsealer.loop import Unsealer, UnsealerOptions
from tests.support.unsealer_cluster import Cluster
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient


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
def unsealer(
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Return what runs an unsealer for the length of a block."""

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        api = await service_account_client("gitopskit-unsealer", "gitopskit-system")
        controller = Unsealer(api, UnsealerOptions(instance="tests"))
        running = asyncio.create_task(controller.run())
        yield
        controller.stop()
        await running

    return run


async def _without_keys(admin: KubeClient) -> None:
    selector = "sealedsecrets.bitnami.com/sealed-secrets-key"
    listing = await admin.list(SECRETS, "gitopskit-system", label_selector=selector)
    for item in listing.items:
        metadata = item["metadata"]
        try:
            await admin.delete(
                SECRETS, metadata["name"], metadata["namespace"], uid=metadata["uid"]
            )
        except ApiNotFound:
            continue
