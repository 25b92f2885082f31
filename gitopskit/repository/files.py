"""Replacing a file whole or not at all.

The new content is first written beside the file, as ``.gitopskit-XXXXXXXX.tmp``: a name that
nothing takes for a manifest. A kill may leave such a file behind; ``remove_leftovers`` removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from gitopskit.errors import ChangedMeanwhile

_PUBLIC_MODE = 0o644
_PRIVATE_MODE = 0o600
_PREFIX: Final = ".gitopskit-"
_SUFFIX: Final = ".tmp"


def replace_file(
    path: Path,
    content: bytes,
    *,
    is_private: bool = False,
    is_new: bool = False,
    expected: bytes | None = None,
) -> None:
    """Write a file through a temporary one in its folder, synced and renamed into place.

    An existing file keeps its mode; a new one gets 0644. ``is_private`` makes it 0600 from the
    first byte on. A symbolic link is followed, so that the link stays. A device or a pipe is
    refused: renaming over it would leave an ordinary file in its place. ``expected`` is what the
    file must still hold just before it is replaced: what somebody else wrote since is kept.
    ``is_new`` replaces nothing at all, however late it came.

    Raises:
        ChangedMeanwhile: the file holds something else than ``expected``, or is gone, or is there
            and should be new.
        OSError: the folder does not exist or may not be written, or the path is a device or a
            pipe; what was there is then kept.
    """
    target = Path(os.path.realpath(path))
    old_mode = _mode_of(target)
    mode = _PRIVATE_MODE if is_private else old_mode
    descriptor, temporary = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _lock(file.fileno())
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
            if expected is not None:
                _require_unchanged(target, expected)
            if is_new:
                _claim(path)
            Path(temporary).replace(path if is_new else target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    _sync_folder(target.parent)


def try_to_write(path: Path) -> None:
    """Make a file beside one that is to be made, and take it away: so that one can be, too.

    Raises:
        OSError: the folder does not exist or may not be written.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=path.parent)
    os.close(descriptor)
    Path(temporary).unlink()


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that killed processes left in a folder.

    Those of living processes are locked and stay, as does what may not be removed.
    """
    for path in folder.glob(f"{_PREFIX}????????{_SUFFIX}"):
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if _lock(descriptor):
                    path.unlink()
            finally:
                os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock a file until it is closed, by a kill at the latest; tell whether that could be done."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _require_unchanged(target: Path, expected: bytes) -> None:
    try:
        is_unchanged = target.read_bytes() == expected
    except FileNotFoundError:
        is_unchanged = False
    if not is_unchanged:
        raise ChangedMeanwhile(
            "the file was changed by somebody else meanwhile, and is left as it is",
            where=str(target),
            hint="look at the change, then run the command again",
        )


def _claim(path: Path) -> None:
    """Take a name that nobody has, so that what is renamed to it replaces nothing of others."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_MODE))
    except FileExistsError as error:
        raise ChangedMeanwhile(
            "a file of this name was made meanwhile, and is left as it is",
            where=str(path),
            hint="choose another name, and run the command again",
        ) from error


def _mode_of(target: Path) -> int:
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return _PUBLIC_MODE
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "this is no ordinary file", str(target))
    return mode & 0o777


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
