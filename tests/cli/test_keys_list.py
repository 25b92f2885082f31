"""`gitopskit keys list`, as a person meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.clock import SystemClock
from gitopskit.sealing.keys import KeyPair, new_sealing_key
from tests.support.fake_controller import FakeController
from tests.support.sealed_manifests import fingerprint_of
from tests.support.sealing import BORN, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STAGING, _PROD = fingerprint_of(0), fingerprint_of(1)
_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: dev}, {name: staging}, {name: prod}]
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder as a repository: staging has key 0, prod key 1, dev none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitopskit" / "certs").mkdir(parents=True)
    (tmp_path / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    _store(tmp_path, "staging", sealing_pair(0))
    _store(tmp_path, "prod", sealing_pair(1))
    return tmp_path


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeController]:
    """The cluster of the context ``fake``, whose controller has key 0."""
    with FakeController([sealing_pair()]) as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


def _store(folder: Path, environment: str, pair: KeyPair) -> None:
    path = folder / ".gitopskit" / "certs" / f"{environment}.pem"
    path.write_bytes(pair.certificate_pem)


@pytest.mark.usefixtures("repository")
def test_each_environment_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "list"]) == 0

    age = (SystemClock().now_utc() - BORN).days
    assert capsys.readouterr().out.splitlines() == [
        f"ENVIRONMENT  {'FINGERPRINT':<50}  VALID FROM  VALID UNTIL  DAYS OLD",
        "dev          none",
        f"staging      {_STAGING}  2026-06-01  2036-05-29   {age}",
        f"prod         {_PROD}  2026-06-01  2036-05-29   {age}",
        ".gitopskit/certs/dev.pem: info: there is no certificate of dev [sealing-certificate]",
        "    hint: run `gitopskit keys fetch --env dev`",
    ]


def test_an_expired_certificate_ends_with_1(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _store(repository, "prod", new_sealing_key(now=BORN, size_bits=2048, days=1))

    assert app.run(["keys", "list", "-C", str(repository)]) == 1

    said = capsys.readouterr().out
    assert ".gitopskit/certs/prod.pem: error: the certificate expired at 2026-06-02" in said


def test_a_certificate_that_soon_expires_is_a_warning(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = SystemClock().now_utc()
    _store(repository, "prod", new_sealing_key(now=now, size_bits=2048, days=10))

    assert app.run(["keys", "list"]) == 0

    said = capsys.readouterr().out
    assert ".gitopskit/certs/prod.pem: warning: the certificate expires in" in said


@pytest.mark.usefixtures("repository", "cluster")
def test_an_environment_whose_cluster_seals_with_this_key_is_live(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["keys", "list", "--live", "staging=fake"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[:4]] == ["LIVE", "asked", "yes", "asked"]


@pytest.mark.usefixtures("repository", "cluster")
def test_an_environment_whose_cluster_seals_with_another_key_ends_with_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["keys", "list", "--live", "staging=fake", "--live", "prod=fake"]) == 1

    said = capsys.readouterr().out
    assert (
        f".gitopskit/certs/prod.pem: error: the cluster of prod seals to {_STAGING}, and the "
        f"certificate here is {_PROD} [certificate-not-live]\n"
        "    hint: run `gitopskit keys fetch --env prod`"
    ) in said
    assert "cluster of staging" not in said


@pytest.mark.usefixtures("repository")
def test_what_our_unsealer_publishes_is_the_live_one(
    cluster: FakeController, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.publish(sealing_pair(1).certificate_pem)

    assert app.run(["keys", "list", "--live", "prod=fake", "-o", "json"]) == 0

    listed = json.loads(capsys.readouterr().out)
    prod = next(row for row in listed["certificates"] if row["environment"] == "prod")
    assert (prod["live_fingerprint"], prod["is_live"]) == (_PROD, True)
    assert [each["severity"] for each in listed["findings"]] == ["info"]


@pytest.mark.usefixtures("repository")
def test_a_controller_that_is_named_is_asked_alone(cluster: FakeController) -> None:
    cluster.publish(sealing_pair(1).certificate_pem)
    cluster.behaviour.name = "mine"
    flags = ["--controller-name", "mine"]

    assert app.run(["keys", "list", "--live", "staging=fake", *flags]) == 0


@pytest.mark.parametrize("live", ["staging", "nowhere=fake", "=fake", "staging="])
@pytest.mark.usefixtures("repository")
def test_live_names_an_environment_and_a_context(
    live: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "list", "--live", live]) == 2

    said = capsys.readouterr().err
    assert f"--live {live} names no environment and context" in said
    assert "dev, staging, prod" in said


def test_outside_a_repository_there_is_nothing_to_list(tmp_path: Path) -> None:
    assert app.run(["keys", "list", "-C", str(tmp_path)]) == 2


def test_a_committed_private_key_is_named_and_the_others_are_listed(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = sealing_pair(1).private_pem.reveal() + sealing_pair(1).certificate_pem
    (repository / ".gitopskit" / "certs" / "prod.pem").write_bytes(text)

    assert app.run(["keys", "list"]) == 1

    said = capsys.readouterr().out
    assert f"staging      {_STAGING}" in said
    assert (
        ".gitopskit/certs/prod.pem: error: the file holds a private key, which must not lie in a "
        "repository [sealing-certificate]\n    hint: make a new key with `gitopskit keys new`"
    ) in said
