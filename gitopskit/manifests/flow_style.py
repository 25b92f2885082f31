"""Pieces that change a collection in flow style: JSON, and ``{}`` and ``[]`` in YAML.

Owns commas, and how new fields are laid out like those that are there. Does not check that the
result is right: edit.py reads it again. A ValueError means a shape that is not handled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.inline import is_simple, json_text, requoted
from gitopskit.manifests.pieces import Piece
from gitopskit.manifests.properties import properties_for
from gitopskit.manifests.scalars import resolve_plain
from gitopskit.manifests.spans import is_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.manifests.outline import Outline
    from gitopskit.manifests.places import Place
    from gitopskit.manifests.spans import Spans

_COLON: Final = re.compile(r" *: *")
_COMMA: Final = re.compile(r", *")
_NEXT_COMMA: Final = re.compile(r"[ \t]*,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the fields or items of a collection in flow style are set apart.

    ``indentation`` is what stands before each on its line, or None where they share a line;
    ``unit`` is what one level adds to it.
    """

    comma: str = ", "
    colon: str = ": "
    indentation: str | None = None
    unit: str = "  "
    newline: str = "\n"

    @property
    def separator(self) -> str:
        """What stands between two of them."""
        return self.comma if self.indentation is None else f",{self.newline}{self.indentation}"

    def written(self, value: JsonValue) -> str:
        """Return a value as JSON, on one line or, if its siblings have lines, on several."""
        if self.indentation is None or not (value and isinstance(value, dict | list)):
            return json_text(value, separators=(self.comma, self.colon))
        text = json_text(value, indent=self.unit, separators=(",", self.colon))
        return text.replace("\n", self.newline + self.indentation)


def layout_of(spans: Spans, place: Place) -> Layout:
    """Return how the children of a collection are set apart, or would be if it had any."""
    node, parent = place.node, place.parent
    if parent is None or is_block(parent.node):
        layout = Layout(newline=spans.newline(node.start))
    else:
        layout = layout_of(spans, parent)
    if not _length(node):
        inner = None if layout.indentation is None else layout.indentation + layout.unit
        return Layout(indentation=inner, unit=layout.unit, newline=layout.newline)
    colon, comma = _colon(spans.text, node), _comma(spans.text, node)
    start, _ = _child(node, _length(node) - 1)
    indentation = spans.indentation(start) if spans.is_first_on_line(start) else None
    outer = spans.indentation(spans.body(node))
    return replace(
        layout,
        colon=colon or layout.colon,
        comma=comma or ("," if colon == ":" else layout.comma),
        indentation=indentation,
        unit=(indentation or "").removeprefix(outer) or layout.unit,
    )


def written_in_flow(spans: Spans, place: Place, value: JsonValue) -> str:
    """Return a new value for a place: as JSON, unless the old one was written otherwise."""
    old = place.node
    if isinstance(value, str) and old.kind == "scalar":
        if not old.style and is_simple(value):
            was_text = isinstance(resolve_plain(spans.text[spans.body(old) : old.end]), str)
            return value if was_text else json_text(value)
        return requoted(value, old.style) or json_text(value)
    layout = Layout() if place.parent is None else layout_of(spans, place.parent)
    return layout.written(value)


def replace_in_flow(spans: Spans, place: Place, value: JsonValue) -> Piece:
    """Return the piece that replaces a value in a collection in flow style."""
    node, entry = place.node, place.entry
    new = written_in_flow(spans, place, value)
    properties = properties_for(spans, node, value, start=node.start)
    body = spans.body(node)
    if properties.are_changed:
        return Piece(start=node.start, end=node.end, new=properties.followed_by(" ", new))
    if body < node.end:
        return Piece(start=body, end=node.end, new=new)
    has_colon = entry is None or ":" in spans.text[entry.key.end : node.start]
    return Piece(start=body, end=node.end, new=(" " if has_colon else ": ") + new)


def add_in_flow(
    spans: Spans, place: Place, new: Mapping[str | int, JsonValue], *, kept: Sequence[int]
) -> Iterator[Piece]:
    """Give the pieces that add fields or items behind the children that are kept.

    Children behind the last that is kept go.
    """
    node, layout, length = place.node, layout_of(spans, place), _length(place.node)
    fields = [_field(node, layout, part, value) for part, value in new.items()]
    written = layout.separator.join(fields)
    if not length:
        yield _fill(spans, node, layout, written)
    elif not kept or kept[-1] < length - 1:
        first = kept[-1] + 1 if kept else 0
        yield Piece(start=_child(node, first)[0], end=_child(node, length - 1)[1], new=written)
    else:
        yield from _append(spans, node, layout, written)


def remove_in_flow(
    spans: Spans, node: Outline, *, kept: Sequence[int], is_refilled: bool
) -> Iterator[Piece]:
    """Give the pieces that remove the children that are not kept, and their commas.

    If it is refilled, those behind the last that is kept are the business of ``add_in_flow``.
    """
    children = _children(node)
    if not kept and not is_refilled:
        yield _without_all(spans, node, children)
    before = -1
    for index in kept:
        if index - before > 1:
            yield _without_head(spans, children, before + 1, index)
        before = index
    if kept and kept[-1] < len(children) - 1 and not is_refilled:
        yield _without_tail(spans, node, children, kept[-1])


def _fill(spans: Spans, node: Outline, layout: Layout, written: str) -> Piece:
    start, end = spans.body(node) + 1, node.end - 1
    if spans.text[start:end].strip():  # a comment
        end = start
    if layout.indentation is not None:
        outer = layout.newline + spans.indentation(start)
        written = layout.newline + layout.indentation + written + outer
    return Piece(start=start, end=end, new=written)


def _append(spans: Spans, node: Outline, layout: Layout, written: str) -> Iterator[Piece]:
    _, end = _child(node, _length(node) - 1)
    comma = _NEXT_COMMA.match(spans.text, end)
    after = end if comma is None else comma.end()
    if layout.indentation is None or spans.line_end(after) >= node.end:
        yield Piece(start=end, end=end, new=layout.separator + written)
        return
    if comma is None:
        yield Piece(start=end, end=end, new=",")
    yield Piece(
        start=spans.next_line(after),
        end=spans.next_line(after),
        new=layout.indentation + written + ("" if comma is None else ","),
        is_lines=True,
        newline=layout.newline,
    )


def _without_all(spans: Spans, node: Outline, children: Sequence[tuple[int, int]]) -> Piece:
    """Return the piece that empties a collection; comments before and after the children stay."""
    opening, closing = spans.body(node), node.end - 1
    start, end = children[0][0], children[-1][1]
    comma = _NEXT_COMMA.match(spans.text, end)
    end = end if comma is None else comma.end()
    if "#" not in spans.text[opening:start] + spans.text[end:closing]:
        return Piece(start=opening + 1, end=closing)
    return _whole_lines(spans, node, start, end)


def _whole_lines(spans: Spans, node: Outline, start: int, end: int) -> Piece:
    """Return the piece that removes a span, with its lines if there is nothing else on them."""
    if spans.is_first_on_line(start) and spans.line_end(end) < node.end:
        return Piece(start=spans.line_start(start), end=spans.next_line(end))
    return Piece(start=start, end=end)


def _without_head(
    spans: Spans, children: Sequence[tuple[int, int]], first: int, after: int
) -> Piece:
    """Return the piece that removes children before one that is kept; comments of that one stay."""
    start, end = children[first][0], children[after - 1][1]
    comma = _NEXT_COMMA.match(spans.text, end)
    if comma is None or "#" not in spans.text[end : children[after][0]]:
        return Piece(start=start, end=children[after][0])
    if spans.is_first_on_line(start):
        start = spans.line_start(start)
    return Piece(start=start, end=spans.next_line(comma.end()))


def _without_tail(
    spans: Spans, node: Outline, children: Sequence[tuple[int, int]], last: int
) -> Piece:
    """Return the piece that removes what is behind the last child kept; its comments stay."""
    before, start, end = children[last][1], children[last + 1][0], children[-1][1]
    if "#" not in spans.text[before:start]:
        return Piece(start=before, end=end)
    return _whole_lines(spans, node, start, end)


def _field(node: Outline, layout: Layout, part: str | int, value: JsonValue) -> str:
    if node.kind == "sequence":
        return layout.written(value)
    name = str(part)
    is_quoted = not node.entries or node.entries[-1].key.style == '"' or not is_simple(name)
    colon = layout.colon if is_quoted else layout.colon.rstrip() + " "
    return (json_text(name) if is_quoted else name) + colon + layout.written(value)


def _children(node: Outline) -> list[tuple[int, int]]:
    """Return the spans of the fields or items of a collection in flow style."""
    return [_child(node, index) for index in range(_length(node))]


def _child(node: Outline, index: int) -> tuple[int, int]:
    if node.entries:
        entry = node.entries[index]
        return entry.key.start, max(entry.key.end, entry.value.end)
    return node.items[index].start, node.items[index].end


def _length(node: Outline) -> int:
    return len(node.entries) or len(node.items)


def _colon(text: str, node: Outline) -> str:
    """Return what stands between the last name and its value, or nothing if that is unusual."""
    if not node.entries:
        return ""
    gap = text[node.entries[-1].key.end : node.entries[-1].value.start]
    return gap if _COLON.fullmatch(gap) else ""


def _comma(text: str, node: Outline) -> str:
    """Return what stands between the last two children, or nothing if that is unusual."""
    length = _length(node)
    if length == 1:
        return ""
    gap = text[_child(node, length - 2)[1] : _child(node, length - 1)[0]]
    return gap if _COMMA.fullmatch(gap) else ""
