"""The rules of docs/architecture.md and CONTRIBUTING.md that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gitopskit

_ROOT = Path(__file__).parents[1]
_LONGEST_FILE = 400
_LONGEST_FUNCTION = 40
_VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}
_EXCEPTION = re.compile(r"#\s*(noqa|type:\s*ignore)(?P<rest>.*)")
_REASONED = re.compile(r"(:\s*[A-Z]+\d+.* -- \S|\[[a-z-]+(, ?[a-z-]+)*\]\s+#\s*\S)")

PACKAGE = sorted((_ROOT / "gitopskit").rglob("*.py"))
EVERYTHING = sorted(
    path for folder in ("gitopskit", "tests", "tools") for path in (_ROOT / folder).rglob("*.py")
)


def _name(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def _where(path: Path, line: int) -> str:
    return f"{_name(path)}:{line}"


def test_imports_keep_the_contracts() -> None:
    program = Path(sys.executable).with_name("lint-imports")

    completed = subprocess.run(
        [program, "--no-cache"], cwd=_ROOT, check=False, capture_output=True, text=True
    )

    assert completed.returncode == 0, completed.stdout


def test_files_are_not_too_long() -> None:
    lengths = {_name(path): len(path.read_text().splitlines()) for path in EVERYTHING}

    assert {name: n for name, n in lengths.items() if n > _LONGEST_FILE} == {}


def test_functions_are_not_too_long() -> None:
    lengths = {
        f"{_where(path, node.lineno)} {node.name}": _length(node, is_test=_is_test(path))
        for path in EVERYTHING
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: n for name, n in lengths.items() if n > _LONGEST_FUNCTION} == {}


def _is_test(path: Path) -> bool:
    return _ROOT / "tests" in path.parents


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef, *, is_test: bool) -> int:
    """Return the lines of the body without its docstring; of a test the statements.

    A test may spell out a manifest or an expected status, which is data and not length.
    """
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if is_test:
        return sum(isinstance(node, ast.stmt) for part in body for node in ast.walk(part))
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_exceptions_from_rules_carry_a_reason() -> None:
    bare = [
        _where(path, number)
        for path in EVERYTHING
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (found := _EXCEPTION.search(line))
        and path != Path(__file__)
        and not _REASONED.match(found["rest"].strip())
    ]

    assert bare == []


def test_packages_export_nothing_but_their_docstring() -> None:
    talkative = [
        _name(path)
        for path in PACKAGE
        if path.name == "__init__.py" and path.parent.name != "gitopskit"
        if len(ast.parse(path.read_text()).body) != 1
    ]

    assert talkative == []


def test_the_public_names_are_those_of_the_root() -> None:
    assert gitopskit.__all__ == ["__version__"]


def test_modules_are_named_for_what_they_hold() -> None:
    assert [_name(path) for path in PACKAGE if path.stem in _VAGUE_NAMES] == []


def test_the_environment_is_read_in_one_module() -> None:
    readers = [
        _name(path) for path in PACKAGE if re.search(r"os\.(environ|getenv)", path.read_text())
    ]

    assert readers == ["gitopskit/cli/settings.py"]


def _pins(lock: str) -> dict[str, str]:
    """Return what a lock pins, each with its hashes."""
    text = (_ROOT / lock).read_text()
    found = re.findall(r"^([a-z0-9][^\s=]*==\S+)(.*(?:\n    --.*)*)", text, re.MULTILINE)
    return dict(found)


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-dev.lock", "requirements-go.lock"]
)
def test_locks_name_hashes_and_no_hosts(lock: str) -> None:
    pins = _pins(lock)

    assert pins
    assert [pin for pin, hashes in pins.items() if "--hash=sha256:" not in hashes] == []
    assert "://" not in (_ROOT / lock).read_text()


def test_users_get_the_versions_that_were_tested() -> None:
    assert _pins("requirements.lock").keys() - _pins("requirements-dev.lock").keys() == set()


def test_templates_are_ignored_by_no_pattern() -> None:
    patterns = (_ROOT / ".gitignore").read_text().split()
    floating = [pattern for pattern in patterns if not pattern.startswith("/")]

    assert floating == ["__pycache__/", "*.pyc"]
