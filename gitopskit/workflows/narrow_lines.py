"""Lines of a tree on a narrow terminal: what an object is called gives way to how it is.

Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.workflows.application_view import Line

_CUT: Final = "…"


def narrowed(line: Line, *, width: int) -> Line:
    """Return a line whose health, or else its state, ends within the width where that can be.

    The name is cut first, then the state. What stands behind is cut by the terminal.
    """
    words = [index for index, span in enumerate(line) if span.role == "word"]
    names = [index for index, span in enumerate(line) if span.role == "name"]
    if not words:
        return line
    spans = list(line)
    for index in (*names, *words[:-1]):
        over = sum(len(span.text) for span in spans[: words[-1] + 1]) - width
        text = spans[index].text
        if over > 0 and len(text) > 1:
            kept = max(0, len(text) - over - len(_CUT))
            spans[index] = replace(spans[index], text=text[:kept] + _CUT)
    return tuple(spans)
