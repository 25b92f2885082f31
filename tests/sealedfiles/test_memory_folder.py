"""Which folders are proven to lie in memory, and what is left of a private one: nothing."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import EnvironmentFault
from gitopskit.sealedfiles.memory_folder import (
    Mount,
    is_in_memory,
    memory_place,
    private_folder,
    read_mounts,
    write_private,
)
from tests.support.editing import needs_memory

if TYPE_CHECKING:
    from collections.abc import Callable

_TABLE = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
25 24 0:23 / /dev/shm rw,relatime shared:4 master:1 - tmpfs tmpfs rw,size=24684084k
31 27 0:31 /sub /mnt/with\040space\134 rw - ramfs none rw
a line that is none of them
"""


def _mount(point: Path | str, kind: str = "tmpfs", *, device: int = -1) -> Mount:
    return Mount(point=Path(point), type=kind, device=device)


def _here(point: Path | str, folder: Path, kind: str = "tmpfs") -> Mount:
    return _mount(point, kind, device=folder.stat().st_dev)


def test_the_kernels_table_is_read() -> None:
    assert read_mounts(_TABLE) == [
        _mount("/proc", "proc", device=os.makedev(0, 21)),
        _mount("/", "ext4", device=os.makedev(254, 0)),
        _mount("/dev/shm", "tmpfs", device=os.makedev(0, 23)),  # noqa: S108 -- a text
        _mount("/mnt/with space\\", "ramfs", device=os.makedev(0, 31)),
    ]


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        (lambda top: [_here("/", top)], True),
        (lambda top: [_here("/", top, "ramfs")], True),
        (lambda top: [_here("/", top, "ext4")], False),
        (lambda top: [_here("/", top, "devtmpfs")], False),
        (lambda _: [_mount("/")], False),
        (lambda top: [_here(top.parent / "other", top)], False),
        (lambda top: [_here(f"{top}x", top)], False),
        (lambda top: [_here("/", top, "ext4"), _here(top, top)], True),
        (lambda top: [_here(top, top), _here("/", top, "ext4")], True),
        (lambda top: [_here("/", top), _here(top, top, "ext4")], False),
        (lambda top: [_here(top, top, "ext4"), _here(top, top)], True),
        (lambda top: [_here(top, top), _here(top, top, "ext4")], False),
        (lambda _: [], False),
    ],
    ids=[
        "tmpfs",
        "ramfs",
        "disk",
        "devices",
        "another device",
        "elsewhere",
        "a name that begins alike",
        "the deepest counts",
        "the deepest counts in any order",
        "a disk in memory",
        "the last at one place counts",
        "hidden by a disk",
        "no mounts",
    ],
)
def test_memory_is_what_the_deepest_mount_and_the_device_say(
    tmp_path: Path, mounts: Callable[[Path], list[Mount]], *, expected: bool
) -> None:
    assert is_in_memory(tmp_path, mounts(tmp_path)) is expected


def test_a_link_is_judged_by_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    mounts = [_here(tmp_path / "link", tmp_path), _here(tmp_path / "disk", tmp_path, "ext4")]

    assert not is_in_memory(tmp_path / "link", mounts)


def _table(tmp_path: Path) -> Path:
    """Return a table that says that everything on this device is in memory."""
    device = tmp_path.stat().st_dev
    table = tmp_path / "mountinfo"
    table.write_text(f"1 1 {os.major(device)}:{os.minor(device)} / / rw - tmpfs tmpfs rw\n")
    return table


def test_the_first_folder_that_can_be_used_is_taken(tmp_path: Path) -> None:
    table = _table(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    candidates = [tmp_path / "missing", table, tmp_path / "one", tmp_path / "two"]

    assert memory_place(candidates, table=table) == tmp_path / "one"
    assert memory_place(candidates, table=tmp_path / "missing") is None
    assert memory_place([], table=table) is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_somebody_elses_folder_is_taken_only_where_they_cannot_remove_ours(tmp_path: Path) -> None:
    table = _table(tmp_path)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o777)
    os.chown(theirs, 65534, 65534)

    assert memory_place([theirs], table=table) is None
    theirs.chmod(0o1777)
    assert memory_place([theirs], table=table) == theirs


@needs_memory
def test_shared_memory_is_memory_and_the_kernels_own_folders_are_not() -> None:
    shared = Path("/dev/shm")  # noqa: S108 -- what the program itself looks for

    assert memory_place([Path("/proc/self"), Path("/dev"), shared]) == shared


def test_a_private_folder_and_its_files_are_for_their_owner(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with private_folder(tmp_path) as folder:
            write_private(folder / "values", b"hunter2")

            assert folder.parent == tmp_path
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert stat.S_IMODE((folder / "values").stat().st_mode) == 0o600
            assert (folder / "values").read_bytes() == b"hunter2"
    finally:
        os.umask(old)

    assert list(tmp_path.iterdir()) == []


def test_what_was_in_a_private_folder_is_overwritten_before_it_is_removed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"hunter2")
    with private_folder(tmp_path) as folder:
        (folder / "below").mkdir()
        for name in ("values", "below/.values.swp"):
            write_private(folder / name, b"hunter2")
            (tmp_path / Path(name).name).hardlink_to(folder / name)
        (folder / "link").symlink_to(tmp_path / "outside")
        os.mkfifo(folder / "pipe")

    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert left == {"values": bytes(7), ".values.swp": bytes(7), "outside": b"hunter2"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_a_private_folder_is_gone_after_any_error(
    tmp_path: Path, error: type[BaseException]
) -> None:
    def fail() -> None:
        with private_folder(tmp_path) as folder:
            write_private(folder / "values", b"hunter2")
            raise error

    with pytest.raises(error):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_a_signal_waits_until_a_private_folder_is_gone(tmp_path: Path) -> None:
    """The pending signal is delivered when the mask is lifted, which is after the removal."""

    def interrupted() -> None:
        with private_folder(tmp_path) as folder:
            write_private(folder / "values", b"hunter2")
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            os.kill(os.getpid(), signal.SIGINT)
        assert list(tmp_path.iterdir()) == []
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

    with pytest.raises(KeyboardInterrupt):
        interrupted()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(EnvironmentFault, match="cannot make a folder: No such file"),
        private_folder(tmp_path / "missing"),
    ):
        pass


def test_a_file_that_is_there_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "values").symlink_to("elsewhere")

    with pytest.raises(EnvironmentFault, match="cannot write the file: File exists"):
        write_private(tmp_path / "values", b"hunter2")


@pytest.mark.skipif(os.getuid() == 0, reason="root may remove everything")
def test_what_is_left_of_a_private_folder_is_told(tmp_path: Path) -> None:
    def lock() -> None:
        with private_folder(tmp_path) as folder:
            write_private(folder / "values", b"hunter2")
            tmp_path.chmod(0o500)

    with pytest.raises(EnvironmentFault, match="plaintext is left behind") as caught:
        lock()

    tmp_path.chmod(0o700)
    assert list(Path(caught.value.where).iterdir()) == []
