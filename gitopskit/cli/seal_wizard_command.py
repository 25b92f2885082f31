"""What the wizard did, as commands without questions; no value stands in them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from gitopskit.cli.seal_values import STDIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitopskit.cli.seal_wizard_places import SealTarget
    from gitopskit.cli.seal_wizard_values import NewValues, Source

_BREAK: Final = " \\\n  "


def command_of(target: SealTarget, new: NewValues, *, file_name: str) -> str:
    """Return the command, or one command for each value where a file is changed in its place.

    A value that was typed is taken from standard input there, or asked for at a terminal.
    """
    if target.changed_file:
        return "\n".join(_set_command(target, source) for source in new.sources)
    sources = (word for source in new.sources for word in source)
    file = ("-w", file_name) if file_name else ()
    words = [*target.flags, *sources, *new.flags, *file]
    return _BREAK.join(["gitopskit seal", *_lines(words)])


def takes_typed_values(new: NewValues) -> bool:
    """Whether a value was typed, so that the command needs it again."""
    return any(_is_typed(source) for source in new.sources)


def _set_command(target: SealTarget, source: Source) -> str:
    flag, word = source
    key, equals, rest = word.partition("=")
    if not equals or ":" in key:
        key, rest = "", word
    value = [] if _is_typed(source) else [flag, rest]
    words = ["seal", "set", target.changed_file, *([key] if key else []), *value, *target.flags]
    return shlex.join(["gitopskit", *words])


def _is_typed(source: Source) -> bool:
    return source[1].partition("=")[2] == STDIN


def _lines(words: Sequence[str]) -> Iterator[str]:
    """Yield each flag with its value, fit for a shell."""
    line: list[str] = []
    for word in words:
        if line and word.startswith("-"):
            yield shlex.join(line)
            line = []
        line.append(word)
    if line:
        yield shlex.join(line)
