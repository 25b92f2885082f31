"""The reference for templates: text/template with sprig, as the Bitnami controller has them."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.controlplane.build import GoModule
from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate.budget import Budget
from gitopskit.gotemplate.template import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TEMPLATES: Final = GoModule(
    name="templates",
    folder=Path(__file__).parents[1] / "tools" / "templates",
    packages=("./rendertemplates",),
    cost="seconds",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A template and its values."""

    template: str
    values: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case: the output, or why there is none; ``is_refused`` is ours alone."""

    output: bytes | None
    problem: str = ""
    is_refused: bool = False


def by_us(case: Case) -> Outcome:
    """Render a case with our own evaluator, with a budget of its own."""
    try:
        output = render(case.template, name="item", values=case.values, budget=Budget())
    except TemplateFailed as error:
        return Outcome(None, str(error), isinstance(error, TemplateRefused))
    return Outcome(output)


def by_go(program: Path, cases: Sequence[Case]) -> list[Outcome]:
    """Render cases with Go, all in one process."""
    asked = "".join(
        json.dumps(
            {
                "template": _encoded(case.template.encode()),
                "data": {key: _encoded(value) for key, value in case.values.items()},
            }
        )
        + "\n"
        for case in cases
    )
    answered = subprocess.run(
        [program], input=asked.encode(), capture_output=True, check=True, timeout=120
    ).stdout
    return [_outcome(json.loads(line)) for line in answered.splitlines()]


def functions_of_go(program: Path) -> set[str]:
    """Return the names of the functions that the reference knows, built-in ones aside."""
    listed = subprocess.run([program, "functions"], capture_output=True, check=True, timeout=30)
    return set(listed.stdout.decode().split())


def differences(cases: Iterable[Case], outcomes: Iterable[tuple[Outcome, Outcome]]) -> list[str]:
    """Return what neither equals Go's output, nor fails where Go fails, nor is refused."""
    return [
        f"{case.template!r} with {case.values!r}: we {ours}, Go {theirs}"
        for case, (ours, theirs) in zip(cases, outcomes, strict=True)
        if not ours.is_refused and ours.output != theirs.output
    ]


def _encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


def _outcome(answer: Mapping[str, str | None]) -> Outcome:
    if answer["error"]:
        return Outcome(None, str(answer["error"]))
    return Outcome(base64.b64decode(answer["output"] or ""))
