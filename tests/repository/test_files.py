"""A file is replaced whole or not at all."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gitopskit.errors import ChangedMeanwhile
from gitopskit.repository.files import remove_leftovers, replace_file


def test_a_new_file_can_be_read_by_all(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", b"one")

    assert (tmp_path / "a").read_bytes() == b"one"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_an_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    path.chmod(0o640)

    replace_file(path, b"two")

    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_private_file_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    replace_file(tmp_path / "key", b"one", is_private=True)

    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")

    replace_file(tmp_path / "link", b"one")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_bytes() == b"one"


def test_a_failed_replacement_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "a", b"one")

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_pipe_stays_one(tmp_path: Path) -> None:
    """A rename over a pipe or a device, /dev/null for example, would destroy it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(OSError, match="no ordinary file"):
        replace_file(pipe, b"one", is_private=True)

    assert pipe.is_fifo()


def test_a_file_that_is_still_as_expected_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")

    replace_file(path, b"two", expected=b"one")

    assert path.read_bytes() == b"two"


@pytest.mark.parametrize("found", [b"somebody else's", None], ids=["changed", "gone"])
def test_what_somebody_else_wrote_meanwhile_is_kept(tmp_path: Path, found: bytes | None) -> None:
    path = tmp_path / "a"
    if found is not None:
        path.write_bytes(found)

    with pytest.raises(ChangedMeanwhile):
        replace_file(path, b"two", expected=b"one")

    assert [each.read_bytes() for each in tmp_path.iterdir()] == ([] if found is None else [found])


@pytest.mark.parametrize("is_link", [False, True], ids=["file", "link-to-nothing"])
def test_a_new_file_replaces_nothing(tmp_path: Path, *, is_link: bool) -> None:
    path = tmp_path / "a"
    if is_link:
        path.symlink_to(tmp_path / "nothing")
    else:
        path.write_bytes(b"one")

    with pytest.raises(ChangedMeanwhile):
        replace_file(path, b"two", is_new=True)

    assert list(tmp_path.iterdir()) == [path]
    assert path.is_symlink() or path.read_bytes() == b"one"


def test_a_new_file_is_private_where_that_is_asked_for(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", b"one", is_private=True, is_new=True)

    assert (tmp_path / "a").read_bytes() == b"one"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_file_with_the_longest_name_there_can_be_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)

    replace_file(path, b"one")

    assert path.read_bytes() == b"one"


def test_what_a_killed_process_left_behind_is_removed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal\n"
        "from gitopskit.repository import files\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.replace_file(pathlib.Path('db.yaml'), b'half of it')\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False)
    left = [path.name for path in tmp_path.iterdir()]

    remove_leftovers(tmp_path)

    assert len(left) == 1
    assert re.fullmatch(r"\.gitopskit-\w{8}\.tmp", left[0])
    assert list(tmp_path.iterdir()) == []


def test_what_a_living_process_is_writing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def meanwhile(_descriptor: int) -> None:
        remove_leftovers(tmp_path)
        seen.append(len(list(tmp_path.iterdir())))

    monkeypatch.setattr(os, "fsync", meanwhile)

    replace_file(tmp_path / "a", b"one")

    assert seen[0] == 1
    assert (tmp_path / "a").read_bytes() == b"one"


def test_only_files_of_our_name_are_removed(tmp_path: Path) -> None:
    kept = [".gitopskit", ".gitopskit-x.tmp", ".db.yaml.swp", "gitopskit-01234567.tmp"]
    for name in kept:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / ".gitopskit-aaaaaaaa.tmp").symlink_to(tmp_path / "gitopskit-01234567.tmp")
    (tmp_path / ".gitopskit-bbbbbbbb.tmp").mkdir()

    remove_leftovers(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {
        *kept,
        ".gitopskit-aaaaaaaa.tmp",
        ".gitopskit-bbbbbbbb.tmp",
    }
