"""The questions of ``gitopskit init``, asked on the terminal; the only user of questionary."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import questionary
from prompt_toolkit.input import create_input
from prompt_toolkit.output import create_output

from gitopskit.errors import InputError
from gitopskit.scaffold import answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

_SEPARATOR: Final = ","


@dataclass(frozen=True, slots=True)
class Console:
    """Where questions are asked and answered."""

    input: Input
    output: Output


def open_console() -> Console:
    """Return the terminal; questions go to standard error, because results own standard output."""
    return Console(create_input(), create_output(stdout=sys.stderr))


def ask_answers(fallback: answers.RawAnswers, console: Console) -> answers.RawAnswers:
    """Ask for what a repository is made of; each answer is checked as it is given.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    name = _ask(console, "Name of the repository", fallback.name, _checks_name("repository"))
    url = f"https://git.example.com/{name}.git"
    return answers.RawAnswers(
        name=name,
        repo_url=_ask(
            console, "Where will the clusters fetch it from", url, answers.check_repo_url
        ),
        environments=_ask_names(
            console, "Environments", answers.DEFAULT_ENVIRONMENTS, "environment"
        ),
        apps=_ask_names(console, "Example apps", (answers.DEFAULT_APP,), "app"),
        image=_ask(console, "Image of the apps", answers.DEFAULT_IMAGE, answers.parse_image),
    )


def _ask_names(
    console: Console, question: str, default: tuple[str, ...], what: str
) -> tuple[str, ...]:
    check = _checks_name(what)

    def check_all(text: str) -> None:
        for name in _split(text):
            check(name)

    return _split(_ask(console, f"{question}, separated by commas", ", ".join(default), check_all))


def _ask(console: Console, question: str, default: str, check: Callable[[str], object]) -> str:
    prompt = questionary.text(
        question,
        default=default,
        validate=lambda text: _verdict(check, text.strip()),
        input=console.input,
        output=console.output,
    )
    try:
        return str(prompt.unsafe_ask()).strip()
    except EOFError as error:  # Control-D
        raise KeyboardInterrupt from error


def _verdict(check: Callable[[str], object], text: str) -> bool | str:
    try:
        check(text)
    except InputError as error:
        return f"{error.what}: {error.hint}"
    return True


def _checks_name(what: str) -> Callable[[str], object]:
    return lambda text: answers.check_name(text, what)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(_SEPARATOR))
