"""What a validation found, and how it is told.

Owns the forms text and structured; counts and the exit code follow from the findings.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.manifests.findings import Finding, Severity
    from gitopskit.manifests.json_types import JsonObject

MALFORMED: Final = "malformed-document"

_EXIT_DONE: Final = 0
_EXIT_FINDINGS: Final = 1
_EXIT_UNUSABLE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The findings in the order of their places, and how much was looked at."""

    findings: tuple[Finding, ...]
    files: int
    documents: int

    @property
    def exit_code(self) -> int:
        """2 if a file cannot be read as YAML or JSON, 1 if there is an error, else 0."""
        if any(finding.rule == MALFORMED for finding in self.findings):
            return _EXIT_UNUSABLE
        return _EXIT_FINDINGS if self.count("error") else _EXIT_DONE

    def count(self, severity: Severity) -> int:
        """Return how many findings have a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def summary(self) -> str:
        """Return one line: what was looked at, and how many findings there are."""
        return (
            f"documents: {self.documents}, files: {self.files}, "
            f"errors: {self.count('error')}, warnings: {self.count('warning')}"
        )

    def text(self) -> str:
        """Return the findings for people: a line for each, its hint below."""
        lines = []
        for finding in self.findings:
            what = f"{finding.severity}: {finding.message} [{finding.rule}]"
            lines.append(f"{finding.where}: {what}")
            if finding.hint:
                lines.append(f"    hint: {finding.hint}")
        return "\n".join(lines)

    def structured(self) -> JsonObject:
        """Return the report for programs."""
        return {
            "findings": [asdict(finding) for finding in self.findings],
            "files": self.files,
            "documents": self.documents,
            "errors": self.count("error"),
            "warnings": self.count("warning"),
        }
