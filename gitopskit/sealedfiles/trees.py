"""The files of a tree that hold SealedSecrets, and the safe replacement of one of them."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from gitopskit.errors import EnvironmentFault, GitopskitError, InputError
from gitopskit.repository.files import remove_leftovers, replace_file
from gitopskit.sealedfiles.candidates import ITEMS, SEALED, in_utf8, may_spell, mentions
from gitopskit.sealedfiles.reading import read_sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_SKIPPED_FOLDERS: Final = frozenset({".git", ".hg", ".svn"})
_LEFTOVER: Final = re.compile(r"\.gitopskit-.{8}\.tmp")
"""Half of a file that a kill left; see repository/files.py."""

_LARGEST_FILE_BYTES: Final = 32 * 1024 * 1024
"""What the reader of manifests takes at most; see manifests/source.py."""

_PATH_HINT: Final = "check the path, and the folder that you are in"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """A file that may hold what is sought; ``is_manifest`` if it is named, or called as they are.

    What else can be parsed may still be one: kustomize takes any name.
    """

    path: Path
    data: bytes = field(repr=False)
    is_manifest: bool

    @property
    def is_ours(self) -> bool:
        """Whether it is a manifest that mentions SealedSecrets, or really holds one."""
        says_so = self.is_manifest and mentions(self.data, SEALED)
        return says_so or self._holds_sealed

    @property
    def mentions_items(self) -> bool:
        """Whether items of a SealedSecret are written out in it."""
        return mentions(self.data, ITEMS)

    @property
    def _holds_sealed(self) -> bool:
        """Whether there is a SealedSecret in it, as readers of other encodings see it as well."""
        return read_sealed(in_utf8(self.data), path=str(self.path)).documents > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeWalk:
    """How a tree is walked: which words a file must be able to spell, and what is told of others.

    ``on_fault`` gets what cannot be read, which is then left out; without it, that is raised.
    ``on_skipped`` gets the links that lead out of the paths. Pipes that are named are read only
    with ``reads_pipes``: they cannot be replaced.
    """

    words: tuple[bytes, ...] = (SEALED,)
    on_fault: Callable[[GitopskitError], object]
    on_skipped: Callable[[Path], object]
    reads_pipes: bool = False


def raise_fault(fault: GitopskitError) -> NoReturn:
    """Raise what cannot be read."""
    raise fault


def _ignore(_: Path) -> None:
    pass


def sealed_files(
    paths: Sequence[Path],
    *,
    on_fault: Callable[[GitopskitError], object] = raise_fault,
    on_skipped: Callable[[Path], object] = _ignore,
) -> Iterator[tuple[Path, bytes]]:
    """Yield each file under the paths that holds or mentions a SealedSecret, once and in order.

    Links inside a folder are not followed: a repository must not lead us out of it; see
    ``TreeWalk`` for the callbacks. Files of any name count if they hold one.

    Raises:
        InputError: a path does not exist, or a file is too large.
        EnvironmentFault: a file or folder cannot be read.
    """
    walk = TreeWalk(on_fault=on_fault, on_skipped=on_skipped)
    for file in tree_files(paths, walk):
        if file.is_ours:
            yield file.path, file.data


def tree_files(paths: Sequence[Path], walk: TreeWalk) -> Iterator[TreeFile]:
    """Yield each file under the paths that may spell one of the words, once and in order.

    Raises:
        InputError: a path does not exist, or a file is too large, and it is raised.
        EnvironmentFault: a file or folder cannot be read, and it is raised.
    """
    roots = [os.path.realpath(path) for path in paths]
    seen: set[str] = set()
    for path in paths:
        for file in _files(path, walk, roots):
            real = os.path.realpath(file)
            if real in seen:
                continue
            seen.add(real)
            try:
                found = _candidate(file, walk.words, is_named=file == path)
            except GitopskitError as fault:
                walk.on_fault(fault)
            else:
                if found:
                    yield found


def _candidate(path: Path, words: tuple[bytes, ...], *, is_named: bool) -> TreeFile | None:
    data = _read(path)
    is_manifest = is_named or path.name.endswith(_SUFFIXES)
    if len(data) > _LARGEST_FILE_BYTES:
        if is_manifest or mentions(data, SEALED):
            raise _too_large(path)
        return None
    if not may_spell(data, *words):
        return None
    return TreeFile(path=path, data=data, is_manifest=is_manifest)


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
    data = _read(path)
    if len(data) > _LARGEST_FILE_BYTES:
        raise _too_large(path)
    return data


def refuse_link(path: Path) -> None:
    """Check that a file is no link: what comes with a repository must not lead us out of it.

    Raises:
        InputError: it is one.
    """
    if path.is_symlink():
        raise InputError(
            "the file is a link, which may lead anywhere",
            where=str(path),
            hint="name the file that it leads to",
        )


def replace_text(path: Path, text: str, *, before: bytes) -> None:
    """Replace a file that still holds what was read, whole or not at all.

    Raises:
        InputError: it is a link.
        ChangedMeanwhile: it holds something else by now.
        EnvironmentFault: it cannot be written.
    """
    refuse_link(path)
    try:
        replace_file(path, text.encode(), expected=before)
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the file: {error.strerror}",
            where=str(path),
            hint="check that its folder may be written",
        ) from error


def _read(path: Path) -> bytes:
    """Return the content of a file, or one byte more than is taken of a larger one."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("there is no such file", where=str(path), hint=_PATH_HINT) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _files(path: Path, walk: TreeWalk, roots: Sequence[str]) -> Iterator[Path]:
    mode = _mode_of(path)
    if not mode:
        raise InputError("there is no such file or folder", where=str(path), hint=_PATH_HINT)
    if stat.S_ISDIR(mode):
        yield from _files_in(path, walk, roots)
    elif walk.reads_pipes or stat.S_ISREG(mode):
        yield path
    else:
        raise InputError(
            "this is neither a file nor a folder", where=str(path), hint="give a regular file"
        )


def _files_in(top: Path, walk: TreeWalk, roots: Sequence[str]) -> Iterator[Path]:
    steps = os.walk(
        top, onerror=lambda error: walk.on_fault(_unreadable(Path(error.filename), error))
    )
    for folder, folders, names in steps:
        folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
        for link in (path for name in folders if (path := Path(folder, name)).is_symlink()):
            _tell_of_link(link, walk, roots)
        for name in sorted(names):
            if _LEFTOVER.fullmatch(name):
                continue
            file = Path(folder, name)
            if _is_file(file):
                yield file
            else:
                _tell_of_link(file, walk, roots)


def _tell_of_link(path: Path, walk: TreeWalk, roots: Sequence[str]) -> None:
    """Report a link to what is not looked at anyway; one that leads nowhere leads to no file."""
    if not path.is_symlink():
        return
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if isinstance(error, PermissionError):
            walk.on_skipped(path)
        return
    leads_somewhere = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
    if leads_somewhere and not _is_within(Path(os.path.realpath(path)), roots):
        walk.on_skipped(path)


def _is_within(target: Path, roots: Sequence[str]) -> bool:
    return any(
        target.is_relative_to(root) and _SKIPPED_FOLDERS.isdisjoint(target.relative_to(root).parts)
        for root in roots
    )


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


def _too_large(path: Path) -> InputError:
    return InputError("the file is larger than 32 MiB", where=str(path), hint="split the file")


def _unreadable(path: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        f"cannot be read: {error.strerror}", where=str(path), hint="check the rights of the file"
    )
