"""Files that are planned first, and then written: all of them or none."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ChangedMeanwhile, InputError
from gitopskit.sealedfiles.planned_file import PlannedFile, content_of, write_planned

if TYPE_CHECKING:
    from pathlib import Path


def _planned(path: Path, text: str) -> PlannedFile:
    return PlannedFile(path=path, before=content_of(path), text=text)


def test_new_and_old_files_get_their_text(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("a")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "empty").touch()
    files = [_planned(tmp_path / name, f"{name}\n") for name in ("old", "empty", "new")]

    written = write_planned(files)

    assert [file.path.name for file in written] == ["old", "empty", "new"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "old": "old\n",
        "empty": "empty\n",
        "new": "new\n",
    }
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o640


def test_a_file_that_stays_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "same"
    path.write_text("a")
    before = path.stat()

    written = write_planned([_planned(path, "a")])

    assert written == ()
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("theirs", [b"theirs", None], ids=["changed", "gone"])
def test_a_file_that_changed_meanwhile_keeps_all_from_being_written(
    tmp_path: Path, theirs: bytes | None
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    second.write_text("a")
    files = [_planned(first, "new"), _planned(second, "new")]
    if theirs is None:
        second.unlink()
    else:
        second.write_bytes(theirs)

    with pytest.raises(ChangedMeanwhile):
        write_planned(files)

    assert not first.exists()
    assert content_of(second) == theirs


def test_what_was_written_is_taken_back_where_a_later_file_cannot_be(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("a")
    files = [_planned(old, "b"), _planned(new, "b"), _planned(new, "c")]

    with pytest.raises(ChangedMeanwhile):
        write_planned(files)

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old": "a"}


class _Interrupting(str):
    """A text at which somebody presses Control-C, the first time that it is written."""

    __slots__ = ("_is_told",)

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        if not hasattr(self, "_is_told"):
            self._is_told = True
            raise KeyboardInterrupt
        return super().encode(encoding, errors)


def test_an_interruption_leaves_everything_as_it_was(tmp_path: Path) -> None:
    old, new, last = tmp_path / "old", tmp_path / "new", tmp_path / "last"
    old.write_text("a")
    files = [_planned(old, "b"), _planned(new, "b"), _planned(last, _Interrupting("b"))]

    with pytest.raises(KeyboardInterrupt):
        write_planned(files)

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old": "a"}


def test_what_somebody_else_wrote_meanwhile_is_not_taken_back(tmp_path: Path) -> None:
    class Overwriting(_Interrupting):
        def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
            if not hasattr(self, "_is_told"):
                old.write_text("theirs")
            return super().encode(encoding, errors)

    old = tmp_path / "old"
    old.write_text("a")
    files = [_planned(old, "b"), _planned(tmp_path / "last", Overwriting("b"))]

    with pytest.raises(KeyboardInterrupt):
        write_planned(files)

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old": "theirs"}


def test_a_link_and_a_file_without_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    with pytest.raises(InputError, match="a link"):
        content_of(tmp_path / "link")
    with pytest.raises(InputError, match="the folder of the file does not exist"):
        content_of(tmp_path / "none" / "file")
    with pytest.raises(InputError, match="cannot be a file: File name too long"):
        content_of(tmp_path / ("x" * 300))
