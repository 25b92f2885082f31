"""What is read of repositories, and by whom."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed
from gitopskit.reconciler.application import Follow, Source
from gitopskit.reconciler.repositories import Pinned, Repositories
from tests.support.gitrepo import SourceRepository
from tests.support.reconciling import config_map, options, text

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_commit_that_one_project_fetched_is_not_read_by_another(tmp_path: Path) -> None:
    """The other project may lack the credential that the first one was let in with."""
    repository = SourceRepository.create(tmp_path / "shop.git")
    commit = repository.commit({"app/all.yaml": text(config_map("settings"))})
    url = str(repository.folder)
    source = Source(repo_url=url, target_revision=commit, path="app")
    repositories = Repositories(options(tmp_path / "cache").repositories)

    try:
        first = await repositories.render([Pinned(source, Follow(url, commit, "first"), commit)])
        shutil.rmtree(repository.folder)  # stands for a server that does not let anybody in

        assert (
            await repositories.render([Pinned(source, Follow(url, commit, "first"), commit)])
            == first
        )
        with pytest.raises(GitFailed):
            await repositories.render([Pinned(source, Follow(url, commit, "second"), commit)])
    finally:
        repositories.close()
