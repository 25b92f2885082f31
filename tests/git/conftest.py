"""A repository to fetch, the servers that serve it, and the cache that it goes into."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from gitopskit.git.program import GitLimits
from gitopskit.git.repository import Mirror
from tests.support.gitrepo import SourceRepository
from tests.support.gitserver import GitServer, serve_git
from tests.support.sshserver import SshGitServer, serve_git_over_ssh

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.git.remotes import Remote

MirrorFactory = Callable[..., Mirror]


PASSWORD = "canary-Pa55word"  # noqa: S105 -- of the test's own server


@pytest.fixture
def source(tmp_path: Path) -> SourceRepository:
    return SourceRepository.create(tmp_path / "served" / "shop.git")


@pytest.fixture
def mirror_of(tmp_path: Path) -> MirrorFactory:
    def make(remote: Remote, *, path: str = "", limits: GitLimits | None = None) -> Mirror:
        return Mirror(
            remote.url,
            cache_dir=tmp_path / "cache",
            path=path or os.environ["PATH"],
            limits=limits or GitLimits(timeout_seconds=30),
        )

    return make


@pytest.fixture
def https_server(tmp_path: Path) -> Iterator[GitServer]:
    """A server that lets in who knows the password."""
    folder = tmp_path / "https"
    folder.mkdir()
    with serve_git(tmp_path / "served", folder, username="reader", password=PASSWORD) as server:
        yield server


@pytest.fixture
def ssh_server() -> Iterator[SshGitServer]:
    with serve_git_over_ssh() as server:
        yield server
