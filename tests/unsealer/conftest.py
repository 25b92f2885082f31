"""The unsealer on the real server, with the rights that are shipped and no others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import SECRETS
from tests.support.unsealer_cluster import Cluster, running
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
async def plain_client(
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
) -> KubeClient:
    """Return a client with the rights that are shipped for the unsealer."""
    return await service_account_client("gitopskit-unsealer", "kube-system")


@pytest.fixture
def unsealer(plain_client: KubeClient) -> Callable[..., AbstractAsyncContextManager[None]]:
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
