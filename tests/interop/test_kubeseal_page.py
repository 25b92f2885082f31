"""The page for people who come from kubeseal names all that the table knows, and nothing else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import typer

from gitopskit.cli.app import build_app
from gitopskit.cli.group_with_default import OWN_COMMAND
from tests.interop.kubeseal_rows import terminals
from tests.interop.kubeseal_rows.topics import TOPICS

if TYPE_CHECKING:
    from tests.interop.kubeseal_rows.kinds import Differs

_PAGE: Final = Path(__file__).parents[2] / "docs" / "howto" / "coming-from-kubeseal.md"
_SHARED_WORDS: Final = re.compile(r"`([a-z]+ [^`]*)`")


@pytest.fixture(scope="module")
def page() -> str:
    return _PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def flags(kubeseal: Path) -> set[str]:
    """Every flag that kubeseal's help prints."""
    done = subprocess.run([kubeseal, "--help"], capture_output=True, text=True, check=True, env={})
    return set(re.findall(r"(?m)^ +(?:-\w, )?(--[\w-]+)", done.stdout)) | set(
        re.findall(r"(?m)^ +(-\w), ", done.stdout)
    )


def _flags_of(page: str, verdict: str) -> set[str]:
    """Return the flags in the rows of the first table that say yes, or no."""
    rows = re.findall(rf"(?m)^\| ([^|]*`--[^|]*) \| {verdict} \|", page)
    return {flag for row in rows for flag in re.findall(r"`(--?[\w-]+)`", row)}


def test_the_differences_on_the_page_are_those_of_the_table(page: str) -> None:
    rows: list[Differs] = [row for topic in TOPICS for row in topic.DIFFERS]

    named = re.findall(r'<a id="([^"]*)"></a>(\S+)', page)

    assert [pair for pair in named if pair[0] != pair[1]] == []
    assert len(named) == len(dict(named))
    assert set(dict(named)) == {row.difference for row in rows} | set(terminals.DIFFERENCES)


def test_links_within_the_page_lead_somewhere(page: str) -> None:
    anchors = set(re.findall(r'<a id="([^"]*)"></a>', page))

    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= anchors


def test_the_page_speaks_of_every_flag_that_kubeseal_has(page: str, flags: set[str]) -> None:
    assert len(flags) > 50
    assert _flags_of(page, "yes") | _flags_of(page, "no") == flags


def test_the_page_says_which_flags_there_are(page: str, flags: set[str]) -> None:
    command: Any = typer.main.get_command(build_app(("seal",)))
    own = command.commands["seal"].commands[OWN_COMMAND]
    taken = {word for option in own.params for word in option.opts} | {"--help"}

    assert _flags_of(page, "yes") == flags & taken
    assert _flags_of(page, "no") == flags - taken


def test_the_words_that_both_use_are_in_the_table(page: str) -> None:
    told = {row.theirs for topic in TOPICS for row in topic.REFUSED if row.theirs == row.ours}

    shared = page.partition("Scripts that look for words")[2]
    words = [each.replace("NAME", "") for each in _SHARED_WORDS.findall(shared)]

    assert words
    assert [each for each in words if not any(text.startswith(each) for text in told)] == []
