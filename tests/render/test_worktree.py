"""Which files a folder on this machine may refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import RenderFailed
from gitopskit.render.worktree import locate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mark", [".git", ".gitopskit"])
def test_the_nearest_repository_is_the_root(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)

    assert locate(tmp_path / "a" / "b") == (tmp_path, "a/b")
    assert locate(tmp_path) == (tmp_path, ".")


def test_without_a_repository_a_folder_stands_for_itself(tmp_path: Path) -> None:
    assert locate(tmp_path) == (tmp_path, ".")


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(RenderFailed, match="there is no such folder"):
        locate(tmp_path / name)
