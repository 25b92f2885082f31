"""Places in a text: lines and columns as an editor counts them.

Owns the correction of libyaml's marks, which skip a leading byte order mark and count U+0085,
U+2028 and U+2029 as line ends.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import Final, Protocol

_BYTE_ORDER_MARK: Final = "\ufeff"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text; line and column count from 1, columns in characters."""

    line: int
    column: int

    def __str__(self) -> str:
        """Return ``line:column``."""
        return f"{self.line}:{self.column}"


class Mark(Protocol):
    """libyaml's idea of a place: an index in characters, without the byte order mark."""

    index: int
    line: int
    column: int


class LineIndex:
    """Turns libyaml's marks and plain offsets of one text into positions."""

    __slots__ = ("_starts", "_text", "shift")

    def __init__(self, text: str) -> None:
        """Keep the text; lines are counted at the first question."""
        self._text = text
        self._starts: list[int] = []
        self.shift = 1 if text.startswith(_BYTE_ORDER_MARK) else 0

    def offset(self, mark: Mark) -> int:
        """Return the offset in the text that a mark means."""
        return min(mark.index + self.shift, len(self._text))

    def at_mark(self, mark: Mark) -> Position:
        """Return the position that a mark means."""
        if self._text.isascii():  # nothing to correct, and isascii() costs nothing
            return Position(mark.line + 1, mark.column + 1)
        return self.at(self.offset(mark))

    def at(self, offset: int) -> Position:
        """Return the position of an offset; a byte order mark takes no column."""
        if not self._starts:
            self._starts = [self.shift, *(end.end() for end in _LINE_END.finditer(self._text))]
        line = max(bisect.bisect_right(self._starts, offset), 1)
        return Position(line, max(offset - self._starts[line - 1], 0) + 1)
