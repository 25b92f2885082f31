"""`gitopskit seal reencrypt` in a repository: each file to the key of its own environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from tests.support.placing import MANIFEST, NAMESPACES, opened_in, overlay_of, placing_repository
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.repository.layout import Repository

_OLD = sealing_pair(2)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The working folder: two environments with keys of their own, all sealed to an old key."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.key").write_bytes(_OLD.private_pem.reveal())
    (tmp_path / "old.crt").write_bytes(_OLD.certificate_pem)
    (tmp_path / "secret.yaml").write_text(MANIFEST)
    repository = placing_repository(tmp_path)
    for environment, namespace in NAMESPACES.items():
        target = str(overlay_of(repository, environment) / "db.sealed.yaml")
        sealing = ["seal", "secret.yaml", "--cert", "old.crt", "-n", namespace, "-w", target]
        assert app.run(sealing) == 0
    return repository


def test_each_file_goes_to_the_key_of_its_environment(repository: Repository) -> None:
    assert app.run(["seal", "reencrypt", "clusters", "--from-key", "old.key"]) == 0

    for environment in NAMESPACES:
        path = overlay_of(repository, environment) / "db.sealed.yaml"
        assert opened_in(path, environment) == {"password": "hunter2", "user": "ann"}


def test_a_file_of_an_environment_without_a_certificate_is_told_and_left(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.root / ".gitopskit/certs/staging.pem").unlink()
    staging = overlay_of(repository, "staging") / "db.sealed.yaml"
    before = staging.read_bytes()

    assert app.run(["seal", "reencrypt", "clusters", "--from-key", "old.key"]) == 2

    assert "there is no certificate for the environment 'staging'" in capsys.readouterr().err
    assert staging.read_bytes() == before
    assert opened_in(overlay_of(repository, "prod") / "db.sealed.yaml", "prod")["user"] == "ann"


def test_an_environment_that_is_named_is_meant_for_all(repository: Repository) -> None:
    path = "clusters/prod"

    assert app.run(["seal", "reencrypt", path, "--from-key", "old.key", "--env", "prod"]) == 0

    assert opened_in(overlay_of(repository, "prod") / "db.sealed.yaml", "prod")["user"] == "ann"
