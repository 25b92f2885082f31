from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controller.lease_record import Candidate
from gitopskit.kube.client import KubeClient
from tests.support.electing import LeaseSeen
from tests.support.walls import Wall, through, wall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.controlplane.server import ControlPlane

_numbers = itertools.count(1)


@pytest.fixture
def lease(namespace: str) -> Candidate:
    """Return a Lease of the test's own; every copy gets an identity that begins with ``copy``."""
    return Candidate(namespace, f"election-{next(_numbers)}", "copy")


@pytest.fixture
async def seen(admin: KubeClient, lease: Candidate) -> AsyncIterator[LeaseSeen]:
    """Return the Lease as an administrator sees it."""
    found = LeaseSeen(admin, lease)
    yield found
    await found.delete()


@pytest.fixture
async def proxy(control_plane: ControlPlane) -> AsyncIterator[Wall]:
    """Return what can make the API server unreachable."""
    async with wall(control_plane) as running:
        yield running


@pytest.fixture
async def behind(proxy: Wall, control_plane: ControlPlane) -> AsyncIterator[KubeClient]:
    """Return a client that reaches the server through the proxy alone, one request at a time."""
    clock = SystemClock()
    connection = through(proxy, control_plane, clock)
    async with KubeClient(connection, clock=clock, in_flight=1) as client:
        yield client
