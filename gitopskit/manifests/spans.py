"""Where the text of a node really begins and ends, and the lines around it.

Owns the geometry under edit.py: libyaml begins a node at its anchor or tag, ends a block
collection at the next token, comments between included, and tells no place of ``:`` and ``-``.
Offsets count characters of the text.
"""

from __future__ import annotations

import bisect
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.block_scalars import read_block_scalar

if TYPE_CHECKING:
    from gitopskit.manifests.block_scalars import BlockScalar
    from gitopskit.manifests.outline import Entry, Outline

_BLOCK_SCALARS: Final = frozenset("|>")
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")
_GAP: Final = r"(?:[ \t\r\n]|(?<=[ \t\r\n])\#[^\r\n]*)*"
_COLON: Final = re.compile(_GAP + ":")
_PROPERTY: Final = re.compile(r"[&!]\S*")
_AFTER_PROPERTY: Final = re.compile(_GAP)
_SPACES: Final = re.compile(r"[ \t]*")


class Spans:
    """Answers questions about one text, each in a time that the place asked for decides."""

    def __init__(self, text: str) -> None:
        """Keep the text; lines are counted at the first question."""
        self.text = text
        self._dashes: dict[int, list[int]] = {}

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_BREAK.finditer(self.text))]

    def properties(self, node: Outline) -> list[tuple[int, int]]:
        """Return the spans of a node's anchor and tag, in the order in which they stand."""
        count = bool(node.anchor) + (node.tag is not None)
        spans: list[tuple[int, int]] = []
        place = node.start
        while len(spans) < count and (match := _PROPERTY.match(self.text, place, node.end)):
            spans.append(match.span())
            place = self._after_property(match.end(), node.end)
        return spans

    def body(self, node: Outline) -> int:
        """Return where a node begins, its anchor and its tag left out."""
        properties = self.properties(node)
        return self._after_property(properties[-1][1], node.end) if properties else node.start

    def end(self, node: Outline) -> int:
        """Return the offset after the last character of a node, comments behind it left out."""
        if is_block_scalar(node):
            return self.block_scalar(node).lines_end
        if node.entries and is_block(node):
            return self.entry_end(node.entries[-1])
        if node.items and is_block(node):
            return self.item_end(node, len(node.items) - 1)
        return node.end

    def entry_start(self, entry: Entry) -> int:
        """Return the offset of a field: of its name, or of the ``?`` before it."""
        start = entry.key.start
        before = self.text[self.line_start(start) : start].rstrip(" \t")
        is_explicit = before[-1:] == "?" and before[-2:-1] in {"", " ", "\t"}
        if is_explicit and _COLON.match(self.text, entry.key.end):
            return self.line_start(start) + len(before) - 1
        return start

    def entry_end(self, entry: Entry) -> int:
        """Return the offset after a field: after its value, or after ``:`` if that is empty."""
        colon = _COLON.match(self.text, entry.key.end)
        return max(entry.key.end if colon is None else colon.end(), self.end(entry.value))

    def item_end(self, sequence: Outline, index: int) -> int:
        """Return the offset after an item: after its value, or after ``-`` if that is empty."""
        return max(self.dash(sequence, index) + 1, self.end(sequence.items[index]))

    def after_colon(self, entry: Entry) -> int:
        """Return the offset after the ``:`` of a field.

        Raises:
            ValueError: it has none.
        """
        colon = _COLON.match(self.text, entry.key.end)
        if colon is None:
            raise ValueError("a name without a colon")
        return colon.end()

    def dash(self, sequence: Outline, index: int) -> int:
        """Return the offset of the ``-`` of an item of a sequence in block style.

        Raises:
            ValueError: it is not where it is expected.
        """
        dashes = self._dashes.get(sequence.start)
        if dashes is None:
            dashes = self._dashes[sequence.start] = [self.body(sequence)]
            column = self.column(dashes[0])
            for item in sequence.items[:-1]:
                end = max(dashes[-1] + 1, self.end(item))
                dashes.append(self._next_dash(self.next_line(end), column))
        return dashes[index]

    def _next_dash(self, line: int, column: int) -> int:
        while line < len(self.text):
            place = line + column
            if self.text[place : place + 1] == "-" and self.line_start(place) == line:
                return place
            line = self.next_line(line)
        raise ValueError("the dash of an item is not where it is expected")

    def line_start(self, offset: int) -> int:
        """Return where the line of an offset begins, a byte order mark left out."""
        start = self._starts[bisect.bisect_right(self._starts, offset) - 1]
        return start + (1 if self.text[start : start + 1] == "\ufeff" else 0)

    def line_end(self, offset: int) -> int:
        """Return where the line of an offset ends, before the line break."""
        end = self.next_line(offset)
        return max(end - len(self._break_before(end)), offset)

    def next_line(self, offset: int) -> int:
        """Return where the line after that of an offset begins; the end of the text at last."""
        line = bisect.bisect_right(self._starts, offset)
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def newline(self, offset: int) -> str:
        """Return the line break that is usual about an offset: of its line, or of the first."""
        end = self.next_line(offset)
        return self._break_before(end) or self._break_before(self.next_line(0)) or "\n"

    def _break_before(self, line: int) -> str:
        """Return the line break that ends before a place where a line begins."""
        if self.text[max(line - 2, 0) : line] == "\r\n":
            return "\r\n"
        last = self.text[line - 1 : line]
        return last if last and last in "\r\n" else ""

    def column(self, offset: int) -> int:
        """Return how many characters stand before an offset on its line."""
        return offset - self.line_start(offset)

    def indentation(self, offset: int) -> str:
        """Return the spaces and tabs that the line of an offset begins with."""
        start = self.line_start(offset)
        return self.text[start : self.after_spaces(start)]

    def is_first_on_line(self, offset: int) -> bool:
        """Whether nothing but spaces stands before an offset on its line."""
        return self.after_spaces(self.line_start(offset)) >= offset

    def after_spaces(self, offset: int) -> int:
        """Return the offset after the spaces and tabs at an offset."""
        spaces = _SPACES.match(self.text, offset)
        return spaces.end() if spaces else offset

    def _after_property(self, offset: int, end: int) -> int:
        gap = _AFTER_PROPERTY.match(self.text, offset, end)
        return gap.end() if gap else offset

    def block_scalar(self, node: Outline) -> BlockScalar:
        """Return the parts of a value in block style."""
        return read_block_scalar(self.text, self.body(node), node.end)


def is_block(node: Outline) -> bool:
    """Whether a collection is written in block style."""
    return node.kind in {"mapping", "sequence"} and not node.style


def is_block_scalar(node: Outline) -> bool:
    """Whether a scalar is written as ``|`` or ``>``."""
    return node.kind == "scalar" and node.style in _BLOCK_SCALARS
