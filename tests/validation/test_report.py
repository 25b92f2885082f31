from __future__ import annotations

import pytest

from gitopskit.manifests.findings import Finding, Severity
from gitopskit.validation.report import Report


def _report(*findings: Finding) -> Report:
    return Report(findings=findings, files=2, documents=3)


def _finding(severity: Severity = "error", rule: str = "schema", hint: str = "") -> Finding:
    return Finding(
        path="a.yaml", line=3, column=1, rule=rule, severity=severity, message="m", hint=hint
    )


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param((), 0, id="nothing"),
        pytest.param((_finding("warning"), _finding("info")), 0, id="no error"),
        pytest.param((_finding("info"), _finding()), 1, id="an error"),
        pytest.param((_finding(), _finding(rule="malformed-document")), 2, id="unreadable"),
    ],
)
def test_the_exit_code_follows_from_the_findings(
    findings: tuple[Finding, ...], expected: int
) -> None:
    assert _report(*findings).exit_code == expected


def test_people_read_a_line_per_finding_and_its_hint() -> None:
    report = _report(_finding(hint="do this"), _finding("warning"))

    assert report.text() == (
        "a.yaml:3:1: error: m [schema]\n    hint: do this\na.yaml:3:1: warning: m [schema]"
    )
    assert report.summary() == "documents: 3, files: 2, errors: 1, warnings: 1"


def test_programs_read_fields() -> None:
    structured = _report(_finding()).structured()

    assert structured == {
        "findings": [
            {
                "path": "a.yaml",
                "line": 3,
                "column": 1,
                "rule": "schema",
                "severity": "error",
                "message": "m",
                "hint": "",
                "subject": "",
            }
        ],
        "files": 2,
        "documents": 3,
        "errors": 1,
        "warnings": 0,
    }
