"""Submodules, where a rule allows them and nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import GitopskitError, InputError
from gitopskit.git.nesting import nested_snapshot
from gitopskit.git.remotes import HttpsCredential, Remote, parse_remote
from gitopskit.git.repository import Mirror
from gitopskit.git.submodules import (
    MOST_SUBMODULES,
    Submodule,
    SubmoduleRule,
    read_gitlinks,
    read_urls,
    resolve,
    submodules_of,
)
from gitopskit.redaction import Plaintext
from tests.git.conftest import PASSWORD
from tests.support.gitrepo import SourceRepository

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.snapshot import Snapshot
    from tests.support.gitserver import GitServer

COMMIT = "b" * 40
ANY = SubmoduleRule(key="any", permits=lambda _: True)
NONE = SubmoduleRule(key="none", permits=lambda _: False)
HTTPS = parse_remote("https://git.example.com/team/shop.git")
SSH = parse_remote("git@git.example.com:team/shop.git")


def permitted(parent: Remote, path: str, url: str, rule: SubmoduleRule = ANY) -> Submodule:
    urls = {path: url} if url else {}
    [found] = submodules_of(parent, gitlinks={path: COMMIT}, urls=urls, rule=rule)
    return found


@pytest.mark.parametrize(
    ("parent", "url", "whole"),
    [
        (HTTPS, "../lib.git", "https://git.example.com/team/lib.git"),
        (HTTPS, "../../other/lib", "https://git.example.com/other/lib"),
        (HTTPS, "./lib", "https://git.example.com/team/shop.git/lib"),
        (HTTPS, "https://git.example.com/x/lib", "https://git.example.com/x/lib"),
        (SSH, "../lib.git", "git@git.example.com:team/lib.git"),
    ],
)
def test_a_url_may_be_relative_to_its_repository(parent: Remote, url: str, whole: str) -> None:
    assert resolve(parent, url) == whole
    assert permitted(parent, "lib", url) == Submodule(path="lib", url=whole, commit=COMMIT)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "../../../etc",
        "https://elsewhere.example.com/lib.git",
        "git@elsewhere.example.com:lib.git",
        "/etc/passwd",
        "file:///srv/git/lib",
        "ext::sh -c true",
        "--upload-pack=touch",
        "https://me:hunter2@git.example.com/lib",
        "https://git.example.com/team/../other/lib",
    ],
)
def test_what_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(GitopskitError) as caught:
        permitted(HTTPS, "lib", url)

    assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize("path", ["../lib", "a/../../lib", "/lib", ".git", "a/.GIT/hooks"])
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(InputError):
        permitted(HTTPS, path, "../lib")


def test_what_the_rule_does_not_allow_is_refused() -> None:
    with pytest.raises(InputError, match="does not allow the submodule") as caught:
        permitted(HTTPS, "lib", "../lib", NONE)

    assert "sourceRepos" in caught.value.hint


def test_there_are_only_so_many() -> None:
    many = {str(number): COMMIT for number in range(MOST_SUBMODULES + 1)}

    with pytest.raises(InputError, match="more than 32 submodules"):
        submodules_of(HTTPS, gitlinks=many, urls=dict.fromkeys(many, "../lib"), rule=ANY)


def test_only_gitlinks_are_submodules() -> None:
    entries = [f"160000 commit {COMMIT}\tlibs/a b", f"100644 blob {COMMIT}\tfile", ""]
    listing = "\0".join(entries).encode()

    assert read_gitlinks(listing) == {"libs/a b": COMMIT}


def test_urls_are_read_by_path() -> None:
    config = (
        b"submodule.a.b.path\nlibs/a\0submodule.a.b.url\n../a\0"
        b"submodule.c.path\nlibs/c\0submodule.a.b.update\n!touch x\0core.x\ny\0"
    )

    assert read_urls(config) == {"libs/a": "../a"}


@given(st.binary(max_size=200))
def test_any_file_of_modules_is_read(config: bytes) -> None:
    assert isinstance(read_urls(config), dict)


@dataclass
class World:
    """Repositories side by side, and the mirrors through which they are read."""

    folder: Path
    cache_dir: Path

    def repository(self, name: str) -> SourceRepository:
        return SourceRepository.create(self.folder / f"{name}.git")

    def open_url(self, url: str) -> tuple[Mirror, Remote]:
        mirror = Mirror(url, cache_dir=self.cache_dir, path=os.environ["PATH"])
        return mirror, parse_remote(url, allow_local=True)

    def read(
        self, repository: SourceRepository, commit: str, rule: SubmoduleRule = ANY
    ) -> Snapshot:
        return nested_snapshot(self.open_url, str(repository.folder), commit, rule=rule)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(folder=tmp_path / "served", cache_dir=tmp_path / "cache")


def with_submodule(repository: SourceRepository, commit: str, *, path: str, url: str) -> str:
    """Commit a file, and a submodule at a path."""
    modules = f'[submodule "m"]\n\tpath = {path}\n\turl = {url}\n'
    repository.commit({".gitmodules": modules, "own": "1"})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    return repository.commit_index()


def test_the_files_of_a_submodule_are_in_its_folder(world: World) -> None:
    lib, shop = world.repository("lib"), world.repository("shop")
    pinned = lib.commit({"a/b": "old"})
    lib.commit({"a/b": "new"})
    commit = with_submodule(shop, pinned, path="libs/lib", url="../lib.git")

    snapshot = world.read(shop, commit)

    assert snapshot.revision == commit
    assert (snapshot.root / "libs/lib/a/b").read_text() == "old"
    assert (snapshot.root / "own").read_text() == "1"
    assert world.read(shop, commit) == snapshot


def test_submodules_of_submodules_are_read(world: World) -> None:
    inner, lib, shop = map(world.repository, ("inner", "lib", "shop"))
    below = with_submodule(lib, inner.commit({"x": "deep"}), path="inner", url="../inner.git")
    commit = with_submodule(shop, below, path="lib", url="../lib.git")

    snapshot = world.read(shop, commit)

    assert (snapshot.root / "lib/inner/x").read_text() == "deep"


def test_a_rule_that_has_become_stricter_holds_for_what_was_read_before(world: World) -> None:
    lib, shop = world.repository("lib"), world.repository("shop")
    commit = with_submodule(shop, lib.commit({"a": "1"}), path="lib", url="../lib.git")
    world.read(shop, commit)

    with pytest.raises(InputError, match="does not allow the submodule"):
        world.read(shop, commit, NONE)


def test_without_submodules_a_snapshot_is_the_plain_one(world: World) -> None:
    shop = world.repository("shop")
    commit = shop.commit({"a": "1"})

    assert world.read(shop, commit).root.name == commit


def test_submodules_are_nested_only_so_deep(world: World) -> None:
    before = world.repository("r0").commit({"a": "1"})
    for number in range(1, 7):
        repository = world.repository(f"r{number}")
        before = with_submodule(repository, before, path="m", url=f"../r{number - 1}.git")

    with pytest.raises(InputError, match="nested deeper than 4 levels"):
        world.read(repository, before)


def test_there_are_only_so_many_on_all_levels_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gitopskit.git.nesting.MOST_OF_ALL", 3)
    before = world.repository("r0").commit({"a": "1"})
    for number in range(1, 5):
        repository = world.repository(f"r{number}")
        before = with_submodule(repository, before, path="m", url=f"../r{number - 1}.git")
        if number == 3:
            world.read(repository, before)

    with pytest.raises(InputError, match="more than 3 submodules with theirs"):
        world.read(repository, before)


def test_a_private_submodule_is_read_with_the_credential_for_its_url(
    world: World, https_server: GitServer
) -> None:
    lib, shop = world.repository("lib"), world.repository("shop")
    commit = with_submodule(shop, lib.commit({"a": "1"}), path="lib", url="../lib.git")
    credential = HttpsCredential(username="reader", password=Plaintext(PASSWORD.encode()))

    def open_url(url: str) -> tuple[Mirror, Remote]:
        mirror = Mirror(url, cache_dir=world.cache_dir, path=os.environ["PATH"])
        remote = parse_remote(url)
        return mirror, replace(remote, ca_pem=https_server.ca_pem, credential=credential)

    snapshot = nested_snapshot(open_url, https_server.url("shop.git"), commit, rule=ANY)

    assert (snapshot.root / "lib/a").read_text() == "1"
