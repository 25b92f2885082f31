"""Pieces that add and remove fields and items in block style: whole lines, as far as possible.

Owns which comments go with a field: the one on its line. Does not check that the result is right:
edit.py reads it again. An IndexError or a ValueError means a shape that is not handled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.manifests.block_values import (
    added_lines,
    block_lines,
    indicator_end,
    shifted,
)
from gitopskit.manifests.pieces import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.manifests.outline import Outline
    from gitopskit.manifests.places import Place
    from gitopskit.manifests.spans import Spans


def add_in_block(
    spans: Spans, node: Outline, new: Mapping[str | int, JsonValue], *, last: int
) -> Piece:
    """Return the piece that adds fields or items behind a child, in their order."""
    column = spans.column(spans.body(node))
    lines = block_lines(dict(new) if node.kind == "mapping" else list(new.values()))
    return added_lines(spans, _end(spans, node, last), shifted(lines, column))


def remove_in_block(spans: Spans, node: Outline, *, kept: Sequence[int]) -> Iterator[Piece]:
    """Give the pieces that remove the children that are not kept."""
    removed = sorted(set(range(len(node.entries) or len(node.items))) - set(kept))
    done = 0
    for index in removed:
        start, end = _start(spans, node, index), _end(spans, node, index)
        if index < done:
            continue
        if spans.is_first_on_line(start):
            yield Piece(start=spans.line_start(start), end=spans.next_line(end))
            continue
        done = min(child for child in kept if child > index)
        if _has_comment(spans, node, index, done):
            done = index + 1
            line = spans.text[spans.line_start(start) : start].rstrip(" \t")
            yield Piece(start=spans.line_start(start) + len(line), end=spans.line_end(end))
        else:
            yield Piece(start=start, end=_start(spans, node, done))


def has_own_lines(spans: Spans, node: Outline) -> bool:
    """Whether the first child of a collection is the first on its line."""
    return spans.is_first_on_line(_start(spans, node, 0))


def leave_empty(spans: Spans, place: Place) -> Piece:
    """Return the piece that makes a collection an empty one, all lines of which are removed."""
    node, parent = place.node, place.parent
    empty = "{}" if node.kind == "mapping" else "[]"
    if parent is None:
        return added_lines(spans, spans.end(node), [empty])
    indicator = indicator_end(spans, parent.node, place.index)
    end = max([indicator, *(end for _, end in spans.properties(node))])
    return Piece(start=end, end=end, new=f" {empty}")


def refill_in_block(
    spans: Spans, node: Outline, new: Mapping[str | int, JsonValue]
) -> Iterator[Piece]:
    """Give the pieces that put new children, or none, where the first shares a line with a dash."""
    lines = block_lines(dict(new) if node.kind == "mapping" else list(new.values()))
    written = spans.newline(node.start).join(shifted(lines, spans.column(spans.body(node))))
    yield Piece(
        start=_start(spans, node, 0), end=spans.line_end(_end(spans, node, 0)), new=written.lstrip()
    )
    for index in range(1, len(node.entries) or len(node.items)):
        start, end = _start(spans, node, index), _end(spans, node, index)
        yield Piece(start=spans.line_start(start), end=spans.next_line(end))


def _has_comment(spans: Spans, node: Outline, first: int, after: int) -> bool:
    """Whether lines between children hold a comment."""
    return any(
        "#"
        in spans.text[spans.next_line(_end(spans, node, index)) : _start(spans, node, index + 1)]
        for index in range(first, after)
    )


def _start(spans: Spans, node: Outline, index: int) -> int:
    if node.kind == "mapping":
        return spans.entry_start(node.entries[index])
    return spans.dash(node, index)


def _end(spans: Spans, node: Outline, index: int) -> int:
    if node.kind == "mapping":
        return spans.entry_end(node.entries[index])
    return spans.item_end(node, index)
