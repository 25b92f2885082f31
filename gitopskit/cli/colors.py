"""Colours: what a mood looks like on a terminal, and whether anything is coloured at all.

Without colours a line is its text, so that pipes and programs get nothing else.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitopskit.workflows.application_view import Line, Mood, Span

Color = Annotated[
    bool | None,
    typer.Option(
        "--color/--no-color",
        help="By default on a terminal, unless NO_COLOR is set.",
        show_default=False,
    ),
]

_CODES: Final[Mapping[Mood, str]] = {
    "good": "32",
    "busy": "33",
    "bad": "31",
    "quiet": "2",
    "strong": "1",
}
"""Source: ECMA-48, Select Graphic Rendition."""

STYLES: Final[Mapping[Mood, str]] = {
    "": "",
    "good": "green",
    "busy": "yellow",
    "bad": "red",
    "quiet": "dim",
    "strong": "bold",
}
"""The same for rich."""


def is_terminal() -> bool:
    """Tell whether results go to a terminal that can be painted."""
    return sys.stdout.isatty() and settings.current().terminal not in ("", "dumb")


def is_colored(*, asked: bool | None) -> bool:
    """Tell whether results are coloured: as was asked, or where a person looks at them."""
    if asked is not None:
        return asked
    return is_terminal() and not settings.current().forbids_color


def painted(lines: Iterable[Line], *, colored: bool) -> str:
    """Return lines as they are printed; what the output cannot show becomes ``?``."""
    text = "\n".join(
        "".join(_painted(span) if colored else span.text for span in line) for line in lines
    )
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)


def _painted(span: Span) -> str:
    code = _CODES.get(span.mood)
    return f"\x1b[{code}m{span.text}\x1b[0m" if code else span.text
