"""The files of a tree that hold SealedSecrets, and the safe replacement of one of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.repository.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_SKIPPED_FOLDERS: Final = frozenset({".git", ".hg", ".svn", ".venv", "node_modules"})
_MARK: Final = b"SealedSecret"
_LARGEST_FILE_BYTES: Final = 32 * 1024 * 1024
"""What the reader of manifests takes at most; see manifests/source.py."""


def sealed_files(paths: Sequence[Path]) -> Iterator[tuple[Path, bytes]]:
    """Yield each file under the paths that mentions a SealedSecret, once and in order.

    Links inside a folder are not followed: a repository must not lead us out of it. A file that
    is named itself is read whatever it is called.

    Raises:
        InputError: a path does not exist.
        EnvironmentFault: a file or folder cannot be read.
    """
    seen: set[Path] = set()
    for path in paths:
        for file in _files(path):
            if file not in seen:
                seen.add(file)
                data = read_file(file)
                if _MARK in data:
                    yield file, data


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


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise InputError("there is no such file or folder", where=str(path))
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
        for name in sorted(names):
            file = Path(folder, name)
            if name.endswith(_SUFFIXES) and file.is_file() and not file.is_symlink():
                yield file


def _refuse(error: OSError) -> None:
    raise _unreadable(Path(error.filename), error) from error


def _unreadable(path: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        f"cannot be read: {error.strerror}", where=str(path), hint="check the rights of the file"
    )
