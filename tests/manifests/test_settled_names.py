"""The names that never change are written in one place, and in the documentation."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import gitopskit
from gitopskit.manifests import settled_names
from gitopskit.manifests.documents import read_documents
from gitopskit.repository.templates import read_platform

_PACKAGE = Path(gitopskit.__file__).parent
_NAMES = {value for name, value in vars(settled_names).items() if name.isupper()}
_WITH_THEIR_OWN: Final = {"reconciler/application.py", "reconciler/names.py"}
"""Still to be rid of their copies; an entry that needs none any more fails the test."""


def _texts(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def test_a_settled_name_is_written_once_in_the_package() -> None:
    home = Path(settled_names.__file__)
    others = [path for path in _PACKAGE.rglob("*.py") if path != home]

    repeating = {path.relative_to(_PACKAGE).as_posix() for path in others if _NAMES & _texts(path)}

    assert repeating == _WITH_THEIR_OWN


def test_the_documentation_tells_our_own_names() -> None:
    page = (_PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    own = {name for name in _NAMES if name.startswith("gitopskit-")}

    assert {name for name in own if f"`{name}`" not in page} == set()


def test_the_shipped_namespaces_have_the_settled_names() -> None:
    manifests = read_documents(read_platform("namespaces.yaml"), path="namespaces.yaml")

    assert {manifest.name for manifest in manifests} == {
        settled_names.SYSTEM_NAMESPACE,
        settled_names.APPLICATIONS_NAMESPACE,
    }
