"""From the changes of a document to the pieces of its text that they replace.

Owns the way through the outline, and what is refused on it: what is written elsewhere. The cutting
is that of block_values.py, block_style.py and flow_style.py. Start at ``Splicer.pieces``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.manifests.block_style import (
    add_in_block,
    has_own_lines,
    leave_empty,
    refill_in_block,
    remove_in_block,
)
from gitopskit.manifests.block_values import block_lines, replace_in_block
from gitopskit.manifests.flow_style import (
    add_in_flow,
    remove_in_flow,
    replace_in_flow,
    written_in_flow,
)
from gitopskit.manifests.pieces import Piece
from gitopskit.manifests.places import Place
from gitopskit.manifests.spans import Spans, is_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.manifests.changes import Change, Pointer
    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.manifests.outline import Outline


class Unspliceable(Exception):
    """A change that cannot be made in the text: the pointer of the value it is about.

    ``is_elsewhere`` says that the value is not written there: an alias or ``<<`` stands for it.
    """

    def __init__(self, pointer: Pointer, *, is_elsewhere: bool = False) -> None:
        """Keep both."""
        super().__init__("a change that cannot be made in the text")
        self.pointer = pointer
        self.is_elsewhere = is_elsewhere


class Splicer:
    """Makes the pieces of one text."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._spans = Spans(text)
        self.newline = self._spans.newline(0)

    def pieces(self, outline: Outline, content: JsonValue, change: Change) -> list[Piece]:
        """Return the pieces for the change of a document, which is possible for its content.

        Raises:
            Unspliceable: a shape that is not handled, or a value that is written elsewhere.
        """
        return list(self._changed(Place(node=outline), content, change))

    def _changed(self, place: Place, content: JsonValue, change: Change) -> Iterator[Piece]:
        if place.node.kind == "alias":
            raise Unspliceable(change.pointer, is_elsewhere=True)
        if not change.parts or place.node.kind == "scalar":  # with parts, the scalar is null
            yield from _guarded(self._replaced(place, change.applied(None)), change.pointer)
        else:
            yield from self._collection(place, content, change)

    def _collection(self, place: Place, content: JsonValue, change: Change) -> Iterator[Piece]:
        node = place.node
        indices = _indices(node)
        new: dict[str | int, JsonValue] = {}
        removed: set[int] = set()
        for part, inner in change.parts.items():
            index = indices.get(part)
            if index is None:
                if isinstance(content, dict) and part in content:
                    has_merge = any(entry.is_merge for entry in node.entries)
                    raise Unspliceable(inner.pointer, is_elsewhere=has_merge)
                new[part] = inner.applied(None)
            elif not inner.is_removal:
                yield from self._changed(place.child(index), content[part], inner)
            elif place.child(index).node.kind == "alias":
                raise Unspliceable(inner.pointer, is_elsewhere=True)
            else:
                removed.add(index)
        if node.kind == "sequence":
            new = dict(sorted(new.items(), key=lambda item: int(item[0])))
        if new or removed:
            kept = [index for index in range(_length(node)) if index not in removed]
            yield from _guarded(self._resized(place, kept, new), change.pointer)

    def _resized(
        self, place: Place, kept: list[int], new: dict[str | int, JsonValue]
    ) -> Iterator[Piece]:
        node, spans = place.node, self._spans
        if not is_block(node):
            yield from remove_in_flow(spans, node, kept=kept, is_refilled=bool(new))
            if new:
                yield from add_in_flow(spans, place, new, kept=kept)
        elif not kept and not has_own_lines(spans, node):
            yield from refill_in_block(spans, node, new)
        else:
            yield from remove_in_block(spans, node, kept=kept)
            if new:
                yield add_in_block(spans, node, new, last=kept[-1] if kept else _length(node) - 1)
            elif not kept:
                yield leave_empty(spans, place)

    def _replaced(self, place: Place, value: JsonValue) -> Iterator[Piece]:
        spans, node = self._spans, place.node
        if place.parent is None:
            newline = spans.newline(node.start)
            lines = [written_in_flow(spans, place, value)] if node.style else block_lines(value)
            yield Piece(start=node.start, end=spans.end(node), new=newline.join(lines))
        elif is_block(place.parent.node):
            yield from replace_in_block(spans, place.parent.node, place.index, value=value)
        else:
            yield replace_in_flow(spans, place, value)


def _guarded(pieces: Iterable[Piece], pointer: Pointer) -> list[Piece]:
    try:
        return list(pieces)
    except (ValueError, IndexError) as error:
        raise Unspliceable(pointer) from error


def _indices(node: Outline) -> dict[str | int | None, int]:
    """Return where each field or item of a node is, by its name or index, as written here."""
    names = [entry.name for entry in node.entries] or range(len(node.items))
    return {name: index for index, name in enumerate(names)}


def _length(node: Outline) -> int:
    return len(node.entries) or len(node.items)
