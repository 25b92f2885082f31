"""Pieces of a text to replace, and the text that they give together.

Owns the order of pieces and the line breaks around added lines. Knows nothing of YAML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


LINE_BREAKS: Final = ("\n", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What stands from ``start`` to ``end`` (offsets) and the new text for it.

    With ``is_lines`` the new text is whole lines without the last line break, and ``start`` is
    where a line begins or the end of the text; ``newline`` goes where a line break is missing.
    """

    start: int
    end: int
    new: str = field(default="", repr=False)  # it may hold a Secret
    is_lines: bool = False
    newline: str = "\n"


def join_pieces(text: str, pieces: Iterable[Piece]) -> str:
    """Return the text with all pieces replaced; those at one place stay in their order.

    Raises:
        ValueError: two pieces overlap.
    """
    parts: list[str] = []
    done = 0
    is_line_open = False
    has_last_break = text.endswith(LINE_BREAKS)
    for piece in sorted(pieces, key=lambda piece: (piece.start, piece.end)):
        if piece.start < done:
            raise ValueError("two pieces overlap")
        before = text[done : piece.start] + ("" if piece.is_lines else piece.new)
        done = piece.end
        parts.append(before)
        is_line_open = not before.endswith(LINE_BREAKS) if before else is_line_open
        if piece.is_lines:
            parts += [piece.newline if is_line_open else "", piece.new]
            is_line_open = done == len(text) and not has_last_break
            parts.append("" if is_line_open else piece.newline)
    return "".join([*parts, text[done:]])
