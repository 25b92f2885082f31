"""The difference of two texts in the form that ``git diff`` and ``patch`` know."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_LINE_END: Final = "\\ No newline at end of file"


def unified_diff(before: str, after: str, *, path: str) -> str:
    """Return what changed in a file, empty if nothing did; an empty ``before`` is a new file.

    Only line feeds end a line, so a carriage return stays part of what is shown.
    """
    old = f"a/{path}" if before else "/dev/null"
    new = f"b/{path}" if after else "/dev/null"
    lines = difflib.unified_diff(_lines(before), _lines(after), fromfile=old, tofile=new)
    return "".join(_ended(lines))


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    if lines[-1] == "\n":
        return lines[:-1]
    return [*lines[:-1], lines[-1].removesuffix("\n")]


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_LINE_END}\n"
