"""Where a command gets a secret value from: never from its arguments, which everybody can read."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.generators.spec import Generated
    from gitopskit.redaction import Plaintext

STDIN: Final = "-"
_HINT: Final = (
    "a value comes from a hidden prompt, from standard input, from --from-file FILE, or from "
    "--generate SPEC"
)
_LINE_BREAKS: Final = b"\r\n"

TAKES_MORE: Final = {"allow_extra_args": True}
"""Settings of a command that calls ``refuse_values``: typer's own error quotes what is too much."""

FromFile = Annotated[
    str, typer.Option("--from-file", help="Take the value from a file; `-` is stdin.")
]
Generate = Annotated[
    str,
    typer.Option("--generate", help="Make the value up: `password:length=24`.", metavar="SPEC"),
]
Trim = Annotated[
    bool, typer.Option("--trim", help="Take line breaks off the end of the value that is read.")
]
AllowEmpty = Annotated[bool, typer.Option("--allow-empty", help="Take an empty value, too.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSource:
    """Where a value is to come from, and what is done to it; empty where nothing was said.

    ``stdin_is_taken`` is for commands that read something else from standard input.
    """

    from_file: str = ""
    generate: str = ""
    trims: bool = False
    allows_empty: bool = False
    stdin_is_taken: bool = False


def refuse_values(file: str, *keys: str, more: Sequence[str]) -> None:
    """Check that no argument of a command may be a value: nothing like ``KEY=value``, and no more.

    Raises:
        InputError: one may be. It is not quoted.
    """
    is_misplaced = "=" in file and not Path(file).exists()
    if is_misplaced or any("=" in key for key in keys):
        raise InputError("a value must not stand in the command line", hint=_HINT)
    if more:
        raise InputError("there are more arguments than the command takes", hint=_HINT)


def read_values(source: ValueSource, *, question: str) -> Generated:
    """Return the value that a source gives, or the values of a generator, by their own names.

    Raises:
        InputError: it cannot be read, is larger than 1 MiB, or empty; or there is no source.
    """
    from gitopskit.clock import SystemClock
    from gitopskit.generators.known import WHOLE
    from gitopskit.generators.spec import Generated, generate, parse_generator

    if not source.generate:
        return Generated(items={WHOLE: _read(source, question=question)})
    generator = parse_generator(source.generate)
    given = _read(source, question=question) if source.from_file else None
    return generate(generator, now=SystemClock().now_utc(), password=given)


def _read(source: ValueSource, *, question: str) -> Plaintext:
    from gitopskit.sealing.secret_values import require_sizes_fit

    value = _raw(source, question=question)
    require_sizes_fit([len(value)], where=source.from_file)
    value = _ended(value, trims=source.trims)
    if not len(value) and not source.allows_empty:
        raise InputError("the value is empty", hint="give --allow-empty if it is meant to be")
    return value


def _raw(source: ValueSource, *, question: str) -> Plaintext:
    from gitopskit.redaction import Plaintext

    named = source.from_file
    if not named and not source.stdin_is_taken and not sys.stdin.isatty():
        named = STDIN
    if not named:
        from gitopskit.cli.prompts import ask_new_secret

        return ask_new_secret(question, hint=_HINT)
    if named == STDIN and source.stdin_is_taken:
        raise InputError(
            "standard input cannot be the file and the value", hint="name one of the two"
        )
    try:
        return Plaintext(output.read_input(named))
    except InputError as error:
        raise InputError(
            error.what,
            where="the value's file",
            hint="--from-file is for the name of a file, never for a value",
        ) from None  # the name may be a value that was put in the wrong place


def _ended(value: Plaintext, *, trims: bool) -> Plaintext:
    from gitopskit.redaction import Plaintext

    content = value.reveal()
    if trims:
        return Plaintext(content.rstrip(_LINE_BREAKS))
    if content.endswith((b"\n", b"\r")):
        output.note("note: the value ends with a line break, which is kept; --trim takes it off")
    return value
