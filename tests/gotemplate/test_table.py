"""The table of templates, each with what it comes to; test_reference.py holds it against Go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.go_templates import by_us
from tests.support.template_vectors import FILES, read_rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_template_comes_to_what_the_table_says(path: Path) -> None:
    rows = read_rows(path)

    told = [row.contradiction(by_us(row.case)) for row in rows]

    assert [contradiction for contradiction in told if contradiction] == []


def test_the_table_is_large() -> None:
    rows = [row for path in FILES for row in read_rows(path)]

    assert len(rows) > 1000
    assert sum(row.output is not None for row in rows) > 600
