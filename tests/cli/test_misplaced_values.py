"""A value that somebody types as an argument, or in place of one, is never repeated."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from pathlib import Path

_TOO_MANY: Final = "gitopskit: error: there are more arguments than the command takes\n"
_RAW: Final = "seal raw --name db --namespace shop --cert tls.crt"
_DOCUMENT: Final = "seal --name db --namespace shop --cert tls.crt"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a sealed file, a private key and its certificate."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    (tmp_path / "a.yaml").write_text(sealed_manifest({"password": "hunter2"}))
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "seal a.yaml password secretCANARY",
        "seal sett a.yaml password secretCANARY",
        "seal set a.yaml password secretCANARY",
        "seal set a.yaml password=secretCANARY",
        "seal set a.yaml secret/CANARY",
        "seal set a.yaml password --from-file secretCANARY",
        "seal set a.yaml password --generate secretCANARY",
        "seal set a.yaml password --generate secretCANARY:length=3",
        "seal set a.yaml password --generate password:secretCANARY",
        "seal set a.yaml password --generate password:secretCANARY=3",
        "seal set a.yaml password --generate password:length=secretCANARY",
        "seal set a.yaml password --secretCANARY",
        "seal set a.yaml password --secretCANARY=1",
        "seal set a.yaml password -secretCANARY",
        "seal set a.yaml password --dry-run=secretCANARY",
        "seal rm a.yaml secretCANARY",
        "seal rm a.yaml password secretCANARY",
        "seal edit a.yaml secretCANARY",
        "seal verify a.yaml --output secretCANARY",
        f"{_RAW} secretCANARY",
        f"{_RAW} --from-file secretCANARY",
        f"{_RAW} --from-file password=secretCANARY",
        f"{_RAW} --generate secretCANARY",
        f"{_RAW} --scope secretCANARY",
        f"{_RAW} --scope 'a is not one of secretCANARY'",
        f"{_DOCUMENT} --from-file secretCANARY",
        f"{_DOCUMENT} --from-file password=secretCANARY",
        f"{_DOCUMENT} --from-file secret/CANARY=a.yaml",
        f"{_DOCUMENT} --generate secretCANARY",
        f"{_DOCUMENT} --generate password=secretCANARY",
        f"{_DOCUMENT} --generate secret/CANARY=password",
        f"{_DOCUMENT} --raw --from-file secretCANARY",
        f"{_DOCUMENT} --raw --from-file password=secretCANARY",
        "keys list secretCANARY",
        "keys secretCANARY",
        "secretCANARY",
    ],
)
@pytest.mark.usefixtures("folder")
def test_no_error_repeats_what_may_be_a_value(
    line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/dev/null")

    code = app.run(shlex.split(line))

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert said.err.startswith("gitopskit: error: ")
    assert "CANARY" not in said.err


@pytest.mark.parametrize("line", ["seal a.yaml password hunter2", "keys list hunter2"])
@pytest.mark.usefixtures("folder")
def test_arguments_too_many_are_told_as_such(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = "seal" if line.startswith("seal") else "keys list"

    assert app.run(line.split()) == 2

    hint = f"gitopskit: hint: `gitopskit {command} --help` shows what can be given\n"
    assert capsys.readouterr().err == _TOO_MANY + hint


@pytest.mark.parametrize(
    ("word", "meant"),
    [("sett", "set"), ("eidt", "edit"), ("re-encrypt", "reencrypt"), ("verfy", "verify")],
)
@pytest.mark.usefixtures("folder")
def test_a_misspelt_subcommand_is_not_taken_for_a_file(
    word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["seal", word, "a.yaml", "password"]) == 2

    assert capsys.readouterr().err == (
        "gitopskit: error: the first word is neither a file nor a subcommand\n"
        f"gitopskit: hint: did you mean `gitopskit seal {meant}`?\n"
    )


def test_a_file_that_is_called_almost_like_a_subcommand_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sett").write_text("kind: Nothing\n")

    assert app.run(["seal", "sett", "--cert", "tls.crt"]) == 2

    assert "sett:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("seal --namspace shop", "no such option: --namspace (Possible options: "),
        ("keys lost", "no such command 'lost'. Did you mean 'list'?"),
        (
            "seal --scope hunter2",
            "invalid value for '--scope': this is not one of 'strict', 'namespace-wide', ",
        ),
    ],
    ids=["option", "command", "value"],
)
def test_what_looks_like_an_option_or_a_command_is_named(
    line: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(line.split()) == 2

    assert capsys.readouterr().err.startswith(f"gitopskit: error: {error}")
