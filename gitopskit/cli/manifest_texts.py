"""Where commands that seal and unseal read their manifests, and in which format they write them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from gitopskit.cli import output
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.sealedfiles.texts import TextFormat

_STDIO: Final = "-"


def source_of(file: str, flagged: str, *, flag: str) -> str:
    """Return where to read: the argument, the flag's value, or standard input.

    Raises:
        InputError: both are given.
    """
    if file and flagged:
        raise InputError(f"both FILE and {flag} are given", hint="give one of them")
    return file or flagged or _STDIO


def read_source(source: str) -> bytes:
    """Return what is to be worked on; tells a person at a terminal that we wait for input."""
    if source == _STDIO and sys.stdin.isatty():
        output.note("reading manifests from the terminal; end them with Ctrl-D")
    return output.read_input(source)


def choose_format(asked: TextFormat | None, *, target: str) -> TextFormat:
    """Return the format asked for, or that of the target's name, or what suits its reader."""
    at_terminal: TextFormat = "yaml" if sys.stdout.isatty() else "json"
    return named_format(asked, target=target) or at_terminal


def named_format(asked: TextFormat | None, *, target: str) -> TextFormat | None:
    """Return the format asked for, or that of the target's name, or None.

    A file that is called YAML never holds JSON, whatever is asked for; as with kubeseal.
    """
    from gitopskit.sealedfiles.texts import format_of

    promised = format_of(target)
    return "yaml" if promised == "yaml" else asked or promised


def appendable(text: str, form: TextFormat) -> str:
    """Return a text that may follow another one: YAML begins with a marker, as kubeseal's does."""
    return f"---\n{text}" if form == "yaml" else text
