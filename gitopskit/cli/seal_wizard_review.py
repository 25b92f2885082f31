"""The end of the wizard: the change is shown, agreed to and written, and said as a command."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import typer

from gitopskit.cli import output
from gitopskit.cli.terminal_questions import ask_yes
from gitopskit.comparison.text_diff import unified_diff
from gitopskit.redaction import show_controls
from gitopskit.sealedfiles.planned_file import write_planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.cli.terminal_questions import Console
    from gitopskit.sealedfiles.planned_file import PlannedFile

_LONGEST_LINE: Final = 120
_SHOWN_OF_LONGER: Final = 60
"""Characters of a line of the difference that are shown: an envelope has seven hundred."""


def review(
    console: Console, files: Sequence[PlannedFile], *, notes: Sequence[str], is_dry_run: bool
) -> None:
    """Show what is to change, ask for agreement, write it, and print which files were written.

    Raises:
        ChangedMeanwhile: somebody else changed a file meanwhile.
        EnvironmentFault: a file cannot be written.
        KeyboardInterrupt: the person gave up.
        Abort: the person did not agree.
    """
    for file in files:
        _show(file)
    if not is_dry_run:
        if not ask_yes(console, "Write this", default=True):
            output.note("nothing was written")
            raise typer.Abort
        for file in write_planned(files):
            output.print_result(_shown(file))
    for note in notes:
        output.note(note)


def tell_command(command: str, *, takes_typed_values: bool) -> None:
    """Say how to do the same without questions."""
    output.say()
    output.say("The same without questions:")
    output.say(f"  {command}")
    if takes_typed_values:
        output.say("What was typed here is asked for at a terminal, and read from standard input")
        output.say("elsewhere; the name of a file may stand in the place of `-`.")


def _show(file: PlannedFile) -> None:
    before = (file.before or b"").decode()
    for line in unified_diff(before, file.text, path=_shown(file)).splitlines():
        shown = show_controls(line)
        cut = f"{shown[:_SHOWN_OF_LONGER]}… ({len(shown)} characters)"
        output.say(cut if len(shown) > _LONGEST_LINE else shown)


def _shown(file: PlannedFile) -> str:
    return os.path.relpath(file.path)
