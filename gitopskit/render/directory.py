"""A folder of plain manifests, without kustomize."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from gitopskit.errors import RenderFailed
from gitopskit.manifests.documents import Manifest, expand_lists, read_documents
from gitopskit.render.kustomization import FILE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.render.programs import RenderLimits
    from gitopskit.render.tree import Tree

_SUFFIXES: Final = frozenset({".json", ".yaml", ".yml"})
_DEEPEST: Final = 100
"""Folders in folders. Each costs a level of Python's stack, which ends at a thousand."""


def read_directory(
    tree: Tree, folder: PurePosixPath, *, recurse: bool, limits: RenderLimits
) -> tuple[Manifest, ...]:
    """Return the manifests of all YAML and JSON files of a folder, in the order of their paths.

    ``recurse`` takes the folders below it too. Kustomize's own files and names that begin with a
    dot are not manifests and left out.

    Raises:
        RenderFailed: a symbolic link leads out of the revision or to a folder, or there are too
            many files, or folders in folders.
        MalformedDocument: a file cannot be read.
    """
    manifests: list[Manifest] = []
    for number, place in enumerate(_files(tree, folder, recurse=recurse)):
        if number >= limits.files:
            raise RenderFailed(
                f"the folder has more than {limits.files} manifests' files",
                where=str(folder),
                hint="split it into several applications",
            )
        real = tree.resolve(PurePosixPath(), str(place), where=str(place))
        manifests += expand_lists(read_documents(tree.read(real), path=str(place)))
    return tuple(manifests)


def _files(tree: Tree, folder: PurePosixPath, *, recurse: bool) -> Iterator[PurePosixPath]:
    with os.scandir(tree.absolute(folder)) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        place = folder / entry.name
        if entry.name.startswith(".") or entry.name in FILE_NAMES:
            continue
        if entry.is_dir():
            if recurse:
                _require_folder(entry, place)
                yield from _files(tree, place, recurse=True)
        elif place.suffix in _SUFFIXES:
            yield place


def _require_folder(entry: os.DirEntry[str], place: PurePosixPath) -> None:
    if entry.is_symlink():
        raise RenderFailed(
            "a symbolic link to a folder is not followed",
            where=str(place),
            hint="replace it by the folder, or name its target as the application's path",
        )
    if len(place.parts) > _DEEPEST:
        raise RenderFailed(
            f"more than {_DEEPEST} folders lie in one another",
            where=place.parts[0],
            hint="make the tree of folders flatter",
        )
