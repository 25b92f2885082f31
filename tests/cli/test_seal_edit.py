"""`gitopskit seal edit` without an editor: item by item, on a terminal."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.editing import opened
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from pathlib import Path

_VALUE: Final = "correct-horse-battery"
_FILE: Final = "sealed.yaml"
_ITEMS: Final = {"password": "hunter2", "user": "ann"}
_EDIT: Final = gitopskit("seal", "edit", _FILE, "--cert", "tls.crt")
_ADD: Final = "name of an item to add, Enter for none: "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a sealed file, a private key and its certificate."""
    write_pair(sealing_pair(), tmp_path)
    (tmp_path / _FILE).write_text(f"# kept\n{sealed_manifest(_ITEMS)}")
    return tmp_path


def _lines(folder: Path) -> list[str]:
    return (folder / _FILE).read_text().splitlines()


def test_enter_keeps_and_a_value_replaces(folder: Path) -> None:
    before = _lines(folder)

    with at_terminal(_EDIT, cwd=folder) as terminal:
        terminal.expect("SealedSecret/shop/db: type a new value, or press Enter to keep one")
        terminal.answer("password: ", _VALUE)
        terminal.answer("the same again: ", _VALUE)
        terminal.answer("user: ", "")
        terminal.answer(_ADD, "")
        terminal.expect("SealedSecret/shop/db: password replaced")
        assert terminal.end() == 0
        assert _VALUE not in terminal.shown

    after = _lines(folder)
    assert [one == other for one, other in zip(before, after, strict=True)].count(False) == 1
    assert opened((folder / _FILE).read_text()) == _ITEMS | {"password": _VALUE}


def test_items_are_added_under_keys_that_a_secret_can_have(folder: Path) -> None:
    with at_terminal(_EDIT, cwd=folder) as terminal:
        terminal.answer("password: ", "")
        terminal.answer("user: ", "")
        terminal.answer(_ADD, "a key")
        terminal.expect("a Secret cannot have this key")
        terminal.answer(_ADD, "user")
        terminal.expect("there is such an item already")
        terminal.answer(_ADD, "token")
        terminal.answer("token: ", "")
        terminal.expect("the value is empty")
        terminal.answer("token: ", _VALUE)
        terminal.answer("the same again: ", _VALUE)
        terminal.answer(_ADD, "")
        terminal.expect("token added")
        assert terminal.end() == 0

    assert opened((folder / _FILE).read_text()) == _ITEMS | {"token": _VALUE}


def test_nothing_is_written_where_everything_is_kept(folder: Path) -> None:
    before = (folder / _FILE).stat()

    with at_terminal(_EDIT, cwd=folder) as terminal:
        terminal.answer("password: ", "")
        terminal.answer("user: ", "")
        terminal.answer(_ADD, "")
        terminal.expect("nothing to write")
        assert terminal.end() == 0

    after = (folder / _FILE).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_with_the_private_key_an_equal_value_is_no_change(folder: Path) -> None:
    before = (folder / _FILE).read_text()

    with at_terminal([*_EDIT, "--private-key", "tls.key"], cwd=folder) as terminal:
        terminal.answer("password: ", "hunter2")
        terminal.answer("the same again: ", "hunter2")
        terminal.answer("user: ", "")
        terminal.answer(_ADD, "")
        terminal.expect("password unchanged; nothing to write")
        assert terminal.end() == 0

    assert (folder / _FILE).read_text() == before


@pytest.mark.parametrize("question", ["password: ", "the same again: ", _ADD])
def test_giving_up_at_any_question_writes_nothing(folder: Path, question: str) -> None:
    before = (folder / _FILE).read_text()

    with at_terminal(_EDIT, cwd=folder) as terminal:
        for asked, answer in (
            ("password: ", _VALUE),
            ("the same again: ", _VALUE),
            ("user: ", ""),
            (_ADD, ""),
        ):
            if asked == question:
                break
            terminal.answer(asked, answer)
        terminal.expect(question)
        terminal.interrupt()

        assert (terminal.end(), terminal.echoes) == (130, True)
    assert (folder / _FILE).read_text() == before


def test_without_a_terminal_another_way_is_told(folder: Path) -> None:
    done = subprocess.run(
        _EDIT, cwd=folder, capture_output=True, check=False, text=True, start_new_session=True
    )

    assert done.returncode == 2
    assert done.stderr == (
        "gitopskit: error: there is no terminal to ask on\n"
        "gitopskit: hint: use `gitopskit seal set`, which also takes values from files\n"
    )
