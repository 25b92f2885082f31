"""Replacing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

_PUBLIC_MODE = 0o644
_PRIVATE_MODE = 0o600


def replace_file(path: Path, content: bytes, *, is_private: bool = False) -> None:
    """Write a file through a temporary one in its folder, synced and renamed into place.

    An existing file keeps its mode; a new one gets 0644. ``is_private`` makes it 0600 from the
    first byte on. A symbolic link is followed, so that the link stays.

    Raises:
        OSError: the folder does not exist or may not be written; the old content is then kept.
    """
    target = Path(os.path.realpath(path))
    mode = _PRIVATE_MODE if is_private else _mode_of(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    _sync_folder(target.parent)


def _mode_of(target: Path) -> int:
    try:
        return target.stat().st_mode & 0o777
    except FileNotFoundError:
        return _PUBLIC_MODE


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
