"""The table of templates: files with values, and with what each template comes to.

An output is a text, or base64 where it is none. ``fails`` and ``refused`` are our own words; where
it fails, Go fails as well.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.go_templates import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.go_templates import Outcome

FILES: Final = sorted((Path(__file__).parents[1] / "vectors" / "templates").glob("*.json"))


@dataclass(frozen=True, slots=True)
class Row:
    """One template of the table and what is written about it."""

    case: Case
    output: bytes | None
    fails: str
    refused: str

    def contradiction(self, outcome: Outcome) -> str:
        """Return how what came of it differs from what is written, or nothing."""
        told = outcome.problem.rpartition(" - ")[0] if self.refused else outcome.problem
        found = (outcome.output, told, outcome.is_refused)
        written = (self.output, self.fails or self.refused, bool(self.refused))
        return "" if found == written else f"{self.case.template!r}: {found}, not {written}"


def read_rows(path: Path) -> list[Row]:
    """Return the rows of one file."""
    table = json.loads(path.read_text(encoding="utf-8"))
    values = {key: _bytes(value) for key, value in table["values"].items()}
    return [
        Row(
            Case(row["template"], values),
            _bytes(row["output"]) if "output" in row else None,
            row.get("fails", ""),
            row.get("refused", ""),
        )
        for row in table["cases"]
    ]


def _bytes(value: str | Mapping[str, str]) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return base64.b64decode(value["base64"])
