"""Cleaner: removes what is cached of repositories that nobody follows any more.

Blocking; call it from a thread. What another thread or process works in just now stays, and no
link is followed: what is a link, nobody here made.
"""

from __future__ import annotations

import fcntl
import math
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from gitopskit.clock import Clock

LOCK: Final = "lock"
"""The file in the folder of a mirror that its user locks, and touches with each use."""

UNFINISHED: Final = ".new-"
"""How the names of folders begin that are still being filled."""

UNUSED_SECONDS: Final = 600.0
"""How long somebody may still be reading a snapshot, see SnapshotCache."""

_GOING: Final = ".going-"
SNAPSHOTS: Final = "snapshots"
"""Where in the folder of a mirror the files of its revisions lie."""

_PACKS: Final = ("mirror.git", "objects", "pack")
_TRANSFERS: Final = "tmp_*"
_BLOCK_BYTES: Final = 512


class Cleaner:
    """Cleans one folder of mirrors from time to time."""

    def __init__(self, cache_dir: Path, *, clock: Clock) -> None:
        """Keep where the mirrors are; the first cleaning is due later, when users are known."""
        self._cache_dir = cache_dir
        self._clock = clock
        self._due_at_seconds = clock.monotonic_seconds() + UNUSED_SECONDS
        self._is_swept = False

    def clean(self, used: Collection[str]) -> int:
        """Remove the folders that are not used, by their names; return how many, 0 if not due."""
        if not self._is_swept:
            self._is_swept = True
            self._sweep()
        now_seconds = self._clock.monotonic_seconds()
        if now_seconds < self._due_at_seconds:
            return 0
        self._due_at_seconds = now_seconds + UNUSED_SECONDS
        unused = [folder for folder in self.folders() if folder.name not in used]
        return sum(self.remove(folder, after_seconds=UNUSED_SECONDS) for folder in unused)

    def folders(self) -> list[Path]:
        """Return the folders that are there, unfinished ones too."""
        return _folders(self._cache_dir)

    def remove(self, folder: Path, *, after_seconds: float = -math.inf) -> bool:
        """Remove a folder that nobody works in, and that was not used for so long.

        Tell whether it was one, and is gone.
        """
        if folder.name.startswith(_GOING):
            shutil.rmtree(folder, ignore_errors=True)
            return False
        going = folder.with_name(_GOING + folder.name)
        is_gone = False
        with _held(folder) as used_at_seconds:
            if used_at_seconds is not None and self._now() - used_at_seconds >= after_seconds:
                folder.rename(going)
                is_gone = True
        shutil.rmtree(going, ignore_errors=True)
        return is_gone

    def remove_snapshot(self, root: Path, *, after_seconds: float) -> None:
        """Remove the files of a revision of a mirror, unless they were used since."""
        going = root.with_name(UNFINISHED + root.name)
        with _held(root.parent.parent) as used_at_seconds:
            is_unused = self._now() - changed_at_seconds(root) >= after_seconds
            if used_at_seconds is not None and is_unused:
                root.rename(going)
        shutil.rmtree(going, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what somebody left behind who was killed."""
        for folder in self.folders():
            if folder.name.startswith(_GOING):
                self.remove(folder)
            elif folder.name.startswith(UNFINISHED):
                self._remove_unfinished(folder)
            else:
                _sweep_mirror(folder)

    def _remove_unfinished(self, folder: Path) -> None:
        """Remove a folder that nobody fills any more: its lock went with whoever held it."""
        if (folder / LOCK).is_file():
            self.remove(folder)
        elif self._now() - folder.lstat().st_mtime >= UNUSED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)

    def _now(self) -> float:
        return self._clock.now_utc().timestamp()


def changed_at_seconds(path: Path) -> float:
    """Return when a folder, or the lock of one, was last used; 0 where it is not there."""
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def snapshots_of(mirror: Path) -> list[Path]:
    """Return the folders with files of revisions that a mirror has, none that is unfinished."""
    found = _folders(mirror / SNAPSHOTS)
    return [root for root in found if not root.name.startswith(UNFINISHED)]


def measure(folder: Path, *, but: str = "") -> int:
    """Return how much of the disk a folder takes; one folder in it may be left out.

    Links are not followed. A file that several folders share counts in each for its part. What
    goes meanwhile counts nothing.
    """
    size = 0
    entries = list(_scanned(str(folder)))
    while entries:
        entry = entries.pop()
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                entries.extend(_scanned(entry.path) if entry.name != but else ())
            elif entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                size += found.st_blocks * _BLOCK_BYTES // max(1, found.st_nlink)
    return size


def _sweep_mirror(mirror: Path) -> None:
    with _held(mirror) as used_at_seconds:
        if used_at_seconds is None:
            return
        for root in _folders(mirror / SNAPSHOTS):
            if root.name.startswith(UNFINISHED):
                shutil.rmtree(root, ignore_errors=True)
        packs = mirror
        for name in _PACKS:
            packs /= name
            if packs.is_symlink():
                return
        for transfer in packs.glob(_TRANSFERS):
            transfer.unlink(missing_ok=True)


def _folders(parent: Path) -> list[Path]:
    """Return the folders in a folder; links to folders are none."""
    if parent.is_symlink() or not parent.is_dir():
        return []
    return [it for it in parent.iterdir() if it.is_dir() and not it.is_symlink()]


@contextmanager
def _held(folder: Path) -> Iterator[float | None]:
    """Yield when a folder was last used, and lock it meanwhile; None if somebody works in it.

    What cannot be done with it for want of rights or room is left for another time.
    """
    descriptor = -1
    used_at_seconds: float | None = None
    with suppress(OSError):
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        used_at_seconds = os.fstat(descriptor).st_mtime
    try:
        with suppress(OSError):
            yield used_at_seconds
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _scanned(folder: str) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as found:
        return list(found)
    return []
