"""`gitopskit seal --app`, and Secrets that are made of values: as a person meets them."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from tests.support.placing import MANIFEST, NAMESPACES, opened_in, overlay_of, placing_repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitopskit.repository.layout import Repository

_BOTH = ("--app", "web", "--env", "staging", "--env", "prod")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The working folder: a repository with two overlays, a Secret and a file with a value."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.yaml").write_text(MANIFEST)
    (tmp_path / "value.txt").write_text("hunter3")
    return placing_repository(tmp_path)


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def test_one_secret_is_sealed_for_two_environments(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["seal", "secret.yaml", *_BOTH]) == 0

    said = capsys.readouterr()
    for environment in NAMESPACES:
        overlay = overlay_of(repository, environment)
        opened = opened_in(overlay / "db.sealed.yaml", environment)
        assert opened == {"password": "hunter2", "user": "ann"}
        assert "- db.sealed.yaml" in (overlay / "kustomization.yaml").read_text()
        shown = (overlay / "db.sealed.yaml").relative_to(repository.root)
        assert str(shown) in said.out.splitlines()
        assert f"gitopskit: {environment}: sealed to SHA256:" in said.err
    assert "hunter2" not in said.out + said.err


def test_a_secret_is_made_of_a_file_standard_input_and_a_generator(
    repository: Repository, type_in: Callable[[str], None]
) -> None:
    type_in("hunter4")
    values = ["--from-file", "a=value.txt", "--from-file", "b=-", "--generate", "c=token:bytes=16"]

    assert app.run(["seal", "--app", "web", "--env", "prod", "--name", "db", *values]) == 0

    opened = opened_in(overlay_of(repository, "prod") / "db.sealed.yaml", "prod")
    assert (opened["a"], opened["b"], len(opened["c"])) == ("hunter3", "hunter4", 22)


def test_values_are_added_to_what_is_sealed_already(repository: Repository) -> None:
    overlay = overlay_of(repository, "prod")
    assert app.run(["seal", "secret.yaml", "--app", "web", "--env", "prod"]) == 0
    before = (overlay / "db.sealed.yaml").read_text()
    place = ["--app", "web", "--env", "prod", "--name", "db"]

    assert app.run(["seal", *place, "--from-file", "token=value.txt"]) == 0

    text = (overlay / "db.sealed.yaml").read_text()
    kept = [line for line in before.splitlines() if line.startswith("    ") and ": Ag" in line]
    assert [line for line in kept if line not in text] == []
    assert opened_in(overlay / "db.sealed.yaml", "prod") == {
        "password": "hunter2",
        "user": "ann",
        "token": "hunter3",
    }


def test_a_dry_run_shows_both_changes_and_writes_nothing(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    kustomization = overlay_of(repository, "prod") / "kustomization.yaml"
    before = kustomization.read_text()

    assert app.run(["seal", "secret.yaml", "--app", "web", "--env", "prod", "--dry-run"]) == 0

    shown = capsys.readouterr().out
    assert "+++ b/clusters/prod/apps/web/db.sealed.yaml\n" in shown
    assert "+kind: SealedSecret\n" in shown
    assert "+  - db.sealed.yaml\n" in shown
    assert kustomization.read_text() == before
    assert not (kustomization.parent / "db.sealed.yaml").exists()


def test_a_file_need_not_be_registered(repository: Repository) -> None:
    place = ["--app", "web", "--env", "prod", "-w", "mine.yaml", "--no-register"]

    assert app.run(["seal", "secret.yaml", *place]) == 0

    overlay = overlay_of(repository, "prod")
    assert (overlay / "mine.yaml").exists()
    assert "mine.yaml" not in (overlay / "kustomization.yaml").read_text()


def test_values_without_an_app_make_a_manifest(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--name", "db", "-n", NAMESPACES["prod"], "--env", "prod", "-w", "out.yaml"]

    assert app.run(["seal", *place, "--from-file", "a=value.txt", "--type", "example.com/x"]) == 0

    path = repository.root / "out.yaml"
    assert opened_in(path, "prod") == {"a": "hunter3"}
    assert "type: example.com/x" in path.read_text()
    assert "hunter3" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["secret.yaml", *_BOTH, "--cert", "x.pem"], "--cert does not go with --app"),
        (["secret.yaml", *_BOTH, "-n", "x"], "--namespace does not go with --app"),
        (["secret.yaml", *_BOTH, "-i"], "--in-place does not go with --app"),
        (["secret.yaml", *_BOTH, "-o", "json"], "--format does not go with --app"),
        (
            ["secret.yaml", *_BOTH, "--context", "c"],
            "a cluster (--context, --kubeconfig, --controller-name) does not go with",
        ),
        (["secret.yaml", "--app", "web"], "no environment is named"),
        (["secret.yaml", "--app", "web", "--env", "qa"], "has no overlay in the environment"),
        (["secret.yaml", "--app", "web", "--env", "x"], "there is no environment 'x'"),
        (["secret.yaml", "--env", "staging", "--env", "prod"], "several --env are given without"),
        (["secret.yaml", *_BOTH, "--name", "d", "--from-file", "a=value.txt"], "values and a FILE"),
        ([*_BOTH, "--from-file", "a=value.txt"], "--from-file requires --raw, or --name"),
        ([*_BOTH, "--name", "d", "--from-file", "a=nowhere"], "cannot read the file"),
        (["secret.yaml", "--env", "prod", "--type", "x"], "--type is for a Secret that is made"),
    ],
    ids=[
        "certificate",
        "namespace",
        "in place",
        "format",
        "context",
        "no environment",
        "no certificate",
        "unknown environment",
        "no app",
        "values beside a file",
        "values without a name",
        "missing file",
        "type of a manifest",
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_written(
    repository: Repository, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert app.run(["seal", *arguments]) == 2

    assert said in capsys.readouterr().err
    assert [*repository.root.rglob("*.sealed.yaml")] == []


def test_an_unchanged_secret_is_written_once(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    digest_key = tmp_path_factory.mktemp("outside") / "digest.key"
    digest_key.write_bytes(bytes(range(32)))
    arguments = ["seal", "secret.yaml", *_BOTH, "--digest-key", str(digest_key)]
    files = [overlay_of(repository, each) / "db.sealed.yaml" for each in NAMESPACES]
    assert app.run(arguments) == 0
    before = [(file.read_bytes(), file.stat().st_ino) for file in files]

    assert app.run(arguments) == 0

    assert [(file.read_bytes(), file.stat().st_ino) for file in files] == before


def test_values_are_merged_into_a_sealed_file(repository: Repository) -> None:
    path = overlay_of(repository, "prod") / "db.sealed.yaml"
    assert app.run(["seal", "secret.yaml", "--app", "web", "--env", "prod"]) == 0
    before = path.read_text()

    merging = ["--merge-into", str(path), "--env", "prod", "--from-file", "token=value.txt"]
    assert app.run(["seal", *merging]) == 0

    assert opened_in(path, "prod").items() >= {("token", "hunter3"), ("user", "ann")}
    assert [line for line in before.splitlines() if line not in path.read_text()] == []


@pytest.mark.parametrize(
    "mode", ["--raw", "--fetch-cert", "--validate", "--recovery-unseal"], ids=lambda mode: mode[2:]
)
def test_a_dry_run_is_refused_where_there_is_none(
    repository: Repository, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    assert app.run(["seal", mode, "--dry-run", "-w", "out.yaml"]) == 2

    assert f"--dry-run does not go with {mode}" in capsys.readouterr().err
    assert not (repository.root / "out.yaml").exists()


def test_values_do_not_take_the_place_of_a_file(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    out = repository.root / "out.yaml"
    out.write_text("# mine\n")
    place = ["--name", "db", "-n", "x", "--env", "prod", "-w", "out.yaml"]

    assert app.run(["seal", *place, "--from-file", "a=value.txt"]) == 2

    assert "add them with `--merge-into out.yaml`" in capsys.readouterr().err
    assert out.read_text() == "# mine\n"
