"""The questions of ``gitopskit init``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.cli.terminal_questions import Console, ask_text, open_console
from gitopskit.scaffold import answers

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Console", "ask_answers", "open_console"]

_SEPARATOR: Final = ","


def ask_answers(fallback: answers.RawAnswers, console: Console) -> answers.RawAnswers:
    """Ask for what a repository is made of; each answer is checked as it is given.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    name = ask_text(
        console, "Name of the repository", default=fallback.name, check=_checks_name("repository")
    )
    return answers.RawAnswers(
        name=name,
        repo_url=ask_text(
            console,
            "Where will the clusters fetch it from",
            default=f"https://git.example.com/{name}.git",
            check=answers.check_repo_url,
        ),
        environments=_ask_names(
            console, "Environments", answers.DEFAULT_ENVIRONMENTS, "environment"
        ),
        apps=_ask_names(console, "Example apps", (answers.DEFAULT_APP,), "app"),
        image=ask_text(
            console, "Image of the apps", default=answers.DEFAULT_IMAGE, check=answers.parse_image
        ),
    )


def _ask_names(
    console: Console, question: str, default: tuple[str, ...], what: str
) -> tuple[str, ...]:
    check = _checks_name(what)

    def check_all(text: str) -> None:
        for name in _split(text):
            check(name)

    return _split(
        ask_text(
            console,
            f"{question}, separated by commas",
            default=", ".join(default),
            check=check_all,
        )
    )


def _checks_name(what: str) -> Callable[[str], object]:
    return lambda text: answers.check_name(text, what)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(_SEPARATOR))
