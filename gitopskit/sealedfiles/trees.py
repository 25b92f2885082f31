"""The files of a tree that hold SealedSecrets, and the safe replacement of one of them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from gitopskit.errors import EnvironmentFault, GitopskitError, InputError
from gitopskit.repository.files import remove_leftovers, replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_SKIPPED_FOLDERS: Final = frozenset({".git", ".hg", ".svn", ".venv", "node_modules"})
_MARK: Final = b"SealedSecret"
_LARGEST_FILE_BYTES: Final = 32 * 1024 * 1024
"""What the reader of manifests takes at most; see manifests/source.py."""


def _raise(fault: GitopskitError) -> NoReturn:
    raise fault


def sealed_files(
    paths: Sequence[Path], *, on_fault: Callable[[GitopskitError], object] = _raise
) -> Iterator[tuple[Path, bytes]]:
    """Yield each file under the paths that mentions a SealedSecret, once and in order.

    Links inside a folder are not followed: a repository must not lead us out of it. A file that
    is named itself is read whatever it is called. ``on_fault`` gets what cannot be read, which is
    then left out; without it, that is raised.

    Raises:
        InputError: a path does not exist, or a file is too large.
        EnvironmentFault: a file or folder cannot be read.
    """
    seen: set[str] = set()
    for path in paths:
        for file in _files(path, on_fault):
            real = os.path.realpath(file)
            if real in seen:
                continue
            seen.add(real)
            try:
                data = read_file(file)
            except GitopskitError as fault:
                on_fault(fault)
            else:
                if _MARK in data:
                    yield file, data


def clear_up(files: Iterable[Path]) -> None:
    """Remove what a kill in the middle of a replacement left in the folders of these files."""
    for folder in {Path(os.path.realpath(file)).parent for file in files}:
        remove_leftovers(folder)


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        InputError: it does not exist, or is larger than 32 MiB.
        EnvironmentFault: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("there is no such file", where=str(path)) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > _LARGEST_FILE_BYTES:
        raise InputError("the file is larger than 32 MiB", where=str(path), hint="split the file")
    return data


def replace_text(path: Path, text: str, *, before: bytes) -> None:
    """Replace a file that still holds what was read, whole or not at all.

    Raises:
        ChangedMeanwhile: it holds something else by now.
        EnvironmentFault: it cannot be written.
    """
    try:
        replace_file(path, text.encode(), expected=before)
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the file: {error.strerror}",
            where=str(path),
            hint="check that its folder may be written",
        ) from error


def _files(path: Path, on_fault: Callable[[GitopskitError], object]) -> Iterator[Path]:
    mode = _mode_of(path)
    if stat.S_ISREG(mode):
        yield path
        return
    if not stat.S_ISDIR(mode):
        raise InputError("there is no such file or folder", where=str(path))
    walk = os.walk(path, onerror=lambda error: on_fault(_unreadable(Path(error.filename), error)))
    for folder, folders, names in walk:
        folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
        for name in sorted(names):
            file = Path(folder, name)
            if name.endswith(_SUFFIXES) and _is_file(file):
                yield file


def _mode_of(path: Path) -> int:
    """Return what a path is, 0 if there is nothing."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError as error:
        raise _unreadable(path, error) from error


def _is_file(path: Path) -> bool:
    """Whether a path is a file and no link to one; where that is hidden, reading it will tell."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _unreadable(path: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        f"cannot be read: {error.strerror}", where=str(path), hint="check the rights of the file"
    )
