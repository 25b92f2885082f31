"""What is said of a command line that cannot be read: never a word that may be a secret value.

Whoever types a value as an argument, against all advice, must not find it in the log of a pipeline
as well. What is repeated has the shape of the option or command that it was taken for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typer.exceptions import TyperException

_EXTRA_ARGUMENTS: Final = "Got unexpected extra argument"
_INVALID_VALUE: Final = re.compile(
    r"(Invalid value for '[^']*'(?: / '[^']*')*: ).* "
    r"(is not (?:one of|a valid|in the range)|does not match)",
    re.DOTALL,
)
_UNKNOWN: Final = re.compile(
    r"No such (?:option: (?P<option>\S*)|command '(?P<command>.*?)'\.)", re.DOTALL
)
_WORD: Final = re.compile(r"-{0,2}[a-z]+(?:-[a-z]+)*")
"""Options and commands of ours are words in lower case; few values are."""


def usage_message(error: TyperException) -> str:
    """Return what is wrong with a command line, in lower case and without a final stop.

    Source of the texts that are told apart here: typer, _click/core.py, _click/parser.py and
    _click/types.py; tests/cli/test_misplaced_values.py fails if they are others one day.
    """
    message = error.format_message()
    if message.startswith(_EXTRA_ARGUMENTS):
        return "there are more arguments than the command takes"
    message = _INVALID_VALUE.sub(r"\1this \2", message)
    unknown = _UNKNOWN.match(message)
    if unknown and not _WORD.fullmatch(unknown["option"] or unknown["command"] or ""):
        return "there is no such " + ("command" if unknown["option"] is None else "option")
    return f"{message[:1].lower()}{message[1:].rstrip('.')}"
