"""`gitopskit seal` and `gitopskit unseal`, as a person meets them."""

import io
import json
import os
import stat
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import read_documents
from gitopskit.sealing.keys import new_sealing_key
from tests.support.sealing import BORN, sealing_pair, write_pair

_VALUE = "correct-horse-battery"
_SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: database, namespace: shop}}
stringData: {{password: {_VALUE}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a Secret, a private key and its certificate."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    (tmp_path / "secret.yaml").write_text(_SECRET)
    return tmp_path


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


@pytest.mark.usefixtures("folder")
def test_standard_input_is_sealed_as_json_when_nobody_looks(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(_SECRET)

    code = app.run(["seal", "--cert", "tls.crt"])

    said = capsys.readouterr()
    assert (code, said.err) == (0, "")
    assert json.loads(said.out)["kind"] == "SealedSecret"
    assert _VALUE not in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["secret.yaml", "-w", "sealed.yaml"],
        ["-f", "secret.yaml", "--sealed-secret-file", "sealed.json"],
        ["secret.yaml", "-w", "sealed.json", "--format", "yaml"],
    ],
    ids=["argument", "kubeseal's flags", "format"],
)
def test_what_is_sealed_to_a_file_is_unsealed_again(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert app.run(["seal", "--cert", "tls.crt", *arguments]) == 0
    (sealed,) = folder.glob("sealed.*")
    assert sealed.read_text().startswith("{") is (arguments[-1] == "sealed.json")

    assert app.run(["unseal", str(sealed), "--private-key", "tls.key", "-o", "yaml"]) == 0

    (secret,) = read_documents(capsys.readouterr().out, path="-")
    assert secret.content["data"] == {"password": "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"}


def test_an_unsealed_file_is_for_its_owner_only(folder: Path) -> None:
    app.run(["seal", "secret.yaml", "--cert", "tls.crt", "-w", "sealed.yaml"])

    assert app.run(["unseal", "sealed.yaml", "--private-key", "tls.key", "-w", "out.yaml"]) == 0

    assert stat.S_IMODE((folder / "out.yaml").stat().st_mode) == 0o600


def test_a_secret_is_replaced_in_place(folder: Path) -> None:
    assert app.run(["seal", "secret.yaml", "--in-place", "--cert", "tls.crt"]) == 0

    text = (folder / "secret.yaml").read_text()
    assert text.startswith("---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n")
    assert _VALUE not in text


def test_a_dry_run_writes_nothing_and_shows_no_plaintext(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["seal", "secret.yaml", "-i", "--cert", "tls.crt", "--dry-run"]

    assert app.run(arguments) == 0

    assert (folder / "secret.yaml").read_text() == _SECRET
    said = capsys.readouterr().out
    assert "kind: SealedSecret" in said
    assert _VALUE not in said


def test_scope_name_and_namespace_are_taken_from_flags(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bare.yaml").write_text(
        "{apiVersion: v1, kind: Secret, metadata: {}, stringData: {a: b}}"
    )
    place = ["--name", "cache", "-n", "shop", "--scope", "namespace-wide", "--no-record-keys"]

    assert app.run(["seal", "bare.yaml", "--cert", "tls.crt", *place]) == 0

    assert json.loads(capsys.readouterr().out)["metadata"] == {
        "name": "cache",
        "namespace": "shop",
        "annotations": {"sealedsecrets.bitnami.com/namespace-wide": "true"},
    }


def _expired(folder: Path) -> None:
    born = BORN - timedelta(days=4000)
    write_pair(new_sealing_key(now=born, size_bits=2048), folder)


def _write(name: str, text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_text(text)

    return write


def _nothing(_folder: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("prepare", "arguments", "said"),
    [
        (
            _write("secret.yaml", "kind: [\n"),
            ["--cert", "tls.crt"],
            (
                "error: while parsing a flow node, did not find expected node content"
                " - secret.yaml:2:1"
            ),
        ),
        (
            _write("secret.yaml", _SECRET.replace("name: database, ", "")),
            ["--cert", "tls.crt"],
            (
                "error: missing metadata.name in input Secret - secret.yaml:1:1\n"
                "gitopskit: hint: add `metadata.name`, or give --name"
            ),
        ),
        (
            _expired,
            ["--cert", "tls.crt"],
            (
                "error: the certificate expired at 2025-06-16T12:00:00Z - tls.crt\n"
                "gitopskit: hint: fetch the current one with `gitopskit keys fetch`"
            ),
        ),
        (
            _nothing,
            ["--cert", "tls.key"],
            (
                "error: this is a private key, not a certificate - tls.key\n"
                "gitopskit: hint: give the sealing certificate (`tls.crt`) in PEM form"
            ),
        ),
        (
            _nothing,
            ["--cert", "nowhere.crt"],
            (
                "error: cannot read the certificate: No such file or directory - nowhere.crt\n"
                "gitopskit: hint: check the path"
            ),
        ),
        (
            lambda folder: (folder / "secret.yaml").unlink(),
            ["--cert", "tls.crt"],
            "error: cannot read the file: No such file or directory - secret.yaml",
        ),
        (
            _nothing,
            [],
            "error: no certificate to seal with, and no repository or kubeconfig to take one from",
        ),
        (_nothing, ["--cert", "tls.crt", "--env", "prod"], "error: both --cert and --env"),
        (_nothing, ["--cert", "tls.crt", "-f", "x"], "error: both FILE and --secret-file"),
        (_nothing, ["--cert", "tls.crt", "-i", "-w", "x"], "error: --in-place needs a FILE"),
    ],
    ids=[
        "malformed YAML",
        "no name",
        "expired certificate",
        "no certificate",
        "missing certificate",
        "missing file",
        "no certificate named",
        "two certificates",
        "two files",
        "two targets",
    ],
)
def test_unusable_input_is_told_and_nothing_is_written(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    prepare: Callable[[Path], object],
    arguments: list[str],
    said: str,
) -> None:
    prepare(folder)
    (folder / "sealed.yaml").write_text("old")
    before = sorted(os.listdir(folder))  # noqa: PTH208 -- names are enough
    target = [] if "-w" in arguments else ["-w", "sealed.yaml"]

    code = app.run(["seal", "secret.yaml", *target, *arguments])

    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert shown.err.startswith(f"gitopskit: {said}")
    assert "Traceback" not in shown.err
    assert (folder / "sealed.yaml").read_text() == "old"
    assert sorted(os.listdir(folder)) == before  # noqa: PTH208 -- names are enough


def test_a_stranger_cannot_unseal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app.run(["seal", "secret.yaml", "--cert", "tls.crt", "-w", "sealed.yaml"])
    write_pair(sealing_pair(1), folder)

    code = app.run(["unseal", "sealed.yaml", "--private-key", "tls.key"])

    shown = capsys.readouterr()
    assert (code, shown.out) == (4, "")
    first, hint = shown.err.splitlines()
    assert first.startswith("gitopskit: error: no key opens `password`: it ")
    assert first.endswith(" - sealed.yaml:12:5")
    assert hint == "gitopskit: hint: give the private key that it was sealed to"


def test_a_file_that_is_called_like_a_subcommand_can_be_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "set").write_text(_SECRET)

    assert app.run(["seal", "./set", "--cert", "tls.crt"]) == 0

    assert json.loads(capsys.readouterr().out)["kind"] == "SealedSecret"


def test_the_usage_of_sealing_names_the_group_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["seal", "--help"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Usage: gitopskit seal [OPTIONS] [FILE]\n")
    assert "subcommand" in said
