"""Every command line that the documentation shows is one that the program understands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from gitopskit.cli.app import build_app

_ROOT = Path(__file__).parents[2]
_PAGES = [_ROOT / "README.md", *sorted((_ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _command_lines(page: Path) -> list[str]:
    """Return what follows ``gitopskit`` in the code blocks, comments and pipes taken off."""
    lines = "\n".join(_BLOCK.findall(page.read_text(encoding="utf-8"))).replace("\\\n", " ")
    parts = [part.strip().removeprefix("$ ") for part in re.split(r"[|\n]", lines)]
    return [part.removeprefix("gitopskit ") for part in parts if part.startswith("gitopskit ")]


_SHOWN = [(page.name, line) for page in _PAGES for line in _command_lines(page)]


def test_the_documentation_shows_commands() -> None:
    assert {"README.md", "seal.md", "reconciler.md"} <= {page for page, _ in _SHOWN}


@pytest.mark.parametrize(
    "line", [pytest.param(line, id=f"{page}: {line}") for page, line in _SHOWN]
)
def test_a_documented_command_is_understood(line: str) -> None:
    command: Any = typer.main.get_command(build_app())
    arguments = shlex.split(line, comments=True)

    while hasattr(command, "commands"):
        _, command, arguments = command.resolve_command(None, arguments)
    command.make_context("gitopskit", arguments)
