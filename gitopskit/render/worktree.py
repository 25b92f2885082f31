"""Which files a folder on this machine may refer to: those of the work tree that it lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import RenderFailed

if TYPE_CHECKING:
    from pathlib import Path

_MARKS_OF_A_ROOT: Final = (".git", ".gitopskit")


def locate(path: Path) -> tuple[Path, str]:
    """Return the root of the work tree that a folder lies in, and the folder's path below it.

    Where there is no repository around the folder, it may refer to nothing outside of itself.

    Raises:
        RenderFailed: there is no such folder.
    """
    folder = path.resolve()
    if not folder.is_dir():
        raise RenderFailed(
            "there is no such folder", where=str(path), hint="name the folder of an overlay"
        )
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _MARKS_OF_A_ROOT):
            return candidate, folder.relative_to(candidate).as_posix()
    return folder, "."
