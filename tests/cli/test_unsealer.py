"""``gitopskit unsealer install``: what is printed and written, and whether a cluster takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app as frame
from gitopskit.manifests.documents import read_documents
from tests.support.cluster import kubectl

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane

IMAGE = "registry.example.org/gitopskit:0.1.0"


def test_install_prints_what_the_controller_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["unsealer", "install", "--image", IMAGE]) == 0

    printed = capsys.readouterr().out
    kinds = [manifest.kind for manifest in read_documents(printed, path="-")]
    assert kinds == [
        "CustomResourceDefinition",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "Role",
        "RoleBinding",
        "Deployment",
    ]
    assert f"image: {IMAGE}\n" in printed
    assert "IMAGE" not in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "missing option '--image'", id="no image"),
        pytest.param(["--image", "gitopskit"], "does not say which build it is", id="no tag"),
        pytest.param(
            ["--image", "gitopskit:latest"], "does not say which build it is", id="latest"
        ),
    ],
)
def test_install_refuses_an_image_that_is_not_pinned(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["unsealer", "install", *arguments]) == 2

    printed = capsys.readouterr()
    assert words in printed.err
    assert not printed.out


def test_a_cluster_runs_what_is_installed_under_its_restricted_pod_security(
    platform: ControlPlane, tmp_path: Path
) -> None:
    assert frame.run(["unsealer", "install", "--image", IMAGE, "--out", str(tmp_path)]) == 0

    kubectl(platform, "apply", "--server-side", "--force-conflicts", f"--kustomize={tmp_path}")
    deployment = ("--namespace=kube-system", "deployment/gitopskit-unsealer")
    kubectl(platform, "wait", "--for=condition=Available", "--timeout=60s", *deployment)
    kubectl(platform, "delete", *deployment)


def test_run_without_a_cluster_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["unsealer", "run", "--context", "nowhere"]) == 3

    printed = capsys.readouterr().err
    assert "gitopskit: error: " in printed
    assert "gitopskit: hint: " in printed


def test_install_makes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"

    assert frame.run(["unsealer", "install", "--image", IMAGE, "--out", str(folder)]) == 0

    assert (folder / "kustomization.yaml").is_file()


def test_install_tells_what_is_in_the_folders_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    code = frame.run(["unsealer", "install", "--image", IMAGE, "--out", str(tmp_path / "file")])

    assert code == 3
    assert "cannot make the folder: File exists - " in capsys.readouterr().err
