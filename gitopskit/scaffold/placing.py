"""Writes new files into a folder: all of them, or none, and never over what is there.

Owns the check for what is in the way and the undoing of a half-done write. Must not know where
the files come from.
"""

from __future__ import annotations

import difflib
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gitopskit.errors import EnvironmentFault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path, PurePosixPath

_LISTED: Final = 10


def refuse_what_is_in_the_way(files: Mapping[PurePosixPath, bytes], target: Path) -> None:
    """Check that every file can be new below the target.

    Raises:
        InputError: a file exists already, or a symbolic link or a file stands where a folder has
            to be; lists up to ten of them.
    """
    obstacles = sorted({path for file in files for path in _obstacles(file, target)})
    if obstacles:
        rest = len(obstacles) - _LISTED
        listed = ", ".join(obstacles[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")
        raise InputError(
            f"these are in the way and would be overwritten: {listed}",
            where=str(target),
            hint="choose another folder, or move these away",
        )


def write_new_files(files: Mapping[PurePosixPath, bytes], target: Path) -> None:
    """Write the files below the target; after an error nothing of them is left there.

    Raises:
        EnvironmentFault: a file cannot be written, or came into being meanwhile.
    """
    made: list[Path] = []
    try:
        for file, content in sorted(files.items()):
            path = target / file
            _make_folders(path.parent, made)
            with path.open("xb") as stream:
                made.append(path)
                stream.write(content)
    except BaseException as error:
        _undo(made)
        if isinstance(error, OSError):
            raise EnvironmentFault(
                f"cannot write the files: {error.strerror}",
                where=str(error.filename or target),
                hint="check that the folder may be written and that the disk is not full",
            ) from error
        raise


def diff_of(files: Mapping[PurePosixPath, bytes]) -> str:
    """Return what writing the files would change, as a unified diff."""
    lines: list[str] = []
    for file, content in sorted(files.items()):
        text = content.decode().splitlines(keepends=True)
        lines.extend(difflib.unified_diff([], text, fromfile="/dev/null", tofile=f"b/{file}"))
    return "".join(lines)


def _obstacles(file: PurePosixPath, target: Path) -> Iterator[str]:
    if os.path.lexists(target / file):
        yield str(file)
    for folder in list(file.parents)[:-1]:
        path = target / folder
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            yield str(folder)
    if target.exists() and not target.is_dir():
        yield target.name


def _make_folders(folder: Path, made: list[Path]) -> None:
    if not folder.is_dir():
        _make_folders(folder.parent, made)
        folder.mkdir()
        made.append(folder)


def _undo(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
