"""Which namespace a kubeconfig's context stands for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.kube.contexts import context_namespace

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts:
- name: here
  context: {cluster: c, user: u, namespace: shop}
- name: there
  context: {cluster: c, user: u}
"""


@pytest.fixture
def kubeconfig(tmp_path: Path) -> str:
    path = tmp_path / "config"
    path.write_text(_CONFIG)
    return str(path)


@pytest.mark.parametrize(
    ("context", "expected"),
    [("", "shop"), ("here", "shop"), ("there", "default")],
    ids=["current", "named", "without a namespace"],
)
def test_a_context_stands_for_its_namespace(kubeconfig: str, context: str, expected: str) -> None:
    assert context_namespace(kubeconfig, context) == expected


def test_the_first_file_that_names_a_context_wins(tmp_path: Path, kubeconfig: str) -> None:
    first = tmp_path / "first"
    first.write_text("current-context: there\ncontexts: nothing\n")
    files = os.pathsep.join([str(tmp_path / "absent"), str(first), kubeconfig])

    assert context_namespace(files) == "default"


@pytest.mark.parametrize(
    "content", [None, "[]", "contexts: [1]"], ids=["absent", "a list", "no context"]
)
def test_without_a_current_context_there_is_no_namespace(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)

    assert context_namespace(str(path)) == ""


def test_an_unknown_context_is_refused(kubeconfig: str) -> None:
    with pytest.raises(InputError, match="no context 'elsewhere'"):
        context_namespace(kubeconfig, "elsewhere")


def test_a_folder_is_no_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the kubeconfig"):
        context_namespace(str(tmp_path))
