"""Templates against Go's text/template with sprig, in one process for each batch.

For each template our output is Go's, or both fail, or we refuse it; nothing else is allowed.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.gotemplate.catalog import FUNCTIONS, REFUSED
from tests.support.go_templates import Case, by_go, by_us, differences, functions_of_go
from tests.support.template_grammar import damaged, made_up_cases
from tests.support.template_vectors import FILES, read_rows

if TYPE_CHECKING:
    from pathlib import Path

_MADE_UP: Final = 5000
_BUILT_IN: Final = {
    *("and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not"),
    *("or", "print", "printf", "println", "slice", "urlquery"),
}
_NOT_IN_THE_CONTROLLER: Final = {"env", "expandenv", "getHostByName"}


def test_the_table_says_what_go_says(go_templates: Path) -> None:
    rows = [row for path in FILES for row in read_rows(path) if not row.refused]

    outcomes = by_go(go_templates, [row.case for row in rows])

    pairs = zip(rows, outcomes, strict=True)
    assert [row for row, outcome in pairs if row.output != outcome.output] == []


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_made_up_templates_come_to_what_go_makes_of_them(seed: int, go_templates: Path) -> None:
    cases = list(made_up_cases(_MADE_UP, seed=seed))

    ours = [by_us(case) for case in cases]
    theirs = by_go(go_templates, cases)

    assert differences(cases, zip(ours, theirs, strict=True)) == []
    assert sum(outcome.is_refused for outcome in ours) <= 0.05 * _MADE_UP
    assert sum(outcome.output is not None for outcome in ours) >= 0.7 * _MADE_UP


def test_damaged_templates_fail_where_go_fails(go_templates: Path) -> None:
    chance = random.Random(5)  # noqa: S311 -- the damage is to be the same in every run
    cases = [
        Case(damaged(case.template, chance), case.values)
        for case in made_up_cases(_MADE_UP, seed=5)
    ]

    ours = [by_us(case) for case in cases]
    theirs = by_go(go_templates, cases)

    assert differences(cases, zip(ours, theirs, strict=True)) == []
    assert sum(outcome.is_refused for outcome in ours) <= 0.05 * _MADE_UP


def test_every_function_of_go_and_sprig_is_known_or_refused(go_templates: Path) -> None:
    known = functions_of_go(go_templates) | _BUILT_IN | _NOT_IN_THE_CONTROLLER

    assert set(FUNCTIONS) | set(REFUSED) == known
    assert set(FUNCTIONS) & set(REFUSED) == set()
