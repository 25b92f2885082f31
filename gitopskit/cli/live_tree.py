"""A tree that is painted again and again on a terminal, which gets its old content back at the end.

It is painted on the terminal's other screen, at its size of that moment; lines are cut at its edge.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from gitopskit.cli import output, settings
from gitopskit.cli.colors import STYLES, painted
from gitopskit.workflows.application_view import Span, fitted, table
from gitopskit.workflows.narrow_lines import narrowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitopskit.workflows.application_view import ApplicationView, Line

_OLD: Final = "the API server does not answer: this may be old"


class LiveTree:
    """What is painted now."""

    def __init__(self, live: Live, *, colored: bool) -> None:
        """Keep where to paint."""
        self._live = live
        self._colored = colored
        self.views: Sequence[ApplicationView] = ()

    def show(self, views: Sequence[ApplicationView], *, is_old: bool) -> None:
        """Paint how all are now."""
        self.views = views
        width, height = self._live.console.size
        foot = (Span(_OLD, "bad"),) if is_old else (Span(_summary(views), "quiet"),)
        lines = [*fitted(views, height=max(1, height - 1)), foot]
        texts = (self._text(narrowed(line, width=width)) for line in lines)
        self._live.update(Group(*texts), refresh=True)

    def leave(self) -> None:
        """Give the terminal back for as long as the program is suspended."""
        self._live.console.set_alt_screen(False)
        self._live.console.show_cursor()

    def come_back(self) -> None:
        """Take the terminal again."""
        self._live.console.set_alt_screen()
        self._live.console.show_cursor(show=False)

    def _text(self, line: Line) -> Text:
        spans = [(span.text, STYLES[span.mood] if self._colored else "") for span in line]
        return Text.assemble(*spans, no_wrap=True, overflow="ellipsis")


@contextmanager
def live_tree(*, colored: bool) -> Iterator[LiveTree]:
    """Yield a tree on a terminal; afterwards what was last seen is printed as a table."""
    console = Console(
        file=sys.stdout,
        force_terminal=True,
        color_system="standard",
        no_color=not colored,
        highlight=False,
        _environ={"TERM": settings.current().terminal},  # LINES and COLUMNS know of no resizing
    )
    live = Live(
        console=console,
        screen=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with live:
        tree = LiveTree(live, colored=colored)
        yield tree
    if tree.views:
        output.print_result(painted(table(tree.views), colored=colored))


def _summary(views: Sequence[ApplicationView]) -> str:
    ill = sum(not view.row.is_well for view in views)
    return f"Applications: {len(views)}, not well: {ill}. Control-C ends this."
