"""`gitopskit keys` with hybrid keys, as a person meets it."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.cli.bootstrap import _keep_certificate
from gitopskit.repository.layout import Repository
from gitopskit.sealing.certificates import load_certificates
from gitopskit.sealing.keys import load_certificate, read_private_keys
from gitopskit.workflows.bootstrap import Bootstrap, BootstrapPlan
from gitopskit.workflows.first_objects import FirstObjects
from tests.support.fake_controller import FakeController
from tests.support.hybrid import hybrid_certificate, hybrid_pair, write_hybrid_pair
from tests.support.sealed_manifests import fingerprint_of
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HYBRID = hybrid_certificate().fingerprint
_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: prod}]
"""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeController]:
    """A cluster of the context ``fake``, where both kinds of keys are published."""
    with FakeController([sealing_pair()]) as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        running.publish(sealing_pair().certificate_pem, hybrid_pair().certificate_pem)
        yield running


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder as a repository with one environment."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitopskit").mkdir()
    (tmp_path / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    return tmp_path


def test_a_new_hybrid_key_is_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "new", "--post-quantum", "-d", str(tmp_path)]) == 0

    private_key, public_key = tmp_path / "hybrid.key", tmp_path / "hybrid.pub"
    (key,) = read_private_keys(private_key.read_bytes(), where="hybrid.key")
    assert key.is_hybrid
    assert key.fingerprint == load_certificate(public_key.read_bytes(), where="").fingerprint
    assert stat.S_IMODE(private_key.stat().st_mode) == 0o600
    said = capsys.readouterr()
    assert said.out == f"{private_key}\n{public_key}\n"
    body = private_key.read_text().splitlines()[1]
    assert body not in said.out + said.err


def test_a_new_hybrid_key_can_be_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "new", "--post-quantum", "-o", "secret"]) == 0

    text = capsys.readouterr().out
    (key,) = read_private_keys(text.encode(), where="-")
    assert key.is_hybrid
    assert key.not_before_utc is not None
    assert "name: hybrid-key-2" in text
    assert "sealedsecrets.bitnami.com" not in text


def test_a_hybrid_key_has_no_size_to_choose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--post-quantum", "--size", "2048", "-d", str(tmp_path)]

    assert app.run(["keys", "new", *flags]) == 2

    assert "--size does not go with --post-quantum" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_hybrid_key_is_inspected_without_its_private_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_hybrid_pair(tmp_path)

    assert app.run(["keys", "inspect", "hybrid.key"]) == 0
    assert app.run(["keys", "inspect", "hybrid.pub", "-o", "json"]) == 0

    text, _, structured = capsys.readouterr().out.partition("[")
    assert text == (
        f"private key in hybrid.key\n  fingerprint  {_HYBRID}\n  algorithm    ML-KEM-768 + X25519\n"
    )
    (row,) = json.loads("[" + structured)
    assert row["kind"] == "hybrid public key"
    assert row["not_before_utc"] == "2026-06-01T12:00:00Z"
    assert (row["algorithm"], row["size_bits"]) == ("ML-KEM-768 + X25519", None)


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("flags", "kinds"),
    [([], [False, True]), (["--post-quantum"], [True]), (["--no-post-quantum"], [False])],
    ids=["both", "hybrid", "RSA"],
)
def test_what_is_published_is_fetched(
    flags: list[str], kinds: list[bool], capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "fetch", *flags]) == 0

    found = load_certificates(capsys.readouterr().out.encode(), where="-")
    assert [each.is_hybrid for each in found.all] == kinds


@pytest.mark.usefixtures("cluster")
def test_both_keys_of_a_cluster_become_those_of_an_environment(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "fetch", "--env", "prod"]) == 0
    assert app.run(["keys", "list", "--live", "prod=fake"]) == 0

    stored = (repository / ".gitopskit" / "certs" / "prod.pem").read_bytes()
    assert [each.is_hybrid for each in load_certificates(stored, where="").all] == [False, True]
    said = capsys.readouterr()
    assert f"fingerprint {fingerprint_of()}; commit" in said.err
    assert f"hybrid key {_HYBRID}; commit" in said.err
    rows = [line.split() for line in said.out.splitlines()[1:]]
    assert [(row[0], row[1], row[-2], row[-1]) for row in rows] == [
        ("ENVIRONMENT", "FINGERPRINT", "KEY", "LIVE"),
        ("prod", fingerprint_of(), "rsa", "yes"),
        ("prod", _HYBRID, "hybrid", "yes"),
    ]


def test_a_hybrid_key_that_is_not_published_is_not_fetched(
    cluster: FakeController, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.publish(sealing_pair().certificate_pem)

    assert app.run(["keys", "fetch", "--post-quantum"]) == 2

    assert "the cluster publishes no hybrid key" in capsys.readouterr().err


@pytest.mark.usefixtures("cluster")
def test_outside_a_repository_a_secret_is_sealed_to_the_published_hybrid_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.yaml"
    secret.write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\n"
        "stringData: {password: hunter2}\n"
    )

    assert app.run(["seal", "secret.yaml", "-w", "out.yaml", "--post-quantum"]) == 0

    assert _HYBRID in (tmp_path / "out.yaml").read_text()


def test_bootstrap_keeps_a_committed_hybrid_key(repository: Path) -> None:
    stored = repository / ".gitopskit" / "certs" / "prod.pem"
    stored.parent.mkdir()
    stored.write_bytes(hybrid_pair().certificate_pem)
    found = Repository(repository)
    objects = FirstObjects(
        environment="prod",
        repo_url="https://git.example.com/shop.git",
        target_revision="main",
        image="example.com/gitopskit:1",
    )
    plan = BootstrapPlan(
        steps=(),
        certificate_pem=sealing_pair().certificate_pem,
        makes_sealing_key=False,
        unsealer_namespace="kube-system",
    )

    _keep_certificate(found, Bootstrap(objects=objects), plan)

    assert [each.is_hybrid for each in load_certificates(stored.read_bytes(), where="").all] == [
        False,
        True,
    ]
