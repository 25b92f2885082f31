"""Where the text of a node really begins and ends, and the lines around it.

Owns the geometry under edit.py: libyaml ends a block collection at the next token, comments
between included, and tells no place of ``:`` and ``-``. Offsets count characters of the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.manifests.outline import Entry, Outline

_BLOCK_SCALARS: Final = frozenset("|>")
_LINE_END: Final = re.compile(r"\r?\n|\r|\Z")


class Spans:
    """Answers questions about one text."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def end(self, node: Outline) -> int:
        """Return the offset after the last character of a node, comments behind it left out."""
        if is_block_scalar(node):
            return max(len(self.text[: node.end].rstrip()), node.start + 1)
        if node.entries and is_block(node):
            return self.entry_end(node.entries[-1])
        if node.items and is_block(node):
            return self.item_end(node, len(node.items) - 1)
        return node.end

    def entry_end(self, entry: Entry) -> int:
        """Return the offset after a field: after its value, or after ``:`` if that is empty."""
        return max(self.after_colon(entry), self.end(entry.value))

    def item_end(self, sequence: Outline, index: int) -> int:
        """Return the offset after an item: after its value, or after ``-`` if that is empty."""
        return max(self.after_dash(sequence, index), self.end(sequence.items[index]))

    def after_colon(self, entry: Entry) -> int:
        """Return the offset after the ``:`` of a field."""
        return self.text.index(":", entry.key.end) + 1

    def after_dash(self, sequence: Outline, index: int) -> int:
        """Return the offset after the ``-`` of an item of a sequence in block style."""
        return self.dash(sequence, index) + 1

    def dash(self, sequence: Outline, index: int) -> int:
        """Return the offset of the ``-`` of an item of a sequence in block style."""
        if index == 0:
            return sequence.start
        column = self.column(sequence.start)
        place = self.next_line(self.item_end(sequence, index - 1)) + column
        while self.text[place : place + 1] != "-" or self.column(place) != column:
            line = self.next_line(place)
            if line == len(self.text):
                raise ValueError("the dash of an item is not where it is expected")
            place = line + column
        return place

    def line_start(self, offset: int) -> int:
        """Return where the line of an offset begins, a byte order mark left out."""
        before = self.text[:offset]
        start = max(before.rfind("\n"), before.rfind("\r")) + 1
        return start + (1 if self.text[start : start + 1] == "\ufeff" else 0)

    def line_end(self, offset: int) -> int:
        """Return where the line of an offset ends, before the line break."""
        match = _LINE_END.search(self.text, offset)
        return len(self.text) if match is None else match.start()

    def next_line(self, offset: int) -> int:
        """Return where the line after that of an offset begins; the end of the text at last."""
        match = _LINE_END.search(self.text, offset)
        return len(self.text) if match is None else match.end()

    def column(self, offset: int) -> int:
        """Return how many characters stand before an offset on its line."""
        return offset - self.line_start(offset)

    def is_first_on_line(self, offset: int) -> bool:
        """Whether nothing but spaces stands before an offset on its line."""
        return not self.text[self.line_start(offset) : offset].strip(" \t")


def is_block(node: Outline) -> bool:
    """Whether a collection is written in block style."""
    return node.kind in {"mapping", "sequence"} and not node.style


def is_block_scalar(node: Outline) -> bool:
    """Whether a scalar is written as ``|`` or ``>``."""
    return node.kind == "scalar" and node.style in _BLOCK_SCALARS
