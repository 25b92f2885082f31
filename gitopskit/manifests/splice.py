"""Splices new text into an old one at a node: replace, add, remove.

Owns the cutting for block and flow style. Does not check that the result is right: edit.py reads
it again and compares. A ValueError means a shape that is not handled.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.scalars import resolve_plain
from gitopskit.manifests.spans import Spans, is_block, is_block_scalar
from gitopskit.manifests.write import dump_documents, is_plain_safe

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.manifests.outline import Entry, Outline

_BLOCK_HEADER: Final = re.compile(r"[|>][-+0-9]*")
_SIMPLE: Final = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)
_LAST_LINE_BREAK: Final = re.compile(r"(?:\r\n|\r|\n)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node and the place in its parent that holds it; the root has no parent."""

    node: Outline
    parent: Place | None = None
    entry: Entry | None = None
    index: int = 0


class Splicer:
    """Makes new versions of one text."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text
        self._spans = Spans(text)

    def replace(self, place: Place, value: JsonValue) -> str:
        """Return the text with the value of a node replaced."""
        node = place.node
        if place.parent is None:
            new = self._flow(value, node) if node.style else _block(value).rstrip("\n")
            return self._text[: node.start] + new + self._text[self._spans.end(node) :]
        if not is_block(place.parent.node):
            return self._in_flow(place, value)
        if place.entry is not None:
            indicator = self._spans.after_colon(place.entry)
            column = self._spans.column(place.entry.key.start)
            lines = _block({"k": value}).splitlines()
        else:
            indicator = self._spans.after_dash(place.parent.node, place.index)
            column = self._spans.column(indicator - 1)
            lines = _block([value]).splitlines()
        inline = _restyled(value, node) or lines[0].partition(" ")[2]
        return self._in_block(indicator, node, inline, _shift(lines[1:], column))

    def add(self, node: Outline, part: str | int, value: JsonValue) -> str:
        """Return the text with a field or an item added at the end of a collection."""
        if not is_block(node):
            return self._add_in_flow(node, part, value)
        new = {part: value} if node.kind == "mapping" else [value]
        start = node.entries[0].key.start if node.kind == "mapping" else node.start
        lines = _shift(_block(new).splitlines(), self._spans.column(start))
        leaf = _last_leaf(node)
        newline = self._spans.newline
        if is_block_scalar(leaf) and self._text[leaf.end - 1] in "\r\n":
            place, inserted = leaf.end, newline.join([*lines, ""])
        else:
            place = self._spans.line_end(self._spans.end(node))
            inserted = newline.join(["", *lines])
        return self._text[:place] + inserted + self._text[place:]

    def remove(self, place: Place) -> str:
        """Return the text without a field or an item."""
        parent = place.parent
        if parent is None:
            raise ValueError
        children = len(parent.node.entries) or len(parent.node.items)
        if children == 1:
            return self.replace(parent, {} if parent.node.kind == "mapping" else [])
        if not is_block(parent.node):
            return self._remove_in_flow(parent.node, place.index)
        starts = self._starts(parent.node)
        start = starts[place.index]
        if not self._spans.is_first_on_line(start):
            return self._text[:start] + self._text[starts[place.index + 1] :]
        if place.entry is not None:
            end = self._spans.entry_end(place.entry)
        else:
            end = self._spans.item_end(parent.node, place.index)
        return self._without_lines(start, end)

    def _in_flow(self, place: Place, value: JsonValue) -> str:
        node, gap = place.node, ""
        if place.entry is not None and node.start == node.end:
            has_colon = ":" in self._text[place.entry.key.end : node.start]
            gap = " " if has_colon else ": "
        return self._text[: node.start] + gap + self._flow(value, node) + self._text[node.end :]

    def _in_block(self, indicator: int, node: Outline, inline: str, lines: list[str]) -> str:
        spans, text, newline = self._spans, self._text, self._spans.newline
        end = spans.end(node)
        below = "".join(newline + line for line in lines)
        inline = f" {inline}" if inline else ""
        if node.start == node.end:
            rest = spans.line_end(indicator)
            return text[:indicator] + inline + text[indicator:rest] + below + text[rest:]
        first_line_end = spans.line_end(indicator)
        if node.start <= first_line_end:
            tail = self._tail(node, end)
            head = text[:indicator] + (inline and text[indicator : node.start] + inline[1:])
            after = end if is_block_scalar(node) else spans.line_end(end)
            return head + tail + below + text[after:]
        head = text[:indicator] + inline + text[indicator:first_line_end]
        between = _LAST_LINE_BREAK.sub("", text[first_line_end : spans.line_start(node.start)])
        middle = below + between if inline else between + below
        return head + middle + text[spans.line_end(end) :]

    def _flow(self, value: JsonValue, old: Outline) -> str:
        """Return a value on one line: as JSON, unless it replaces text written otherwise."""
        is_plain = old.kind == "scalar" and not old.style
        if is_plain and isinstance(value, str) and _is_simple(value):
            was_text = isinstance(resolve_plain(self._text[old.start : old.end]), str)
            return value if was_text else json.dumps(value, ensure_ascii=False)
        return _restyled(value, old) or json.dumps(value, ensure_ascii=False)

    def _tail(self, node: Outline, end: int) -> str:
        """Return what stays behind a value on its line: spaces and a comment."""
        if is_block_scalar(node):
            header = _BLOCK_HEADER.search(self._text, node.start)
            end = node.start if header is None else header.end()
        return self._text[end : self._spans.line_end(end)]

    def _add_in_flow(self, node: Outline, part: str | int, value: JsonValue) -> str:
        text = self._text
        new = json.dumps(value, ensure_ascii=False)
        if node.kind == "mapping":
            key = str(part)
            has_quotes = not node.entries or node.entries[-1].key.style == '"'
            is_simple = _is_simple(key) and not has_quotes
            new = f"{key if is_simple else json.dumps(key, ensure_ascii=False)}: {new}"
        children = _flow_children(node)
        if not children:
            opening = text.index(node.style, node.start) + 1
            return text[:opening] + new + text[opening:]
        start, end = children[-1]
        separator = " "
        if self._spans.is_first_on_line(start):
            separator = self._spans.newline + text[self._spans.line_start(start) : start]
        return text[:end] + "," + separator + new + text[end:]

    def _remove_in_flow(self, node: Outline, index: int) -> str:
        children = _flow_children(node)
        if index == 0:
            return self._text[: children[0][0]] + self._text[children[1][0] :]
        return self._text[: children[index - 1][1]] + self._text[children[index][1] :]

    def _starts(self, node: Outline) -> list[int]:
        if node.kind == "mapping":
            return [entry.key.start for entry in node.entries]
        return [self._spans.dash(node, index) for index in range(len(node.items))]

    def _without_lines(self, start: int, end: int) -> str:
        """Return the text without the lines from an offset to another; no new last line break."""
        first, after = self._spans.line_start(start), self._spans.next_line(end)
        head, tail = self._text[:first], self._text[after:]
        if not tail and _LAST_LINE_BREAK.search(self._text) is None:
            head = _LAST_LINE_BREAK.sub("", head)
        return head + tail


def _block(value: JsonValue) -> str:
    return dump_documents([value])


def _shift(lines: list[str], column: int) -> list[str]:
    return [" " * column + line if line else line for line in lines]


def _restyled(value: JsonValue, old: Outline) -> str:
    """Return a string in the quotes of the value that it replaces, or nothing."""
    if not isinstance(value, str) or not value.isprintable() or old.kind != "scalar":
        return ""
    if old.style == '"':
        return json.dumps(value, ensure_ascii=False)
    return "'" + value.replace("'", "''") + "'" if old.style == "'" else ""


def _is_simple(text: str) -> bool:
    return _SIMPLE.fullmatch(text) is not None and is_plain_safe(text)


def _flow_children(node: Outline) -> list[tuple[int, int]]:
    """Return the spans of the fields or items of a collection in flow style."""
    fields = [(entry.key.start, max(entry.key.end, entry.value.end)) for entry in node.entries]
    return fields or [(item.start, item.end) for item in node.items]


def _last_leaf(node: Outline) -> Outline:
    while is_block(node):
        node = node.entries[-1].value if node.entries else node.items[-1]
    return node
