"""Pieces that replace the value of a field or an item in block style.

Owns what becomes of the lines that the old value had, and of the comments between and behind them.
Start at ``replace_in_block``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.manifests.block_scalars import rewrite_block_scalar
from gitopskit.manifests.inline import is_simple, requoted
from gitopskit.manifests.pieces import LINE_BREAKS, Piece
from gitopskit.manifests.properties import properties_for
from gitopskit.manifests.spans import is_block, is_block_scalar
from gitopskit.manifests.write import dump_documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.manifests.outline import Outline
    from gitopskit.manifests.properties import Properties
    from gitopskit.manifests.spans import Spans


def block_lines(value: JsonValue) -> list[str]:
    """Return the lines of a value as a document in block style."""
    return dump_documents([value]).removesuffix("\n").split("\n")


def shifted(lines: Sequence[str], column: int) -> list[str]:
    """Return lines that begin further to the right."""
    return [" " * column + line if line else line for line in lines]


def replace_in_block(
    spans: Spans, parent: Outline, index: int, *, value: JsonValue
) -> Iterator[Piece]:
    """Give the pieces that replace the value of a field, or an item, of a collection.

    Raises:
        ValueError: a shape that is not handled.
    """
    is_item = parent.kind == "sequence"
    node = parent.items[index] if is_item else parent.entries[index].value
    indicator = indicator_end(spans, parent, index)
    column = spans.column(spans.body(parent))
    properties = properties_for(spans, node, value, start=indicator)
    kept_form = _same_form(spans, node, value, column=column)
    if kept_form is not None:
        yield from _changed(spans, properties)
        yield from kept_form
        return
    inline, below = _rendered(value, node, is_item=is_item)
    slot = _Slot(
        spans=spans,
        node=node,
        properties=properties,
        inline=inline,
        below=shifted(below, column),
    )
    yield from slot.pieces()


def indicator_end(spans: Spans, parent: Outline, index: int) -> int:
    """Return the offset after the ``:`` of a field or the ``-`` of an item.

    Raises:
        ValueError: there is none, or it is not where it is expected.
    """
    if parent.kind == "sequence":
        return spans.dash(parent, index) + 1
    return spans.after_colon(parent.entries[index])


def _changed(spans: Spans, properties: Properties) -> list[Piece]:
    """Return the piece for an anchor and a tag in front of a value that is edited in its place."""
    if not properties.are_changed:
        return []
    end = properties.end if properties.kept else spans.after_spaces(properties.end)
    return [Piece(start=properties.start, end=end, new=properties.kept)]


def _same_form(spans: Spans, node: Outline, value: JsonValue, *, column: int) -> list[Piece] | None:
    """Return the pieces that put a string in the block scalar that is there, if it can hold it."""
    if not (isinstance(value, str) and is_block_scalar(node)):
        return None
    replacements = rewrite_block_scalar(
        spans.block_scalar(node),
        value,
        column=column,
        newline=spans.newline(node.start),
        is_open=not spans.text.endswith(LINE_BREAKS, 0, node.end),
    )
    if replacements is None:
        return None
    return [Piece(start=start, end=end, new=new) for start, end, new in replacements]


def _rendered(value: JsonValue, old: Outline, *, is_item: bool) -> tuple[str, list[str]]:
    """Return what stands on the line of a value's name or dash, and the lines below."""
    if isinstance(value, str):
        in_quotes = requoted(value, old.style) if old.kind == "scalar" else ""
        inline = in_quotes or (value if is_simple(value) else "")
        if inline:
            return inline, []
    lines = block_lines([value] if is_item else {"k": value})
    if is_item and old.anchor and value and isinstance(value, dict | list):
        # behind an anchor, a collection begins below
        return "", [" " + lines[0].removeprefix("-"), *lines[1:]]
    return lines[0].partition(" ")[2], lines[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """The room of an old value, and the new one: ``inline`` and the lines ``below``."""

    spans: Spans
    node: Outline
    properties: Properties
    inline: str
    below: list[str]

    def pieces(self) -> Iterator[Piece]:
        spans, node = self.spans, self.node
        body = spans.body(node)
        is_empty = node.kind == "scalar" and body >= node.end
        if is_empty:
            yield self._head(self.properties.end, gap=" ")
            yield from self._lines_after(self.properties.end)
        elif body <= spans.line_end(self.properties.end):
            yield from self._on_this_line(body)
        elif self.inline and not self.below and not _is_in_block(node):
            yield from _changed(spans, self.properties)
            yield Piece(start=body, end=node.end, new=self.inline)
        else:
            yield from self._on_lines_of_its_own(body)

    def _on_this_line(self, body: int) -> Iterator[Piece]:
        spans, node = self.spans, self.node
        gap = " " if self.below else spans.text[self.properties.end : body]
        if not is_block_scalar(node):
            end = spans.end(node)
            yield self._head(end, gap=gap)
            yield from self._lines_after(end)
            return
        scalar = spans.block_scalar(node)
        yield self._head(scalar.header_end, gap=gap)
        line_end = spans.line_end(scalar.header_end)
        if scalar.lines_end > line_end:
            yield Piece(start=line_end, end=scalar.lines_end)
        yield from self._lines_after(scalar.lines_end)

    def _on_lines_of_its_own(self, body: int) -> Iterator[Piece]:
        spans, node = self.spans, self.node
        end = spans.end(node)
        behind = spans.text[end : spans.line_end(end)]
        yield self._head(self.properties.end, gap=" ")
        if behind.strip() and not is_block(node):  # a comment, which takes the line
            yield Piece(start=body, end=end + len(behind) - len(behind.lstrip(" \t")))
        else:
            yield Piece(start=spans.line_start(body), end=spans.next_line(end))
        yield from self._lines_after(self.properties.end if self.inline else end)

    def _head(self, end: int, *, gap: str) -> Piece:
        new = self.properties.followed_by(gap, self.inline)
        return Piece(start=self.properties.start, end=end, new=new)

    def _lines_after(self, offset: int) -> Iterator[Piece]:
        if self.below:
            yield added_lines(self.spans, offset, self.below)


def added_lines(spans: Spans, offset: int, lines: Sequence[str]) -> Piece:
    """Return the piece that adds lines behind the line of an offset."""
    place, newline = spans.next_line(offset), spans.newline(offset)
    return Piece(start=place, end=place, new=newline.join(lines), is_lines=True, newline=newline)


def _is_in_block(node: Outline) -> bool:
    return is_block(node) or is_block_scalar(node)
