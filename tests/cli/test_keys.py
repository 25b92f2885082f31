"""`gitopskit keys`, as a person meets it."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitopskit.cli import app
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.sealing.keys import load_certificate, read_private_keys
from tests.support.fake_controller import FakeController
from tests.support.sealing import sealing_pair

_SMALL = ["--size", "2048"]

_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: prod}]
"""


def test_a_new_key_is_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "keys"

    assert app.run(["keys", "new", "--out-dir", str(folder), *_SMALL]) == 0

    private_key, certificate = folder / "tls.key", folder / "tls.crt"
    (key,) = read_private_keys(private_key.read_bytes(), where="tls.key")
    loaded = load_certificate(certificate.read_bytes(), where="tls.crt")
    assert key.fingerprint == loaded.fingerprint
    assert stat.S_IMODE(private_key.stat().st_mode) == 0o600
    assert capsys.readouterr().out == f"{private_key}\n{certificate}\n"


def test_an_existing_key_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tls.key").write_text("old")

    assert app.run(["keys", "new", "-d", str(tmp_path), *_SMALL]) == 2

    assert (tmp_path / "tls.key").read_text() == "old"
    assert capsys.readouterr().err.startswith(
        "gitopskit: error: the file exists, and keys are never overwritten - "
    )


def test_a_new_key_can_be_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "new", "-o", "secret", "--name", "key-1", *_SMALL]) == 0

    (key,) = read_private_keys(capsys.readouterr().out.encode(), where="-")
    assert key.not_before_utc is not None


@pytest.fixture
async def published(
    admin: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch, control_plane: ControlPlane
) -> str:
    """A namespace in which a certificate is published; KUBECONFIG leads there."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "gitopskit-sealing-certificate", "namespace": namespace},
        "data": {"tls.crt": sealing_pair().certificate_pem.decode()},
    }
    await admin.apply(CONFIG_MAPS, body, field_manager="test", force=True)
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig_path))
    return namespace


def test_a_certificate_is_fetched_to_standard_output(
    published: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "fetch", "--namespace", published]) == 0

    assert capsys.readouterr().out.encode() == sealing_pair().certificate_pem


def test_a_certificate_is_fetched_into_the_repository(
    published: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitopskit").mkdir()
    (tmp_path / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    monkeypatch.chdir(tmp_path)

    assert app.run(["keys", "fetch", "--namespace", published, "--env", "prod"]) == 0

    stored = tmp_path / ".gitopskit" / "certs" / "prod.pem"
    assert stored.read_bytes() == sealing_pair().certificate_pem


@pytest.fixture
def controller(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeController]:
    """A cluster with a sealed-secrets controller that has key 1; KUBECONFIG leads there."""
    with FakeController([sealing_pair(1)]) as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


@pytest.mark.usefixtures("controller")
def test_where_nothing_is_published_the_controller_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["keys", "fetch"]) == 0

    assert capsys.readouterr().out.encode() == sealing_pair(1).certificate_pem


def test_what_is_published_goes_before_the_controllers(
    controller: FakeController, capsys: pytest.CaptureFixture[str]
) -> None:
    controller.publish(sealing_pair(0).certificate_pem)

    assert app.run(["keys", "fetch", "--context", "fake"]) == 0

    assert capsys.readouterr().out.encode() == sealing_pair(0).certificate_pem


def test_a_controller_that_is_named_is_asked_alone(
    controller: FakeController, capsys: pytest.CaptureFixture[str]
) -> None:
    controller.publish(sealing_pair(0).certificate_pem)
    controller.behaviour.name = "mine"
    controller.behaviour.namespace = "sealing"
    flags = ["--controller-name", "mine", "--controller-namespace", "sealing"]

    assert app.run(["keys", "fetch", *flags]) == 0

    assert capsys.readouterr().out.encode() == sealing_pair(1).certificate_pem


def test_a_cluster_that_has_neither_is_told_both(
    controller: FakeController, capsys: pytest.CaptureFixture[str]
) -> None:
    controller.behaviour.is_missing = True

    assert app.run(["keys", "fetch"]) == 2

    said = capsys.readouterr().err
    assert "the cluster publishes no sealing certificate" in said
    assert "there is no sealed-secrets controller" in said


def test_an_unreachable_cluster_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(
        "{apiVersion: v1, kind: Config, current-context: a,"
        " clusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}],"
        " contexts: [{name: a, context: {cluster: a, user: ''}}]}"
    )
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))

    assert app.run(["keys", "fetch"]) == 3

    assert "Traceback" not in capsys.readouterr().err


def test_two_places_for_one_certificate_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "fetch", "--env", "prod", "--out", "x.pem"]) == 2

    assert "both --env and --out are given" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--days", "99999999"], "is not in the range"),
        (["--size", "65536"], "is not in the range"),
        (["--name", "A b"], "the name of the Secret 'A b' is not a DNS name"),
        (["--namespace", "../a"], "the namespace of the Secret '../a' is not a DNS name"),
    ],
    ids=["days", "size", "name", "namespace"],
)
def test_what_no_cluster_takes_is_refused_before_a_key_is_made(
    flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "new", "-o", "secret", *flags]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
