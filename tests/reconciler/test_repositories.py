"""What is read of repositories, and by whom."""

from __future__ import annotations

import asyncio
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed
from gitopskit.reconciler.application import Follow, Source
from gitopskit.reconciler.repositories import Pinned, Repositories
from tests.support.gitrepo import SourceRepository
from tests.support.polling import eventually
from tests.support.reconciling import config_map, options, text
from tests.support.silent_server import silence

if TYPE_CHECKING:
    from collections.abc import Callable
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


class _Odd(Repositories):
    """Repositories of which one is read in a way that nobody foresaw."""

    def _resolve(self, follow: Follow) -> str:
        raise OSError(f"{follow.url} has the password hunter2")


async def test_a_fault_that_nobody_foresaw_is_that_repositorys_alone(tmp_path: Path) -> None:
    repositories = _Odd(options(tmp_path / "cache").repositories)
    follow = Follow("https://git.example/shop.git", "main", "shop")

    try:
        assert await repositories.look(follow)
        with pytest.raises(GitFailed, match="OSError") as caught:
            await repositories.head(follow)
    finally:
        repositories.close()

    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert repositories.unread() == 1


_OVERLAY = "resources: [../../base]\n"
_TREE: dict[str, str | bytes] = {
    "base/kustomization.yaml": "resources: [all.yaml]\n",
    "base/all.yaml": text(config_map("settings")),
    "apps/a/kustomization.yaml": _OVERLAY + "namespace: a\n",
    "apps/b/kustomization.yaml": _OVERLAY + "namespace: b\n",
}


@pytest.mark.parametrize(
    ("changed", "is_rendered_anew"),
    [
        ({"apps/a/kustomization.yaml": _OVERLAY + "namespace: c\n"}, True),
        ({"base/all.yaml": text(config_map("other"))}, True),
        ({"apps/b/kustomization.yaml": _OVERLAY + "namespace: c\n"}, False),
        ({"README": "new"}, False),
    ],
    ids=["itself", "its-base", "another-overlay", "an-unrelated-file"],
)
async def test_an_overlay_is_rendered_anew_when_something_that_it_reads_changed(
    tmp_path: Path, *, changed: dict[str, str | bytes], is_rendered_anew: bool
) -> None:
    repository = SourceRepository.create(tmp_path / "shop.git")
    commits = [repository.commit(_TREE), repository.commit({**_TREE, **changed})]
    url = str(repository.folder)
    source = Source(repo_url=url, target_revision="main", path="apps/a")
    pinned = [Pinned(source, Follow(url, "main", "shop"), commit) for commit in commits]
    repositories = Repositories(options(tmp_path / "cache").repositories)

    try:
        unknown = await repositories.key(pinned[:1])
        first = await repositories.render(pinned[:1])
        second = await repositories.render(pinned[1:])

        assert unknown == ""
        assert (second is not first) == is_rendered_anew
        assert (second.key != first.key) == is_rendered_anew
        assert await repositories.key(pinned[1:]) == second.key
    finally:
        repositories.close()


async def test_what_trees_do_not_tell_is_rendered_whenever_it_is_asked_for(
    tmp_path: Path,
) -> None:
    repository = SourceRepository.create(tmp_path / "shop.git")
    commit = repository.commit({**_TREE, "link": "-> apps/a"})
    url = str(repository.folder)
    source = Source(repo_url=url, target_revision="main", path="apps/b")
    pinned = [Pinned(source, Follow(url, "main", "shop"), commit)]
    repositories = Repositories(options(tmp_path / "cache").repositories)

    try:
        first = await repositories.render(pinned)

        assert await repositories.render(pinned) is not first
        assert await repositories.key(pinned) == ""
    finally:
        repositories.close()


class _Slow(Repositories):
    """Repositories whose answers come when they are let, in the order of their gates."""

    def __init__(self, cache_dir: Path, answers: dict[str, threading.Event]) -> None:
        super().__init__(options(cache_dir).repositories)
        self.left = list(answers.items())

    def _resolve(self, follow: Follow) -> str:
        commit, gate = self.left.pop(0)
        assert gate.wait(10.0), follow
        return commit


async def test_an_older_answer_that_comes_late_does_not_count(tmp_path: Path) -> None:
    """Else an Application went back to the commit before a push, until the next poll."""
    gates = {"before-the-push": threading.Event(), "after-the-push": threading.Event()}
    repositories = _Slow(tmp_path / "cache", gates)
    follow = Follow("https://git.example/shop.git", "main", "shop")

    try:
        earlier = asyncio.create_task(repositories.look(follow))
        await eventually(lambda: len(repositories.left) == 1)
        later = asyncio.create_task(repositories.look(follow))
        gates["after-the-push"].set()
        is_news = await later
        gates["before-the-push"].set()
        is_late_news = await earlier

        assert (is_news, is_late_news) == (True, False)
        assert await repositories.head(follow) == "after-the-push"
    finally:
        repositories.close()


SILENT = 40
"""More than there are threads, of each of several projects."""


@pytest.mark.parametrize("is_new", [False, True], ids=["known", "new"])
async def test_servers_that_do_not_answer_leave_room_for_those_that_do(
    tmp_path: Path, *, is_new: bool, tell: Callable[[str], None]
) -> None:
    repository = SourceRepository.create(tmp_path / "shop.git")
    repository.commit({"app/all.yaml": text(config_map("settings"))})
    shop = Follow(str(repository.folder), "main", "shop")
    repositories = Repositories(options(tmp_path / "cache").repositories)
    clock = asyncio.get_running_loop().time

    with silence() as address:
        silent = [
            Follow(f"{address}/{number}.git", "main", f"project-{number % 4}")
            for number in range(SILENT if not is_new else 10)
        ]
        try:
            if not is_new:
                await repositories.head(shop)
            looks = [asyncio.create_task(repositories.look(it)) for it in silent]
            await asyncio.sleep(0)
            begun = clock()
            await repositories.look(shop)
            seconds = clock() - begun
            ended = [it for it in looks if it.done()]
        finally:
            repositories.close()
            await asyncio.gather(*looks, return_exceptions=True)

    tell(f"beside {len(silent)} repositories that do not answer: asked within {seconds:.2f} s")
    assert ended == []
    assert seconds < 15.0
