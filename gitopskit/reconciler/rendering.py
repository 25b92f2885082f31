"""Renders: what sources rendered to, found again as long as nothing that they read has changed.

Pure but for its memory. What was read is remembered for every Application's sources; what came out
only for few objects, since an Application keeps its own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.render.inputs import EVERYTHING, folders_read
from gitopskit.render.sources import RenderSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePosixPath

    from gitopskit.git.tree_hashes import TreeHashes
    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.reconciler.source import Source

    Inputs = tuple[tuple[PurePosixPath, ...], ...]

_MOST_PLACES: Final = 10_000
_MOST_OBJECTS: Final = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Sources that are rendered together, in the copies that one project may read."""

    project: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a place renders to; ``source_types`` in Argo CD's words, one for each source.

    ``key`` is equal for two renders of a place only if everything that they read is equal.
    """

    manifests: tuple[Manifest, ...] = field(repr=False)
    source_types: tuple[str, ...]
    key: str = ""


class Renders:
    """Remembers what was read and what came out, both within bounds."""

    def __init__(
        self, *, most_places: int = _MOST_PLACES, most_objects: int = _MOST_OBJECTS
    ) -> None:
        """Begin empty; the bounds are of what is remembered."""
        self._most_places = most_places
        self._most_objects = most_objects
        self._objects = 0
        self._inputs: OrderedDict[Place, Inputs] = OrderedDict()
        self._kept: OrderedDict[Place, Rendered] = OrderedDict()

    def key(self, place: Place, trees: Sequence[TreeHashes]) -> str:
        """Return the key of what a place renders to; empty where nobody knows what it reads.

        The files that decide what is read are among those that were read: where all are equal,
        nothing else is read either.
        """
        inputs = self._inputs.get(place)
        if inputs is None:
            return ""
        self._inputs.move_to_end(place)
        return key_of(inputs, trees)

    def find(self, place: Place, key: str) -> Rendered | None:
        """Return what a place rendered to under a key, if it is still kept."""
        found = self._kept.get(place)
        if found is None or not key or found.key != key:
            return None
        self._kept.move_to_end(place)
        return found

    def keep(self, place: Place, inputs: Inputs, rendered: Rendered) -> None:
        """Remember a render and what it read; what was used longest ago is forgotten."""
        self._inputs[place] = inputs
        self._inputs.move_to_end(place)
        if len(self._inputs) > self._most_places:
            self._inputs.popitem(last=False)
        before = self._kept.pop(place, None)
        self._objects += _weight(rendered) - (_weight(before) if before else 0)
        self._kept[place] = rendered
        while self._objects > self._most_objects:
            self._objects -= _weight(self._kept.popitem(last=False)[1])


def inputs_of(snapshots: Sequence[Snapshot], sources: Sequence[Source]) -> Inputs:
    """Return what each source reads; charts may read what any of the others has."""
    if any(source.helm or source.chart or source.ref for source in sources):
        return (EVERYTHING,) * len(sources)
    return tuple(
        folders_read(
            snapshot,
            RenderSource(path=it.path, directory=it.directory, kustomize=it.kustomize),
        )
        for snapshot, it in zip(snapshots, sources, strict=True)
    )


def key_of(inputs: Inputs, trees: Sequence[TreeHashes]) -> str:
    """Return the key of a render, from what each of its sources reads."""
    return " ".join(tree.of(folders) for folders, tree in zip(inputs, trees, strict=True))


def is_told_by_trees(
    sources: Sequence[Source], trees: Sequence[TreeHashes], rendered: Rendered
) -> bool:
    """Tell whether the trees decide what is rendered: charts ask the cluster, links the rest."""
    has_chart = any(source.helm or source.chart for source in sources)
    is_chart = has_chart or "Helm" in rendered.source_types
    return not is_chart and all(tree.is_plain for tree in trees)


def _weight(rendered: Rendered) -> int:
    return max(1, len(rendered.manifests))
