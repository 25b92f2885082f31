"""``gitopskit bootstrap``: what of the repository it takes into its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app as frame

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane

IMAGE = "registry.example.com/gitopskit:0.1.0"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a generated repository with an unsealer for prod, in a namespace of its own."""
    monkeypatch.chdir(tmp_path)
    url = "https://git.example.com/shop.git"
    assert frame.run(["init", "--name", "shop", "--repo-url", url]) == 0
    place = ["--namespace", "sealing", "--out", "clusters/prod/unsealer"]
    assert frame.run(["unsealer", "install", "--image", IMAGE, *place]) == 0
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "namespace"),
    [pytest.param("prod", "sealing", id="held"), pytest.param("staging", "kube-system", id="not")],
)
def test_the_unsealer_that_the_repository_holds_is_planned(
    control_plane: ControlPlane,
    repository: Path,
    environment: str,
    namespace: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig_path))

    code = frame.run(
        ["bootstrap", environment, "--image", IMAGE, "--dry-run", "-C", str(repository)]
    )

    assert code == 1
    planned = capsys.readouterr().err
    assert f"Deployment/{namespace}/gitopskit-unsealer" in planned
    assert planned.count("/gitopskit-unsealer\n") >= 5


def test_a_repository_with_an_unsealer_is_valid(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["validate", str(repository)]) == 0

    assert "errors: 0, warnings: 0" in capsys.readouterr().err
