"""Renders are found again as long as nothing that they read has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from gitopskit.git.tree_hashes import TreeHashes
from gitopskit.manifests.documents import read_documents
from gitopskit.reconciler.rendering import Place, Rendered, Renders, is_told_by_trees, key_of
from gitopskit.reconciler.source import Source
from gitopskit.render.options import HelmOptions

_A = PurePosixPath("a")
_INPUTS = ((_A,),)


def _place(path: str = "a", *, project: str = "shop") -> Place:
    return Place(project, (Source(repo_url="https://git.example/shop.git", path=path),))


def _trees(a: str) -> tuple[TreeHashes]:
    return (TreeHashes(whole=f"whole-{a}", folders={_A: a}, is_plain=True),)


def _rendered(key: str, count: int = 1) -> Rendered:
    manifest = read_documents("kind: ConfigMap", path="a")[0]
    return Rendered(manifests=(manifest,) * count, source_types=("Kustomize",), key=key)


def test_what_was_never_rendered_has_no_key() -> None:
    assert Renders().key(_place(), _trees("1")) == ""


def test_equal_inputs_have_an_equal_key_in_every_commit() -> None:
    renders = Renders()
    key = key_of(_INPUTS, _trees("1"))
    renders.keep(_place(), _INPUTS, _rendered(key))

    assert renders.key(_place(), _trees("1")) == key
    assert renders.key(_place(), _trees("2")) not in ("", key)
    assert renders.find(_place(), key) == _rendered(key)
    assert renders.find(_place(), "other") is None


def test_no_project_finds_what_another_rendered() -> None:
    renders = Renders()
    renders.keep(_place(), _INPUTS, _rendered("k"))

    assert renders.find(_place(project="other"), "k") is None
    assert renders.key(_place(project="other"), _trees("1")) == ""


def test_an_empty_key_finds_nothing() -> None:
    renders = Renders()
    renders.keep(_place(), _INPUTS, _rendered(""))

    assert renders.find(_place(), "") is None


def test_of_a_place_the_last_render_alone_is_kept() -> None:
    renders = Renders()
    for key in ("1", "2"):
        renders.keep(_place(), _INPUTS, _rendered(key))

    assert renders.find(_place(), "1") is None
    assert renders.find(_place(), "2") is not None


@pytest.mark.parametrize("count", [0, 1, 2])
def test_what_was_used_longest_ago_is_forgotten(count: int) -> None:
    most = 2 * max(1, count)
    renders = Renders(most_objects=most, most_places=2)
    for path in ("a", "b"):
        renders.keep(_place(path), _INPUTS, _rendered("k", count))
    renders.find(_place("a"), "k")
    renders.key(_place("a"), _trees("1"))

    renders.keep(_place("c"), _INPUTS, _rendered("k", count))

    assert [renders.find(_place(it), "k") is not None for it in "abc"] == [True, False, True]
    assert [renders.key(_place(it), _trees("1")) != "" for it in "abc"] == [True, False, True]


def test_a_render_larger_than_the_bound_is_not_kept() -> None:
    renders = Renders(most_objects=3)
    renders.keep(_place(), _INPUTS, _rendered("k", 4))

    assert renders.find(_place(), "k") is None
    assert renders.key(_place(), _trees("1")) != ""


@pytest.mark.parametrize(
    ("source", "trees", "way", "is_told"),
    [
        pytest.param(_place().sources[0], _trees("1"), "Kustomize", True, id="overlay"),
        pytest.param(_place().sources[0], _trees("1"), "Helm", False, id="chart-of-the-folder"),
        pytest.param(
            replace(_place().sources[0], helm=HelmOptions()), _trees("1"), "", False, id="chart"
        ),
        pytest.param(
            _place().sources[0], (TreeHashes(whole="w"),), "Kustomize", False, id="with-links"
        ),
    ],
)
def test_only_of_plain_trees_without_charts_the_trees_tell_what_is_rendered(
    source: Source, trees: tuple[TreeHashes], way: str, *, is_told: bool
) -> None:
    """A chart asks the cluster, and what a link points at may change without its folder."""
    rendered = replace(_rendered("k"), source_types=("Kustomize", way))

    assert is_told_by_trees((source,), trees, rendered) is is_told
