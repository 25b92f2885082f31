"""Everything that building an overlay reads, found and checked before anything is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.errors import MalformedDocument, RenderFailed
from gitopskit.manifests.documents import Manifest, read_documents
from gitopskit.render.kustomization import (
    FILE_NAMES,
    Found,
    InlinePlugin,
    find_plugin_references,
    find_references,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

    from gitopskit.render.tree import Tree

_DEEPEST: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The files that a build reads, and the folders whose kustomization it takes, sorted.

    ``fields`` are those that any of the kustomizations has.
    """

    files: tuple[PurePosixPath, ...]
    folders: tuple[PurePosixPath, ...]
    fields: frozenset[str] = frozenset()


def find_kustomization(tree: Tree, folder: PurePosixPath) -> PurePosixPath | None:
    """Return the kustomization file of a folder, or None where it has none.

    Raises:
        RenderFailed: it has several, or a symbolic link that leads out of the revision.
    """
    found = [name for name in FILE_NAMES if _exists(tree, folder / name)]
    if len(found) > 1:
        raise RenderFailed(
            f"the folder has several kustomization files: {', '.join(found)}",
            where=str(folder),
            hint="keep one of them",
        )
    return tree.resolve(folder, found[0], where=str(folder / found[0])) if found else None


def resolve_references(tree: Tree, *folders: PurePosixPath) -> References:
    """Return all that building some folders reads, each inside the revision.

    Raises:
        RenderFailed: something that is referred to is missing, remote or outside of the revision,
            a field is unknown, or folders refer to each other in a circle; ``where`` is the
            ``path:line:col`` of the reference.
    """
    walk = _Walk(tree)
    for folder in folders:
        walk.enter(folder, (), where=str(folder))
    return References(
        files=tuple(sorted(walk.files)),
        folders=tuple(sorted(walk.folders)),
        fields=frozenset(walk.fields),
    )


def _exists(tree: Tree, place: PurePosixPath) -> bool:
    path = tree.absolute(place)
    return path.is_symlink() or path.is_file()


@dataclass(slots=True)
class _Walk:
    tree: Tree
    files: set[PurePosixPath] = field(default_factory=set)
    folders: set[PurePosixPath] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)

    def enter(self, folder: PurePosixPath, above: tuple[PurePosixPath, ...], *, where: str) -> None:
        if folder in above or len(above) > _DEEPEST:
            raise RenderFailed(
                f"the folder `{folder}` refers to itself, maybe through others",
                where=where,
                hint="let bases refer only to what is below them or beside them",
            )
        if folder in self.folders:
            return
        file = find_kustomization(self.tree, folder)
        if file is None:
            raise RenderFailed(
                f"the folder `{folder}` has no kustomization.yaml",
                where=where,
                hint="add one, or refer to the files in it",
            )
        manifest = self._read(file)
        self.fields.update(map(str, manifest.content))
        self._follow(find_references(manifest), folder, (*above, folder))
        self.folders.add(folder)

    def _follow(
        self, found: Iterable[Found], folder: PurePosixPath, above: tuple[PurePosixPath, ...]
    ) -> None:
        for reference in found:
            if isinstance(reference, InlinePlugin):
                self._plugins(reference.text, reference.where, folder)
                continue
            place = self.tree.resolve(folder, reference.name, where=reference.where)
            if not self.tree.absolute(place).is_dir():
                self.files.add(place)
                if reference.refers_to == "plugin":
                    self._plugins(self.tree.read(place), str(place), folder)
            elif reference.refers_to == "file or folder":
                self.enter(place, above, where=reference.where)
            else:
                raise RenderFailed(
                    f"`{reference.name}` is a folder, a file is expected here",
                    where=reference.where,
                )

    def _plugins(self, text: str | bytes, path: str, folder: PurePosixPath) -> None:
        for manifest in read_documents(text, path=path):
            self._follow(find_plugin_references(manifest), folder, ())

    def _read(self, file: PurePosixPath) -> Manifest:
        self.files.add(file)
        documents = read_documents(self.tree.read(file), path=str(file))
        if len(documents) != 1:
            raise MalformedDocument(
                f"a kustomization is one document, this file has {len(documents)}",
                where=f"{file}:1:1",
            )
        return documents[0]
