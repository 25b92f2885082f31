"""What rendering a source reads: the folders whose content decides what comes out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gitopskit.errors import GitopskitError
from gitopskit.render.references import resolve_references
from gitopskit.render.sources import way_of_rendering
from gitopskit.render.tree import Tree

if TYPE_CHECKING:
    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.render.sources import RenderSource


def folders_read(snapshot: Snapshot, source: RenderSource) -> tuple[PurePosixPath, ...]:
    """Return the folders that a source is rendered from, each standing for all below it.

    The root stands for the whole revision, and is returned where less would be a guess: a
    kustomization with an unknown field, options that name files of their own.
    """
    everything = (PurePosixPath(),)
    tree = Tree.at(snapshot.root)
    try:
        folder = tree.resolve(PurePosixPath(), source.path, where=source.path)
        if way_of_rendering(tree, folder, source) == "Directory":
            return (folder,)
        if _names_files(source):
            return everything
        references = resolve_references(tree, folder)
    except GitopskitError:
        return everything
    folders = {*references.folders, *(file.parent for file in references.files)}
    return tuple(sorted(folders))


def _names_files(source: RenderSource) -> bool:
    options = source.kustomize
    return options is not None and bool(
        options.components or any(patch.path for patch in options.patches)
    )
