"""Finding: what a check has to say about one place in a file or about one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One statement of a check: where, which rule, what, and how to fix it.

    ``line`` and ``column`` count from 1; 0 means that the place is the whole file. ``subject`` is
    ``kind/namespace/name`` or empty. The message never holds a value of a Secret.
    """

    path: str
    line: int = 0
    column: int = 0
    rule: str
    severity: Severity = "error"
    message: str
    hint: str = ""
    subject: str = ""

    @property
    def where(self) -> str:
        """Return ``path``, ``path:line`` or ``path:line:column``, as far as known."""
        parts = [self.path, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(parts)
