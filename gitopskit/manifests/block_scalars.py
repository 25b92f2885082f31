"""Block scalars: the parts of ``|`` and ``>``, and other text in the same place and form.

Owns the header, the indentation and the end of such a value. What cannot be written in this form
is the business of whoever asked. Start at ``read_block_scalar``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from gitopskit.manifests.inline import UNREADABLE

Replacement: TypeAlias = tuple[int, int, str]
"""Where a piece of text begins and ends, and the text to put there."""

_HEADER: Final = re.compile(r"([|>])([1-9]?)([-+]?)([1-9]?)")
_LINE: Final = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockScalar:
    """One value in block style; all numbers are offsets in the text but ``indentation``.

    ``header_end`` is behind the last sign of the header, ``lines_start`` where the line below
    begins, ``lines_end`` where the last line of the value ends, without its line break, and
    ``end`` where the blank lines after it end. ``explicit`` is the digit in the header or empty.
    """

    style: str
    explicit: str
    chomping: str
    header_start: int
    header_end: int
    lines_start: int
    lines_end: int
    end: int
    indentation: int


def read_block_scalar(text: str, start: int, end: int) -> BlockScalar:
    """Return the parts of a block scalar whose header begins at an offset.

    Raises:
        ValueError: there is no header.
    """
    header = _HEADER.match(text, start)
    if header is None:
        raise ValueError("no block scalar begins here")
    style, before, chomping, after = header.groups()
    rows = list(_LINE.finditer(text, header.end(), end))
    below = [row for row in rows[1:] if row.start() < end]
    written = [row[1] for row in below if row[1].strip(" ")]
    indentation = min((len(line) - len(line.lstrip(" ")) for line in written), default=0)
    spaces = 0 if before or after else indentation or end
    own = [
        row.end(1) for row in below if chomping == "+" or row[1].strip(" ") or len(row[1]) > spaces
    ]
    return BlockScalar(
        style=style,
        explicit=before or after,
        chomping=chomping,
        header_start=start,
        header_end=header.end(),
        lines_start=rows[0].end(),
        lines_end=own[-1] if own else header.end(),
        end=end,
        indentation=indentation,
    )


def rewrite_block_scalar(
    scalar: BlockScalar, value: str, *, column: int, newline: str, is_open: bool
) -> list[Replacement] | None:
    """Return what makes a block scalar say something else, or None if this form cannot.

    Indentation, comments and, as far as the value allows it, the header stay: a text of one line
    stays folded, one of several lines becomes ``|``. ``column`` is that of the parent, ``is_open``
    says that the text ends without a line break in this value.
    """
    body = value.rstrip("\n")
    indentation = column + int(scalar.explicit) if scalar.explicit else scalar.indentation
    is_misread = not scalar.explicit and body.lstrip("\n")[:1] in {" ", "\t"}
    if not (body and indentation) or is_misread or UNREADABLE.search(value):
        return None
    ends = len(value) - len(body)
    chomping = _chomping(scalar.chomping, ends, is_open=is_open)
    style = "|" if "\n" in body.lstrip("\n") else scalar.style
    lines = [" " * indentation + line if line else "" for line in body.split("\n")]
    new, end = newline.join(lines), scalar.lines_end
    if "+" in {chomping, scalar.chomping}:  # the blank lines behind it belong to the value
        end = scalar.end
        ends = ends if is_open else max(ends, 1)
        new += newline * ends
    elif is_open and ends:
        new += newline
    replacements = [(scalar.lines_start, end, new)]
    if (style, chomping) != (scalar.style, scalar.chomping):
        header = style + scalar.explicit + chomping
        replacements.insert(0, (scalar.header_start, scalar.header_end, header))
    return replacements


def _chomping(old: str, ends: int, *, is_open: bool) -> str:
    """Return the sign for a number of line breaks at the end; the old one if it says the same."""
    if ends == 0:
        return old if old == "-" or is_open else "-"
    if ends == 1:
        return "" if old == "-" else old
    return "+"
