"""When folders of two commits are the same, and when that is not known."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.git.remotes import parse_remote
from gitopskit.git.repository import Mirror
from gitopskit.git.tree_hashes import TreeHashes, read_tree_hashes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.gitrepo import SourceRepository

_A, _B = PurePosixPath("apps/a"), PurePosixPath("apps/b")
_ROOT = PurePosixPath()


def _hashes(source: SourceRepository, files: dict[str, str | bytes], cache: Path) -> TreeHashes:
    remote = parse_remote(str(source.folder), allow_local=True)
    mirror = Mirror(remote.url, cache_dir=cache, path=os.environ["PATH"])
    commit = source.commit(files)
    mirror.fetch(remote, commit)
    return mirror.tree_hashes(commit)


def test_only_a_folder_that_changed_has_another_digest(
    source: SourceRepository, tmp_path: Path
) -> None:
    files: dict[str, str | bytes] = {"apps/a/deep/x": "1", "apps/b/x": "1", "README": "1"}

    before = _hashes(source, files, tmp_path)
    after = _hashes(source, {**files, "apps/a/deep/x": "2", "README": "2"}, tmp_path)

    assert before.of([_B]) == after.of([_B])
    assert before.of([_A]) != after.of([_A])
    assert before.of([_A, _B]) != after.of([_A, _B])
    assert before.of([_B, _ROOT]) != after.of([_B, _ROOT])


def test_a_folder_that_appears_or_goes_counts(source: SourceRepository, tmp_path: Path) -> None:
    without = _hashes(source, {"apps/a/x": "1"}, tmp_path)
    with_it = _hashes(source, {"apps/a/x": "1", "apps/b/x": "1"}, tmp_path)

    assert without.of([_A]) == with_it.of([_A])
    assert without.of([_B]) != with_it.of([_B])


def test_a_symbolic_link_anywhere_makes_the_whole_revision_count(
    source: SourceRepository, tmp_path: Path
) -> None:
    files: dict[str, str | bytes] = {"apps/a/x": "1", "current": "-> apps/a"}

    before = _hashes(source, files, tmp_path)
    after = _hashes(source, {**files, "current": "-> apps/b"}, tmp_path)

    assert before.of([_A]) != after.of([_A])


@pytest.mark.parametrize("name", ["ä/b", "with space", "tab\tin", 'quote"d'])
def test_folders_of_any_name_are_known(source: SourceRepository, tmp_path: Path, name: str) -> None:
    before = _hashes(source, {f"{name}/x": "1", "y": "1"}, tmp_path)
    after = _hashes(source, {f"{name}/x": "1", "y": "2"}, tmp_path)

    assert PurePosixPath(name) in after.folders
    assert before.of([PurePosixPath(name)]) == after.of([PurePosixPath(name)])


def test_a_commit_whose_folders_are_not_known_stands_for_itself() -> None:
    assert TreeHashes(whole="c1").of([_A]) == "c1"


@given(st.lists(st.sampled_from(["a", "a/b", "c"]), unique=True))
def test_the_order_of_folders_does_not_count(names: list[str]) -> None:
    listing = b"".join(f"040000 tree {ord(it[-1]):040x}\t{it}\0".encode() for it in names)
    hashes = read_tree_hashes(listing)
    places = [PurePosixPath(name) for name in names]

    assert hashes.of(places) == hashes.of(reversed(places))
    assert hashes.folders.keys() == set(places)
