"""Declared health: rules that people write for a kind, in place of ours. Pure.

A rule is lines of ``WORD: EXPRESSION``. Several lines with one word are alternatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.health.expressions import Expression, Path, parse, parse_path
from gitopskit.health.verdict import HEALTHY, Health, waiting
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.health.verdict import Status
    from gitopskit.manifests.json_types import JsonObject

Kind = tuple[str, str]
"""A group, empty for the core group, and a kind."""

_IN_ORDER: Final[tuple[tuple[str, Status], ...]] = (
    ("progressing", "Progressing"),
    ("degraded", "Degraded"),
    ("suspended", "Suspended"),
    ("healthy", "Healthy"),
)
_WORDS: Final = {word for word, _ in _IN_ORDER}
_MESSAGE: Final = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What makes objects of a kind healthy and what does not; ``problem`` if it cannot be read."""

    alternatives: tuple[tuple[str, Expression], ...] = ()
    message: Path | None = None
    problem: str = ""

    def judge(self, content: JsonObject) -> Health:
        """Return the health of an object whose status speaks of its present spec."""
        if self.problem:
            return Health("Unknown", self.problem)
        for word, status in _IN_ORDER:
            if any(name == word and it.holds(content) for name, it in self.alternatives):
                told = scrub(self.message.text_in(content)) if self.message else ""
                return Health(status, "" if status == "Healthy" else told)
        if any(name == "healthy" for name, _ in self.alternatives):
            return waiting("what is declared as healthy does not hold yet")
        return HEALTHY


def rules_of(data: Mapping[str, str]) -> dict[Kind, Rule]:
    """Return the rules by kind; a key is ``<group>_<Kind>``, or the kind alone without a group."""
    found: dict[Kind, Rule] = {}
    for key, text in data.items():
        group, _, kind = key.rpartition("_")
        try:
            found[group, kind] = parse_rule(text)
        except InputError as error:
            hint = f"; {error.hint}" if error.hint else ""
            message = f"the declared health of {key} cannot be read: {error.what}{hint}"
            found[group, kind] = Rule(problem=message)
    return found


def parse_rule(text: str) -> Rule:
    """Return the rule that lines of text say.

    Raises:
        InputError: a line has another word, or its expression is none.
    """
    alternatives: list[tuple[str, Expression]] = []
    message: Path | None = None
    for line in text.splitlines():
        word, _, said = (part.strip() for part in line.partition(":"))
        if not word or word.startswith("#"):
            continue
        if word == _MESSAGE:
            message = parse_path(said)
        elif word in _WORDS:
            alternatives.append((word, parse(said)))
        else:
            raise InputError(
                f"the word {word[:40]}",
                hint="a line begins with healthy, degraded, progressing, suspended or message",
            )
    if not alternatives:
        raise InputError("it says nothing")
    return Rule(alternatives=tuple(alternatives), message=message)
