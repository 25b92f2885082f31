"""The values of a new Secret as `--from-file` and `--generate` name them, and the wizard likewise.

A value never stands in the command line, and no error quotes what stands there in its place.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from gitopskit.cli import output
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gitopskit.generators.spec import Generated, Generator
    from gitopskit.redaction import Plaintext

STDIN: Final = "-"
_HINT: Final = "give it in a file, --from-file KEY=FILE, or on standard input, --from-file KEY=-"
_LINE_BREAKS: Final = b"\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedValues:
    """Values by item, what is to be told about them, and the types that generators suggest."""

    values: Mapping[str, Plaintext] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()

    @property
    def secret_type(self) -> str:
        """Return the type of a Secret of these values, if nobody asks for another."""
        from gitopskit.generators.known import OPAQUE_TYPE

        special = self.types - {OPAQUE_TYPE}
        return next(iter(special)) if len(special) == 1 else OPAQUE_TYPE

    def and_more(self, other: CollectedValues) -> CollectedValues:
        """Return both together.

        Raises:
            InputError: an item is in both.
        """
        for key in other.values:
            if key in self.values:
                raise InputError(f"the item {key} is given twice", hint="give it once")
        return CollectedValues(
            values={**self.values, **other.values},
            notes=(*self.notes, *other.notes),
            types=self.types | other.types,
        )


def collect_values(
    from_file: Sequence[str],
    generate: Sequence[str],
    *,
    now: datetime,
    allows_empty: bool = False,
) -> CollectedValues:
    """Return the values that ``[KEY=]FILE`` and ``[KEY=]SPEC`` texts stand for.

    ``KEY=-`` is standard input, once; at a terminal it is asked for without showing it. A
    generator that names its items itself takes no key.

    Raises:
        InputError: a text is malformed, a file cannot be read, a value is empty or too large, a
            key is none that a Secret can have or is given twice, or there is no such generator.
        KeyboardInterrupt: the person at the terminal gave up.
    """
    files = [_file_of(text) for text in from_file]
    generators = [_generator_of(text) for text in generate]
    _require_one_stdin(path for _, path in files)
    collected = CollectedValues()
    for key, path in files:
        collected = collected.and_more(_of_file(key, path, allows_empty=allows_empty))
    for key, generator in generators:
        collected = collected.and_more(_of_generator(key, generator, now=now))
    return collected


def named_items(made: Generated, key: str) -> dict[str, Plaintext]:
    """Return what a generator made by the item that each value is for.

    A single value goes by the key that was given, and only then by the generator's own name.

    Raises:
        InputError: several values cannot have one key, or a single one has none at all.
    """
    from gitopskit.generators.known import WHOLE

    items = dict(made.items)
    if len(items) > 1 and key:
        raise InputError(
            f"this generator names its items itself: {', '.join(items)}", hint="leave out KEY"
        )
    if len(items) == 1 and key:
        return dict.fromkeys([key], *items.values())
    if WHOLE in items:
        raise InputError("the generator makes one value, for no KEY", hint="write KEY=SPEC")
    return items


def _file_of(text: str) -> tuple[str, str]:
    """Return the key and the path; without a key it is the file's name, as kubectl has it."""
    from gitopskit.sealing.secret_values import require_item_keys

    key, equals, path = text.partition("=")
    if not equals:
        key, path = PurePath(text).name, text
    if not path or path == key == STDIN:
        raise InputError("--from-file is not of the form KEY=FILE", hint=_HINT)
    require_item_keys([key], where="--from-file")
    return key, path


def _generator_of(text: str) -> tuple[str, Generator]:
    """Return the key, if there is one, and the generator; behind a colon all is the generator's."""
    from gitopskit.generators.spec import parse_generator
    from gitopskit.sealing.secret_values import require_item_keys

    key, equals, spec = text.partition("=")
    if not equals or ":" in key:
        return "", parse_generator(text)
    require_item_keys([key], where="--generate")
    return key, parse_generator(spec)


def _require_one_stdin(paths: Iterable[str]) -> None:
    if list(paths).count(STDIN) > 1 and not sys.stdin.isatty():
        raise InputError("standard input can be one value only", hint=_HINT)


def _of_file(key: str, path: str, *, allows_empty: bool) -> CollectedValues:
    from gitopskit.sealing.secret_values import require_sizes_fit

    value = _raw(key, path)
    require_sizes_fit([len(value)], where=f"--from-file {key}")
    if not len(value) and not allows_empty:
        raise InputError(
            f"the value of {key} is empty", hint="give --allow-empty-data if it is meant to be"
        )
    return CollectedValues(values={key: value}, notes=tuple(_about(key, value)))


def _of_generator(key: str, generator: Generator, *, now: datetime) -> CollectedValues:
    from gitopskit.generators.spec import generate

    made = generate(generator, now=now)
    has_own_items = not key or key in made.items
    return CollectedValues(
        values=named_items(made, key),
        notes=made.notes,
        types=frozenset([made.secret_type] if has_own_items else []),
    )


def _raw(key: str, path: str) -> Plaintext:
    from gitopskit.redaction import Plaintext

    if path == STDIN and sys.stdin.isatty():
        from gitopskit.cli.prompts import ask_new_secret

        return ask_new_secret(f"{key}: ", hint=_HINT)
    try:
        return Plaintext(output.read_input(path))
    except InputError as error:
        raise InputError(
            error.what,
            where="--from-file" if key == PurePath(path).name else f"--from-file {key}",
            hint="behind the `=` stands the name of a file, never a value",
        ) from None  # path, and key without a `=`, may be a value that was put there


def _about(key: str, value: Plaintext) -> Iterator[str]:
    """Yield what a person may have overlooked: `echo` ends a value with a line break."""
    content = value.reveal()
    line = content.rstrip(_LINE_BREAKS)
    if line != content and not any(byte in _LINE_BREAKS for byte in line):
        yield f"the value of {key} ends with a line break, which is kept"
