"""What rendering a source reads: the folders whose content decides what comes out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitopskitError
from gitopskit.render.references import resolve_references
from gitopskit.render.sources import way_of_rendering
from gitopskit.render.tree import Tree

if TYPE_CHECKING:
    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.render.sources import RenderSource

EVERYTHING: Final = (PurePosixPath(),)
"""The root, which stands for the whole revision."""


def folders_read(snapshot: Snapshot, source: RenderSource) -> tuple[PurePosixPath, ...]:
    """Return the folders that a source is rendered from, each standing for all below it.

    The root stands for the whole revision, and is returned where less would be a guess: a
    kustomization with an unknown field, options that name files of their own.
    """
    tree = Tree.at(snapshot.root)
    try:
        folder = tree.resolve(PurePosixPath(), source.path, where=source.path)
        way = str(way_of_rendering(tree, folder, source))
        if way == "Directory":
            return (folder,)
        if way != "Kustomize" or _names_files(source):
            return EVERYTHING
        references = resolve_references(tree, folder)
    except GitopskitError:
        return EVERYTHING
    folders = {*references.folders, *(file.parent for file in references.files)}
    return tuple(sorted(folders))


def _names_files(source: RenderSource) -> bool:
    options = source.kustomize
    return options is not None and bool(
        options.components or any(patch.path for patch in options.patches)
    )
