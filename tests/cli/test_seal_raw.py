"""`gitopskit seal raw`, as a person or a program meets it."""

from __future__ import annotations

import base64
import io
import sys
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from gitopskit.sealing.envelope import open_value
from tests.support.sealing import private_key_of, sealing_pair, write_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_VALUE: Final = "correct-horse-battery"
_PLACE: Final = ("--name", "db", "-n", "shop", "--cert", "tls.crt")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a private key and its certificate."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    return tmp_path


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def _opened(blob: str, label: str) -> str:
    keys = [private_key_of(sealing_pair()).key]
    value = open_value(
        base64.b64decode(blob, validate=True), private_keys=keys, label=label.encode()
    )
    return value.reveal().decode()


@pytest.mark.parametrize(
    ("flags", "label"),
    [
        ([], "shop/db"),
        (["--scope", "strict"], "shop/db"),
        (["--scope", "namespace-wide"], "shop"),
        (["--scope", "cluster-wide"], ""),
    ],
    ids=["default", "strict", "namespace-wide", "cluster-wide"],
)
@pytest.mark.usefixtures("folder")
def test_a_value_is_sealed_for_its_place_as_one_word(
    type_in: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    label: str,
) -> None:
    type_in(_VALUE)

    assert app.run(["seal", "raw", *_PLACE, *flags]) == 0

    assert _opened(capsys.readouterr().out, label) == _VALUE


@pytest.mark.parametrize(
    "source",
    [["value"], ["password=value"], ["-"], ["password=-"]],
    ids=["file", "file with a key", "standard input", "standard input with a key"],
)
def test_a_value_comes_from_a_file_with_the_line_break_at_its_end(
    folder: Path,
    type_in: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    source: list[str],
) -> None:
    (folder / "value").write_text(f"{_VALUE}\n")
    type_in(f"{_VALUE}\n")

    assert app.run(["seal", "raw", *_PLACE, "--from-file", *source]) == 0

    said = capsys.readouterr()
    assert _opened(said.out, "shop/db") == f"{_VALUE}\n"
    assert "which is kept; --trim takes it off" in said.err


@pytest.mark.usefixtures("folder")
def test_a_value_is_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["seal", "raw", *_PLACE, "--generate", "password:length=24"]) == 0

    assert len(_opened(capsys.readouterr().out, "shop/db")) == 24


@pytest.mark.usefixtures("folder")
def test_what_a_generator_makes_public_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["seal", "raw", *_PLACE, "--generate", "ssh"]) == 0

    said = capsys.readouterr()
    assert "PRIVATE KEY" in _opened(said.out, "shop/db")
    assert said.err.startswith("gitopskit: ssh-ed25519 ")


def test_a_value_is_asked_for_at_a_terminal(folder: Path) -> None:
    with at_terminal(gitopskit("seal", "raw", *_PLACE), cwd=folder) as terminal:
        terminal.answer("value: ", _VALUE)
        terminal.answer("the same again: ", _VALUE)
        code = terminal.end()

        assert code == 0
        assert _opened(terminal.shown.rpartition("\n")[2], "shop/db") == _VALUE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-n", "shop"], "must provide the --name flag with --raw and --scope strict"),
        (["--name", "db"], "must provide the --namespace flag with --raw and --scope strict"),
        (
            ["--scope", "namespace-wide"],
            "must provide the --namespace flag with --raw and --scope namespace-wide",
        ),
        (["-n", "a b"], "the namespace of the Secret"),
        (["--name", "A", "-n", "a"], "the name of the Secret"),
        (["--scope", "cluster-wide", _VALUE], "there are more arguments than the command takes"),
        (["--scope", "cluster-wide"], "the value is empty"),
        (
            ["--scope", "cluster-wide", "--from-file", "large"],
            "the values are larger than 1 MiB together",
        ),
        (
            ["--scope", "cluster-wide", "--generate", "tls:host=a.example.com"],
            "this generator makes several values: tls.crt, tls.key",
        ),
    ],
    ids=[
        "no name",
        "no namespace",
        "no namespace for its scope",
        "no usable namespace",
        "no usable name",
        "value as an argument",
        "empty",
        "too large",
        "several values",
    ],
)
def test_what_cannot_be_sealed_is_told_in_kubeseals_words(
    folder: Path,
    type_in: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    (folder / "large").write_bytes(bytes(1024 * 1024 + 1))
    type_in("")

    code = app.run(["seal", "raw", "--cert", "tls.crt", *arguments])

    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert shown.err.startswith(f"gitopskit: error: {said}")
    assert _VALUE not in shown.err


@pytest.mark.usefixtures("folder")
def test_an_empty_value_is_sealed_where_it_is_meant(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    type_in("")

    assert app.run(["seal", "raw", *_PLACE, "--allow-empty"]) == 0

    assert _opened(capsys.readouterr().out, "shop/db") == ""
