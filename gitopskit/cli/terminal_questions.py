"""Questions that are asked on the terminal, for answers that may be seen; questionary's only user.

Questions go to standard error, because results own standard output. What is typed before a
question shows is its answer, except where ``drop_typed_ahead`` throws it away. Hidden answers are
prompts.py's.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import questionary
from prompt_toolkit.input import create_input
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.output import create_output

from gitopskit.cli import output
from gitopskit.cli.question_ending import ended_by_signals
from gitopskit.errors import GitopskitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output
    from questionary import Question

_HOW_TO_CHOOSE: Final = "(space chooses, Enter goes on)"


@dataclass(frozen=True, slots=True)
class Console:
    """Where questions are asked and answered."""

    input: Input
    output: Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that can be chosen: its value, its text, and why it cannot be chosen, if so."""

    value: str
    text: str
    problem: str = ""


def open_console() -> Console:
    """Return the terminal."""
    return Console(create_input(), create_output(stdout=sys.stderr))


def drop_typed_ahead(console: Console) -> None:
    """Throw away what was typed too early: behind a hidden question it would show in the next."""
    clear_typeahead(console.input)


def ask_text(
    console: Console, question: str, *, default: str = "", check: Callable[[str], object]
) -> str:
    """Ask for a line that a check accepts, and return it without spaces around it.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    prompt = questionary.text(
        question,
        default=default,
        validate=lambda text: _verdict(check, text.strip()),
        input=console.input,
        output=console.output,
    )
    return str(_asked(prompt)).strip()


def ask_path(
    console: Console, question: str, *, default: str = "", check: Callable[[str], object]
) -> str:
    """Ask for the path of a file, which Tab completes, and return it with ``~`` written out.

    The check runs when Enter is pressed, and gets the same.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    prompt = questionary.path(
        question,
        default=default,
        validate=lambda text: _verdict(check, _written_out(text)),
        validate_while_typing=False,
        input=console.input,
        output=console.output,
    )
    return _written_out(str(_asked(prompt)))


def ask_one(
    console: Console, question: str, answers: Sequence[Answer], *, default: str = ""
) -> str:
    """Ask for one of several answers and return its value.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    prompt = questionary.select(
        question,
        choices=_choices(answers),
        default=default or None,
        instruction=" ",
        input=console.input,
        output=console.output,
    )
    return str(_asked(prompt))


def ask_many(console: Console, question: str, answers: Sequence[Answer]) -> tuple[str, ...]:
    """Ask for at least one of several answers and return their values in this order.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    chosen: set[str] = set()
    while not chosen:
        prompt = questionary.checkbox(
            question,
            choices=_choices(answers),
            instruction=_HOW_TO_CHOOSE,
            input=console.input,
            output=console.output,
        )
        chosen = set(_asked(prompt))
        if not chosen:  # the library's own message needs a terminal that tells its height
            output.say("  choose at least one, with the space bar")
    return tuple(answer.value for answer in answers if answer.value in chosen)


def ask_yes(console: Console, question: str, *, default: bool) -> bool:
    """Ask a question that is answered by yes or no.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    prompt = questionary.confirm(
        question, default=default, input=console.input, output=console.output
    )
    return bool(_asked(prompt))


def _written_out(text: str) -> str:
    return os.path.expanduser(text.strip())  # noqa: PTH111 -- Path.expanduser fails without a home


def _choices(answers: Sequence[Answer]) -> list[questionary.Choice]:
    return [
        questionary.Choice(answer.text, value=answer.value, disabled=answer.problem or None)
        for answer in answers
    ]


def _asked(prompt: Question) -> Any:  # noqa: ANN401 -- as questionary has it; each caller knows
    try:
        with ended_by_signals() as ending:
            return prompt.application.run(
                pre_run=lambda: ending.watch(prompt.application), handle_sigint=False
            )
    except EOFError as error:  # Control-D
        raise KeyboardInterrupt from error


def _verdict(check: Callable[[str], object], text: str) -> bool | str:
    try:
        check(text)
    except GitopskitError as error:
        return f"{error.what}: {error.hint}" if error.hint else error.what
    return True
