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
    for piece in sorted(pieces, key=lambda piece: (piece.start, piece.end)):
        if piece.start < done:
            raise ValueError("two pieces overlap")
        parts += filter(None, [text[done : piece.start]])
        if piece.is_lines and parts and not parts[-1].endswith(LINE_BREAKS):
            parts.append(piece.newline)
        parts += filter(None, [piece.new])
        if piece.is_lines and (piece.end < len(text) or text.endswith(LINE_BREAKS)):
            parts.append(piece.newline)
        done = piece.end
    return "".join([*parts, text[done:]])
