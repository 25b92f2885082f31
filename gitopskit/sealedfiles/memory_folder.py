"""A folder for plaintext that must not reach a disk: in memory, for its owner, and wiped.

Owns the proof that a folder lies in memory: the kernel's table of mounts says so, and the device
of the folder is the one that the table names. Memory may still be swapped out. Start at
``memory_place`` and ``private_folder``.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOUNTS: Final = Path("/proc/self/mountinfo")
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_PRIVATE_FILE: Final = 0o600
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_LINE: Final = re.compile(
    r"\d+ \d+ (?P<major>\d+):(?P<minor>\d+) \S+ (?P<point>\S+) \S+ (?:\S+ )*?- (?P<type>\S+) .*"
)
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")
"""Spaces and the like in a path. Source: proc_pid_mountinfo(5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of the kernel's table: where, of which type, and the device as ``stat`` has it."""

    point: Path
    type: str
    device: int


def read_mounts(table: str) -> list[Mount]:
    """Return the mounts in a text in the form of ``/proc/self/mountinfo``, in its order."""
    return [
        Mount(
            point=Path(_ESCAPE.sub(lambda escape: chr(int(escape[1], 8)), found["point"])),
            type=found["type"],
            device=os.makedev(int(found["major"]), int(found["minor"])),
        )
        for found in map(_LINE.fullmatch, table.splitlines())
        if found is not None
    ]


def is_in_memory(folder: Path, mounts: Iterable[Mount]) -> bool:
    """Whether a folder is proven to lie in memory.

    Of the mounts above it the deepest counts, of several at one place the last. Where another one
    hides it, the devices differ, and nothing is proven.
    """
    real = Path(os.path.realpath(folder))
    above = [mount for mount in mounts if real.is_relative_to(mount.point)]
    if not above:
        return False
    *_, own = sorted(above, key=lambda mount: len(mount.point.parts))
    return own.type in _IN_MEMORY and own.device == real.stat().st_dev


def memory_place(candidates: Iterable[Path], *, table: Path = MOUNTS) -> Path | None:
    """Return the first folder that lies in memory and that we may use, or None.

    Somebody else's folder is taken only where nobody can remove what others put there.
    """
    try:
        mounts = read_mounts(table.read_text(errors="surrogateescape"))
    except OSError:
        return None
    return next(
        (each for each in candidates if _is_usable(each) and is_in_memory(each, mounts)), None
    )


@contextmanager
def private_folder(place: Path) -> Iterator[Path]:
    """Make a folder for its owner only, and wipe and remove it at the end, whatever happens.

    Raises:
        EnvironmentFault: it cannot be made, or something of it is left.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="gitopskit-", dir=place))
    except OSError as error:
        raise EnvironmentFault(
            f"cannot make a folder: {error.strerror}",
            where=str(place),
            hint="check that it may be written, and that it is not full",
        ) from error
    try:
        yield folder
    finally:
        _wipe(folder)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that its owner only may read.

    Raises:
        EnvironmentFault: it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the file: {error.strerror}",
            where=str(path),
            hint="check that there is room in the folder",
        ) from error


def _is_usable(folder: Path) -> bool:
    try:
        state = folder.stat()
    except OSError:
        return False
    is_safe = state.st_uid == os.getuid() or bool(state.st_mode & stat.S_ISVTX)
    return stat.S_ISDIR(state.st_mode) and is_safe and os.access(folder, os.W_OK | os.X_OK)


def _wipe(folder: Path) -> None:
    """Overwrite and remove all that is in a folder, and itself; signals wait until that is done."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        for root, _, names in os.walk(folder):
            for name in names:
                _overwrite(Path(root, name))
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    if folder.exists():
        raise EnvironmentFault(
            "plaintext is left behind and cannot be removed",
            where=str(folder),
            hint="remove the folder now",
        )


def _overwrite(path: Path) -> None:
    """Put zeros over a file, as far as that is possible; what a link points to is let alone."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "wb") as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                file.write(bytes(os.fstat(descriptor).st_size))
                file.flush()
                os.fsync(descriptor)
