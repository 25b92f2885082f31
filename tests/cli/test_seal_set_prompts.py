"""`gitopskit seal set` in front of a person: the value is typed, twice, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.support.editing import opened
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from pathlib import Path

_VALUE: Final = "correct-horse-battery"
_FILE: Final = "sealed.yaml"
_CERT: Final = ("--cert", "tls.crt")
_ITEMS: Final = {"password": "hunter2", "user": "ann"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a sealed file, a private key and its certificate."""
    write_pair(sealing_pair(), tmp_path)
    (tmp_path / _FILE).write_text(sealed_manifest(_ITEMS))
    return tmp_path


def test_a_value_is_asked_for_twice_and_not_shown(folder: Path) -> None:
    with at_terminal(gitopskit("seal", "set", _FILE, "password", *_CERT), cwd=folder) as terminal:
        terminal.answer("password: ", _VALUE)
        terminal.answer("the same again: ", "something else")
        terminal.expect("the two are not the same")
        terminal.answer("password: ", f"{_VALUE}x\x7f")
        terminal.answer("the same again: ", f"typo\x15{_VALUE}")
        code = terminal.end()

        assert (code, terminal.echoes) == (0, True)
        assert _VALUE not in terminal.shown
    assert opened((folder / _FILE).read_text()) == _ITEMS | {"password": _VALUE}


def test_a_value_is_asked_for_where_standard_input_is_the_file(folder: Path) -> None:
    argv = gitopskit("seal", "set", "-", "password", *_CERT)
    with (
        (folder / _FILE).open() as given,
        (folder / "out").open("w") as out,
        at_terminal(argv, cwd=folder, stdin=given.fileno(), stdout=out.fileno()) as terminal,
    ):
        terminal.answer("password: ", _VALUE)
        terminal.answer("the same again: ", _VALUE)
        assert terminal.end() == 0

    assert opened((folder / "out").read_text()) == _ITEMS | {"password": _VALUE}


def test_a_long_line_is_not_cut(folder: Path) -> None:
    value = "x" * 20_000
    with at_terminal(gitopskit("seal", "set", _FILE, "password", *_CERT), cwd=folder) as terminal:
        terminal.answer("password: ", value)
        terminal.answer("the same again: ", value)
        assert terminal.end() == 0

    assert opened((folder / _FILE).read_text())["password"] == value


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ("\x03", 130, ""),
        ("\x04", 130, ""),
        ("\r", 2, "error: the value is empty"),
        ("-----BEGIN KEY-----\rtouch stolen\r", 2, "is more than one line"),
        ("ab\x1b[A\r", 2, "holds control characters"),
        ("ab\x1a\r", 2, "holds control characters"),
        ("ab\x1c\r", 2, "holds control characters"),
    ],
    ids=["Ctrl-C", "Ctrl-D", "nothing", "several lines", "arrow key", "Ctrl-Z", "Ctrl-backslash"],
)
def test_what_is_no_value_writes_nothing_and_leaves_the_terminal_as_it_was(
    folder: Path, keys: str, code: int, said: str
) -> None:
    before = (folder / _FILE).read_text()
    with at_terminal(gitopskit("seal", "set", _FILE, "password", *_CERT), cwd=folder) as terminal:
        terminal.expect("password: ")
        assert not terminal.echoes
        terminal.type(keys)
        terminal.expect(said)

        assert terminal.end() == code
        assert (terminal.echoes, terminal.rest()) == (True, b"")
    assert (folder / _FILE).read_text() == before


def test_a_signal_at_a_hidden_prompt_leaves_the_terminal_as_it_was(folder: Path) -> None:
    with at_terminal(gitopskit("seal", "set", _FILE, "password", *_CERT), cwd=folder) as terminal:
        terminal.expect("password: ")
        terminal.child.terminate()

        assert (terminal.end(), terminal.echoes) == (130, True)


def test_what_changed_while_the_value_was_asked_for_is_kept(folder: Path) -> None:
    with at_terminal(gitopskit("seal", "set", _FILE, "password", *_CERT), cwd=folder) as terminal:
        terminal.answer("password: ", _VALUE)
        terminal.expect("the same again: ")
        (folder / _FILE).write_text("# somebody else's\n")
        terminal.type(f"{_VALUE}\r")
        terminal.expect("error: the file was changed by somebody else meanwhile")
        assert terminal.end() == 4

    assert (folder / _FILE).read_text() == "# somebody else's\n"
