"""A folder of plain manifests, without kustomize or Helm."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from gitopskit.errors import RenderFailed
from gitopskit.manifests.documents import Manifest, expand_lists, read_documents
from gitopskit.render.kustomization import FILE_NAMES
from gitopskit.render.patterns import compile_pattern, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.render.options import DirectoryOptions
    from gitopskit.render.programs import RenderLimits
    from gitopskit.render.tree import Tree

_PROGRAM: Final = ".jsonnet"
_SUFFIXES: Final = frozenset({".json", ".yaml", ".yml", _PROGRAM})
_DEEPEST: Final = 100
"""Folders in folders. Each costs a level of Python's stack, which ends at a thousand."""


_SKIP_MARK: Final = b"+argocd:skip-file-rendering"
"""Source: Argo CD leaves out files with these words, in a comment or elsewhere."""


def read_directory(
    tree: Tree, folder: PurePosixPath, *, options: DirectoryOptions, limits: RenderLimits
) -> tuple[Manifest, ...]:
    """Return the manifests of a folder's YAML and JSON files, in the order of their paths.

    The options may take the folders below it too, and choose by patterns. Kustomize's own files
    and names that begin with a dot are not manifests and left out.

    Raises:
        RenderFailed: a symbolic link leads out of the revision or to a folder, there are too many
            files, or folders in folders, a file is written in Jsonnet, or a pattern is unusable.
        MalformedDocument: a file cannot be read.
    """
    include = compile_pattern(options.include, where=str(folder))
    exclude = compile_pattern(options.exclude, where=str(folder))
    manifests: list[Manifest] = []
    chosen = (
        place
        for place in _files(tree, folder, recurse=options.is_recursive)
        if _is_chosen(place.relative_to(folder), include, exclude)
    )
    for number, place in enumerate(chosen):
        if number >= limits.files:
            raise RenderFailed(
                f"the folder has more than {limits.files} manifests' files",
                where=str(folder),
                hint="split it into several applications",
            )
        real = tree.resolve(PurePosixPath(), str(place), where=str(place))
        text = tree.read(real)
        if _SKIP_MARK not in text:
            _require_no_program(place)
            manifests += expand_lists(read_documents(text, path=str(place)))
    return tuple(manifests)


def _is_chosen(place: PurePosixPath, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    is_included = not include or matches(include, str(place))
    return is_included and not matches(exclude, str(place))


def _require_no_program(place: PurePosixPath) -> None:
    if place.suffix == _PROGRAM:
        raise RenderFailed(
            "Jsonnet is not evaluated here",
            where=str(place),
            hint="commit what it evaluates to, or leave the file out by `directory.exclude`",
        )


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
