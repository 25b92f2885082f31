"""The question before a command writes into a cluster, and the flag that answers it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gitopskit.errors import InputError

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")]


def require_agreement(*, is_given: bool) -> None:
    """Ask a person whether to go on, unless that was answered by a flag.

    Raises:
        InputError: there is no terminal to ask on.
        Abort: the answer is no.
    """
    if is_given:
        return
    if not sys.stdin.isatty():
        raise InputError(
            "there is no terminal to ask on", hint="pass `--yes` to do what the plan says"
        )
    if not typer.confirm("Do this?", err=True):
        raise typer.Abort
