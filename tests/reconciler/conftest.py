"""The reconciler on the real server, with the rights that are shipped and no others."""

from __future__ import annotations

import itertools
import ssl
from typing import TYPE_CHECKING

import pytest

from tests.support.dying import Mortal, through
from tests.support.dying_proxy import DyingProxy
from tests.support.gitrepo import SourceRepository
from tests.support.reconciling import World, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.loop import Controller

_NUMBERS = itertools.count(1)


@pytest.fixture
def unique(namespace: str) -> str:
    """Return a name that no other test uses."""
    return f"{namespace}-{next(_NUMBERS)}"


@pytest.fixture
async def world(
    platform: ControlPlane,  # noqa: ARG001 -- CRDs and roles are there before the objects are
    admin: KubeClient,
    namespace: str,
    tmp_path: Path,
) -> AsyncIterator[World]:
    world = World(
        admin=admin,
        namespace=namespace,
        repository=SourceRepository.create(tmp_path / "shop.git"),
        cache_dir=tmp_path / "cache",
    )
    await world.prepare_namespace(namespace)
    yield world
    await world.clean_up()


@pytest.fixture
async def reconciler_client(
    world: World,  # noqa: ARG001 -- the account is there before its token is
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
) -> KubeClient:
    """Return a client with the rights that are shipped for the reconciler."""
    return await service_account_client("gitopskit-reconciler", "gitopskit-system")


@pytest.fixture
def reconciler(
    world: World, reconciler_client: KubeClient
) -> Callable[[], AbstractAsyncContextManager[Controller]]:
    """Return what runs a reconciler for the length of a block."""
    return lambda: running(reconciler_client, world.cache_dir)


@pytest.fixture
async def mortal(
    world: World, control_plane: ControlPlane, tmp_path: Path
) -> AsyncIterator[Mortal]:
    """Return a reconciler with the shipped rights that dies after so many writes as it is told."""
    trust = ssl.create_default_context(cafile=str(control_plane.ca_file))
    token = control_plane.service_account_token("gitopskit-system", "gitopskit-reconciler")
    async with DyingProxy(control_plane.server_url, trust) as proxy:
        kubeconfig = through(proxy, token, tmp_path)
        yield Mortal(proxy=proxy, kubeconfig=kubeconfig, world=world)


@pytest.fixture
def kubeconfig(
    world: World,  # noqa: ARG001 -- the account is there before its token is
    service_account_kubeconfig: Callable[[str, str], Path],
) -> Path:
    """Let a program of its own work as the reconciler that is shipped."""
    return service_account_kubeconfig("gitopskit-reconciler", "gitopskit-system")
