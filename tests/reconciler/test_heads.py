"""Which commits were seen, and who has passed them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.heads import Heads, has_passed, name_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_MAIN = Follow("https://git.example/shop.git", "main", "shop")
_TAG = Follow("https://git.example/shop.git", "HEAD", "shop")


def _application(name: str = "a", **spec: object) -> JsonObject:
    source = {"repoURL": _MAIN.url, "targetRevision": "main"}
    return {"metadata": {"name": name}, "spec": {"project": "shop", "source": source, **spec}}


def _heads(*notes: tuple[str, str, str]) -> Heads:
    """Return heads after notes of name, commit that it passed, and the newest commit."""
    heads = Heads()
    for name, commit, newest in notes:
        heads.note(name, {_MAIN: commit}, heads={_MAIN: newest})
    return heads


def test_a_commit_is_passed_by_who_was_looked_at_since() -> None:
    record = _heads(("a", "c1", "c1"), ("b", "c1", "c1"), ("a", "c2", "c2")).record({})

    assert has_passed(_application("a"), record, "c2")
    assert not has_passed(_application("b"), record, "c2")
    assert has_passed(_application("a"), record, "c1")


def test_who_comes_late_with_an_old_commit_does_not_make_it_the_newest() -> None:
    heads = _heads(("a", "c2", "c2"), ("b", "c1", "c2"))

    assert heads.commits[_MAIN] == ("c2",)
    assert heads.through(_MAIN) == ["a"]
    assert not heads.is_complete({"a": None, "b": None})
    assert heads.is_complete({"a": None})


def test_who_was_never_looked_at_or_follows_something_else_has_passed_nothing() -> None:
    heads = _heads(("a", "c1", "c1"))
    heads.note("b", {_TAG: "c1"}, heads={_TAG: "c1"})
    record = heads.record({})

    assert not has_passed(_application("new"), record, "c1")
    assert not has_passed(_application("b"), record, "c1")
    assert not heads.is_complete({"a": None, "new": None})


def test_a_branch_that_goes_back_has_an_old_commit_as_its_newest() -> None:
    heads = _heads(("a", "c1", "c1"), ("a", "c2", "c2"), ("a", "c1", "c1"))

    assert heads.commits[_MAIN] == ("c1", "c2")


def test_only_news_are_told() -> None:
    heads = Heads()

    assert heads.note("a", {_MAIN: "c1"}, heads={_MAIN: "c1"})
    assert not heads.note("a", {_MAIN: "c1"}, heads={_MAIN: "c1"})
    assert heads.note("b", {_MAIN: "c1"}, heads={_MAIN: "c1"})


def test_what_a_record_listed_before_a_restart_stays_listed() -> None:
    before = _heads(("a", "c1", "c1")).record({})

    after = _heads(("a", "c2", "c2")).record(before)

    assert json.loads(after[name_of(_MAIN)])["commits"] == ["c2", "c1"]


def test_few_commits_are_kept() -> None:
    notes = [("a", f"c{number}", f"c{number}") for number in range(50)]

    record = _heads(*notes).record({})

    assert len(json.loads(record[name_of(_MAIN)])["commits"]) == 20


def test_what_nobody_follows_any_more_is_forgotten() -> None:
    heads = _heads(("a", "c1", "c1"))
    heads.note("b", {_TAG: "c1"}, heads={_TAG: "c1"})

    heads.keep_only({"b": None})

    assert heads.commits == {_TAG: ("c1",)}


@pytest.mark.parametrize(
    "content",
    [
        _application(source={"repoURL": _MAIN.url, "targetRevision": "main"}),
        _application(sources=[{"repoURL": "x"}, {"repoURL": _MAIN.url, "targetRevision": "main"}]),
    ],
    ids=["one-source", "several"],
)
def test_the_beginning_of_a_commit_of_any_source_is_enough(content: JsonObject) -> None:
    record = _heads(("a", "c1234", "c1234")).record({})

    assert has_passed(content, record, "c12")
    assert not has_passed(content, record, "d")


def test_a_source_without_a_revision_follows_the_default_branch() -> None:
    heads = Heads()
    heads.note("a", {_TAG: "c1"}, heads={_TAG: "c1"})

    assert has_passed(_application(source={"repoURL": _TAG.url}), heads.record({}), "c1")


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_a_misshaped_record_tells_nothing_and_breaks_nothing(text: str) -> None:
    assert not has_passed(_application(sources="x"), {name_of(_MAIN): text}, "c1")
    assert not has_passed(_application(), {name_of(_MAIN): text}, "c1")
