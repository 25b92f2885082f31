"""Every link of the documentation leads somewhere, and the README leads to every page."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from gitopskit.reconciler import status
from gitopskit.reconciler.dependencies import WAITING
from gitopskit.reconciler.handover import HANDING_OVER
from gitopskit.reconciler.lingering import DELETION_PENDING
from gitopskit.reconciler.namespace_metadata import CONFLICT
from gitopskit.reconciler.orphan_rules import ORPHANS
from gitopskit.reconciler.rollback import HEALTHY_REVISION, ROLLED_BACK

CONDITIONS: Final = (
    status.INVALID_SPEC,
    status.COMPARISON_ERROR,
    status.SYNC_ERROR,
    status.DELETION_ERROR,
    status.OWNERSHIP_CONFLICT,
    status.CONFIRMATION_REQUIRED,
    status.EMPTY_RENDER,
    status.NOTHING_RENDERED,
    status.NOT_WATCHED,
    status.DRIFT_FIGHT,
    status.SYNC_WINDOW,
    status.FIRST_LOOK,
    CONFLICT,
    DELETION_PENDING,
    HANDING_OVER,
    HEALTHY_REVISION,
    ORPHANS,
    ROLLED_BACK,
    WAITING,
)
ROOT: Final = Path(__file__).parents[1]
README: Final = ROOT / "README.md"
ARCHITECTURE: Final = ROOT / "docs/architecture.md"
HOWTO: Final = ROOT / "docs/howto/reconciler.md"
PACKAGE: Final = ROOT / "gitopskit"
PAGES: Final = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
BLOCK: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as forges make them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(page)))
    placed = re.findall(r'<a id="([^"]+)">', page.read_text(encoding="utf-8"))
    return {heading.strip().replace(" ", "-") for heading in plain} | {*placed}


def targets(page: Path) -> list[str]:
    return [link for link in LINK.findall(prose(page)) if "://" not in link]


LINKS: Final = [
    pytest.param(page, link, id=f"{page.relative_to(ROOT)}: {link}")
    for page in PAGES
    for link in dict.fromkeys(targets(page))
]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_to_a_page_and_its_heading(page: Path, link: str) -> None:
    name, _, heading = link.partition("#")
    target = (page.parent / name).resolve() if name else page

    assert target.exists()
    assert not heading or heading in anchors(target)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=str(page.relative_to(ROOT)))
        for page in PAGES
        if page.parent != ROOT and page.parent.name != "decisions"
    ],
)
def test_the_readme_leads_to_every_page(page: Path) -> None:
    assert page.relative_to(ROOT).as_posix() in targets(README)


def test_the_tests_that_the_threat_model_names_are_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", prose(ROOT / "docs/threat-model.md")))
    written = "".join(it.read_text(encoding="utf-8") for it in (ROOT / "tests").rglob("test_*.py"))

    assert named
    assert named <= set(re.findall(r"def (test_\w+)\(", written))


def constants() -> set[str]:
    """Return every text that is written in the package."""
    trees = (ast.parse(it.read_text(encoding="utf-8")) for it in PACKAGE.rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)}


def test_names_that_never_change_are_told() -> None:
    names = {it for it in constants() if re.fullmatch(r"gitopskit(\.io/|-)[a-z-]*[a-z]", it)}

    assert names <= set(re.findall(r"`(gitopskit[a-z./-]+)`", prose(ARCHITECTURE)))


def test_conditions_are_told_where_names_are_and_where_people_look() -> None:
    [row] = re.findall(
        r"^\| conditions of an Application \| (.+) \|$", prose(ARCHITECTURE), re.MULTILINE
    )
    names = {*re.findall(r"`(\w+)`", row)}
    advised = {*re.findall(r"^\| `([A-Z]\w+)` \|", prose(HOWTO), re.MULTILINE)}

    assert names == {*CONDITIONS}
    assert advised == names - {HEALTHY_REVISION, ROLLED_BACK}
