"""Cleaner: removes what is cached of repositories that nobody follows any more.

Blocking; call it from a thread. What another thread or process works in just now stays.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from gitopskit.clock import Clock

LOCK: Final = "lock"
"""The file in the folder of a mirror that its user locks, and touches with each use."""

_UNUSED_SECONDS: Final = 600.0
"""How long somebody may still be reading a snapshot, see SnapshotCache."""

_GOING: Final = ".going-"


class Cleaner:
    """Cleans one folder of mirrors from time to time."""

    def __init__(self, cache_dir: Path, *, clock: Clock) -> None:
        """Keep where the mirrors are; the first cleaning is due later, when users are known."""
        self._cache_dir = cache_dir
        self._clock = clock
        self._due_at_seconds = clock.monotonic_seconds() + _UNUSED_SECONDS

    def clean(self, used: Collection[str]) -> int:
        """Remove the folders that are not used, by their names; return how many, 0 if not due."""
        now_seconds = self._clock.monotonic_seconds()
        if now_seconds < self._due_at_seconds:
            return 0
        self._due_at_seconds = now_seconds + _UNUSED_SECONDS
        if not self._cache_dir.is_dir():
            return 0
        unused = [folder for folder in self._cache_dir.iterdir() if folder.name not in used]
        return sum(map(self._remove, unused))

    def _remove(self, folder: Path) -> bool:
        if folder.name.startswith(_GOING):
            shutil.rmtree(folder, ignore_errors=True)
            return False
        with suppress(OSError):
            descriptor = os.open(folder / LOCK, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._was_used(descriptor):
                    return False
                going = folder.with_name(_GOING + folder.name)
                folder.rename(going)
            finally:
                os.close(descriptor)
            shutil.rmtree(going, ignore_errors=True)
            return True
        return False

    def _was_used(self, descriptor: int) -> bool:
        age_seconds = self._clock.now_utc().timestamp() - os.fstat(descriptor).st_mtime
        return age_seconds < _UNUSED_SECONDS
