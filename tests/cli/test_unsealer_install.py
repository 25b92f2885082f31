"""``gitopskit unsealer install``: what is printed and written, and whether a cluster takes it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app as frame
from gitopskit.manifests.documents import read_documents
from tests.support.cluster import create_namespace, delete_namespace, kubectl

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane

IMAGE = "registry.example.org/gitopskit:0.1.0"
INSTALL = ["unsealer", "install", "--image", IMAGE]
_numbers = itertools.count(1)

MODES = [
    pytest.param([], id="cluster"),
    pytest.param(["--watch-namespace", "default", "--no-secret-watch"], id="one-namespace"),
    pytest.param(
        ["--mode", "namespaces", "--watch-namespace-selector", "team=web"], id="selected-roles"
    ),
    pytest.param(
        ["--watch-namespace-selector", "team in (a, b)", "--cert-readers", "developers"],
        id="selected",
    ),
    pytest.param(
        ["--drift", "report", "--allow-recreate", "--require-key-backup", "--replicas", "1"],
        id="wishes",
    ),
]


def test_install_prints_what_the_controller_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(INSTALL) == 0

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
        "Service",
        "Service",
        "PodDisruptionBudget",
        "NetworkPolicy",
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
        pytest.param(
            ["--image", IMAGE, "--cert-readers", "system:authenticated"],
            "is everybody who reaches the API server",
            id="everybody",
        ),
        pytest.param(
            ["--image", IMAGE, "--mode", "cluster", "--watch-namespace", "shop"],
            "of a whole cluster",
            id="cluster-and-namespaces",
        ),
    ],
)
def test_install_refuses_what_must_not_be_installed(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["unsealer", "install", *arguments]) == 2

    printed = capsys.readouterr()
    assert words in printed.err
    assert not printed.out


@pytest.mark.parametrize("arguments", MODES)
def test_a_server_takes_every_mode_strictly(
    platform: ControlPlane, tmp_path: Path, arguments: list[str]
) -> None:
    assert frame.run([*INSTALL, *arguments, "--out", str(tmp_path)]) == 0

    told = kubectl(
        platform,
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "--validate=strict",
        f"--kustomize={tmp_path}",
    )

    assert b"deployment.apps/gitopskit-unsealer serverside-applied" in told


@pytest.mark.parametrize("arguments", MODES)
def test_validation_finds_nothing_in_what_is_written(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run([*INSTALL, *arguments, "--out", str(tmp_path)]) == 0

    assert frame.run(["validate", str(tmp_path)]) == 0

    assert "errors: 0, warnings: 0" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", MODES)
def test_the_command_of_every_mode_is_one_that_run_understands(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run([*INSTALL, *arguments]) == 0
    manifests = read_documents(capsys.readouterr().out, path="-")
    [deployment] = [item.content for item in manifests if item.kind == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]

    code = frame.run([*container["command"][1:], "--context", "nowhere"])

    assert code == 3
    assert "there is no kubeconfig" in capsys.readouterr().err


def test_a_cluster_runs_what_is_installed_under_its_restricted_pod_security(
    platform: ControlPlane, tmp_path: Path
) -> None:
    name = f"sealing-{next(_numbers)}"
    assert frame.run([*INSTALL, "--namespace", name, "--out", str(tmp_path)]) == 0
    create_namespace(platform, name)
    rights = (tmp_path / "rbac.yaml", tmp_path / "crds-sealedsecrets.yaml")
    for path in rights:
        path.write_text("")  # the cluster's own are those of the other tests

    kubectl(platform, "create", "serviceaccount", "gitopskit-unsealer", f"--namespace={name}")
    kubectl(platform, "apply", "--server-side", "--force-conflicts", f"--kustomize={tmp_path}")
    where = (f"--namespace={name}", "deployment/gitopskit-unsealer")
    kubectl(platform, "wait", "--for=condition=Available", "--timeout=60s", *where)
    delete_namespace(platform, name)


def test_install_makes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"

    assert frame.run([*INSTALL, "--out", str(folder)]) == 0

    assert (folder / "kustomization.yaml").is_file()


def test_install_tells_what_is_in_the_folders_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    code = frame.run([*INSTALL, "--out", str(tmp_path / "file")])

    assert code == 3
    assert "cannot make the folder: File exists - " in capsys.readouterr().err


def test_alerts_and_dashboard_are_written_as_files_beside_the_manifests(tmp_path: Path) -> None:
    assert frame.run([*INSTALL, "--monitoring", "files", "--out", str(tmp_path)]) == 0

    written = {path.name for path in (tmp_path / "monitoring").iterdir()}
    assert written == {"alerts.yaml", "dashboard.json"}
    assert "monitoring" not in (tmp_path / "kustomization.yaml").read_text()


def test_the_operators_objects_are_part_of_the_kustomization(tmp_path: Path) -> None:
    assert frame.run([*INSTALL, "--monitoring", "operator", "--out", str(tmp_path)]) == 0

    written = (tmp_path / "monitoring.yaml").read_bytes()
    kinds = [item.kind for item in read_documents(written, path="-")]
    assert kinds == ["ServiceMonitor", "PrometheusRule", "ConfigMap"]
    assert "monitoring.yaml" in (tmp_path / "kustomization.yaml").read_text()


def test_files_that_are_no_manifests_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run([*INSTALL, "--monitoring", "files"]) == 2

    assert "give a folder with --out" in capsys.readouterr().err
