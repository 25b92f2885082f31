"""A control plane that nothing was installed on, for what installs things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from tests.support import cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.kube.client import KubeClient


@pytest.fixture
def bare_control_plane(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, this cannot either
    build_settings: BuildSettings,
) -> Iterator[ControlPlane]:
    """Return a second control plane with nothing of ours in it."""
    with ControlPlane(ensure_binaries(build_settings), clock=SystemClock()) as server:
        yield server


@pytest.fixture
async def bare_admin(bare_control_plane: ControlPlane) -> AsyncIterator[KubeClient]:
    """Return an administrator's client of the bare control plane."""
    async with await cluster.connect(bare_control_plane.kubeconfig_path) as client:
        yield client
