"""Dependencies between Applications: what a sync waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.reconciler import names
from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.dependencies import conditions, depends_on, in_order, missing
from gitopskit.reconciler.state import Tracked
from gitopskit.reconciler.waking import after_a_look

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

MAIN = Follow("https://git.example.com/shop.git", "main", "shop")
OTHER = Follow("https://git.example.com/db.git", "main", "shop")


def application(name: str, *needs: str, sync: str = "Synced", health: str = "Healthy") -> Tracked:
    annotations = {names.DEPENDS_ON_ANNOTATION: ", ".join(needs)} if needs else {}
    return Tracked(
        name=name,
        content={"metadata": {"name": name, "annotations": annotations}},
        fingerprint="",
        status={"sync": {"status": sync}, "health": {"status": health}},
        follows=(MAIN,),
        commits=("new",),
        told_commits=("new",),
    )


def by_name(*items: Tracked) -> dict[str, Tracked]:
    return {item.name: item for item in items}


def lack(needed: Tracked) -> str:
    return missing(application("app", "db"), by_name(application("app", "db"), needed))


def test_names_are_separated_by_commas() -> None:
    assert depends_on(application("app", "db", "queue").content, where="here") == ("db", "queue")


def test_without_the_annotation_nothing_is_waited_for() -> None:
    app = application("app")

    assert depends_on(app.content, where="here") == ()
    assert missing(app, by_name(app)) == ""


@pytest.mark.parametrize("text", ["", "db,", "db queue", "DB"])
def test_what_is_no_name_is_refused(text: str) -> None:
    content = {"metadata": {"annotations": {names.DEPENDS_ON_ANNOTATION: text}}}

    with pytest.raises(InputError, match="must name Applications"):
        depends_on(content, where="Application/app")


def test_what_is_synced_and_healthy_is_not_waited_for() -> None:
    assert lack(application("db")) == ""


@pytest.mark.parametrize(
    ("sync", "health"),
    [("OutOfSync", "Healthy"), ("Synced", "Progressing"), ("Unknown", "Unknown")],
)
def test_what_is_missing_is_named(sync: str, health: str) -> None:
    assert lack(application("db", sync=sync, health=health)) == f"waits for db ({sync}, {health})"


def test_a_name_that_nobody_has_is_named() -> None:
    app = application("app", "db")

    assert missing(app, by_name(app)) == "waits for db (there is no such Application)"


def test_what_is_being_deleted_is_waited_for() -> None:
    needed = application("db")
    needed.content["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    assert lack(needed) == "waits for db (is being deleted)"


def test_a_status_of_an_earlier_commit_does_not_count() -> None:
    needed = replace(application("db"), told_commits=("old",))

    assert lack(needed) == "waits for db (has not seen this commit yet)"


def test_commits_of_other_repositories_are_not_compared() -> None:
    assert lack(replace(application("db"), follows=(OTHER,), told_commits=("old",))) == ""


def test_what_is_left_alone_need_not_see_the_commit() -> None:
    needed = replace(application("db"), told_commits=())
    needed.content["metadata"]["annotations"][names.SKIP_ANNOTATION] = "true"

    assert lack(needed) == ""


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        pytest.param({"a": ["a"]}, "a -> a", id="itself"),
        pytest.param({"a": ["b"], "b": ["c", "a"]}, "a -> b -> a", id="two"),
        pytest.param(
            {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["a"]}, "a -> b -> d -> a", id="diamond"
        ),
    ],
)
def test_a_circle_is_named(needs: dict[str, list[str]], circle: str) -> None:
    items = by_name(*(application(name, *needed) for name, needed in needs.items()))

    assert missing(items["a"], items) == f"never begins, because of a circle: {circle}"


def test_a_circle_of_others_is_theirs() -> None:
    items = by_name(application("a", "b"), application("b", "c"), application("c", "b"))

    assert missing(items["a"], items) == ""


def test_those_that_are_needed_come_first() -> None:
    items = by_name(application("a", "b", "none"), application("b", "c"), application("c", "b"))

    assert in_order(["a", "b"], items) == ["b", "a"]


def test_a_long_chain_of_applications_is_brought_into_order() -> None:
    links = 2000
    chain = [application(f"a-{number}", f"a-{number + 1}") for number in range(links)]
    items = by_name(*chain)

    assert in_order(list(items), items) == list(reversed(items))


def test_a_condition_tells_only_what_is_waited_for() -> None:
    assert conditions("") == []
    assert conditions("waits") == [("WaitingForDependencies", "waits")]


def test_who_waits_is_woken_when_something_else_is_missing() -> None:
    waiter = replace(application("app", "db"), waiting="waits for db (OutOfSync, Missing)")

    assert list(after_a_look("db", by_name(waiter, application("db")))) == ["app"]


def test_who_waits_for_the_same_as_before_is_not_woken() -> None:
    waiter = replace(application("app", "db"), waiting="waits for db (OutOfSync, Healthy)")

    assert not list(after_a_look("db", by_name(waiter, application("db", sync="OutOfSync"))))


@pytest.mark.parametrize(
    "metadata",
    [
        {"deletionTimestamp": "2026-01-01T00:00:00Z"},
        {"annotations": {names.SKIP_ANNOTATION: "true"}},
    ],
    ids=["deleted", "skipped"],
)
def test_who_will_not_begin_is_not_woken(metadata: JsonObject) -> None:
    """A look at it would not find what is missing now, and be followed by another one, for ever."""
    waiter = replace(application("app", "db"), waiting="waits for db (OutOfSync, Missing)")
    waiter.content["metadata"].update(metadata)

    assert not list(after_a_look("app", by_name(waiter, application("db"))))
