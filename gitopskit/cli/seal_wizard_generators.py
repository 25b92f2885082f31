"""The wizard's questions about how a value is made: the options of generators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.cli import output
from gitopskit.cli.terminal_questions import Answer, ask_one, ask_text, ask_yes
from gitopskit.generators.spec import parse_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.cli.terminal_questions import Console
    from gitopskit.generators.known import GeneratorHelp, OptionHelp

_CHOICES: Final = "|"
_SEVERAL: Final = ","


def ask_generator(console: Console, generator: GeneratorHelp) -> str:
    """Ask for the options of a generator and return the text that names both.

    What must be given is asked for at once, everything else only if the person wants to change
    it.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    given: list[str] = []
    optional = [option for option in generator.options if option.default is not None]
    for option in generator.options:
        if option.default is None:
            given += _ask_option(console, generator, option, given)
    if optional and _wants_other_options(console, optional):
        for option in optional:
            given += _ask_option(console, generator, option, given)
    return _spec(generator, given)


def _wants_other_options(console: Console, options: Sequence[OptionHelp]) -> bool:
    usual = ", ".join(f"{option.name}={option.default}" for option in options if option.default)
    output.say(f"  usual: {usual}")
    return ask_yes(console, "Change any of that", default=False)


def _ask_option(
    console: Console, generator: GeneratorHelp, option: OptionHelp, given: Sequence[str]
) -> list[str]:
    """Ask for one option; return it as it is written, nothing if it stays as usual."""
    default = option.default or ""
    if _CHOICES in option.form:
        answers = [Answer(value=each, text=each) for each in option.form.split(_CHOICES)]
        text = ask_one(console, f"{option.name}: {option.summary}", answers, default=default)
    else:
        several = ", several with commas between" if option.is_repeatable else ""
        text = ask_text(
            console,
            f"{option.name}: {option.summary} ({option.form}{several})",
            default=default,
            check=lambda text: parse_generator(_spec(generator, [*given, *_written(option, text)])),
        )
    return _written(option, text)


def _written(option: OptionHelp, text: str) -> list[str]:
    if text == option.default:
        return []
    parts = text.split(_SEVERAL) if option.is_repeatable else [text]
    return [f"{option.name}={part.strip()}" for part in parts]


def _spec(generator: GeneratorHelp, given: Sequence[str]) -> str:
    return f"{generator.name}:{','.join(given)}" if given else generator.name
