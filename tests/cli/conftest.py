"""Where a person stands who looks after the keys of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.key_backups import KeysOfACluster

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane


@pytest.fixture
def keyless(
    control_plane: ControlPlane, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> KeysOfACluster:
    """A namespace without keys, a kubeconfig that reaches it, and an empty folder to work in."""
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig_path))
    monkeypatch.chdir(tmp_path)
    world = KeysOfACluster(control_plane, namespace, tmp_path)
    world.clear()
    return world
