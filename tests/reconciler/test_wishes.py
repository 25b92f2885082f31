"""Wishes: how an object is written, and what is decided on before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler.application import NOTHING_IGNORED, Ignored
from gitopskit.reconciler.outcomes import entry_of
from gitopskit.reconciler.sync_policy import SyncOptions
from gitopskit.reconciler.wishes import (
    USUAL,
    Manner,
    Wish,
    comparable,
    has_extra,
    is_plain,
    manner_of,
    marked,
)
from tests.support.desiring import desired, observation

if TYPE_CHECKING:
    from gitopskit.reconciler.inventory import Entry

OVERRIDES = SyncOptions(respects_ignored=False)


@pytest.mark.parametrize(
    ("options", "policy", "manner"),
    [
        pytest.param([], SyncOptions(), Manner(), id="usual"),
        pytest.param(["Force=true"], SyncOptions(), Manner(is_forced=True), id="forced"),
        pytest.param([], SyncOptions(forces=True), Manner(is_forced=True), id="all-forced"),
        pytest.param(["Validate=false"], SyncOptions(), Manner(is_lenient=True), id="lenient"),
        pytest.param([], SyncOptions(validates=False), Manner(is_lenient=True), id="all-lenient"),
        pytest.param(
            ["Prune=confirm"], SyncOptions(), Manner(is_asked_about=True), id="asked-about"
        ),
        pytest.param(
            [], SyncOptions(prune="confirm"), Manner(is_asked_about=True), id="all-asked-about"
        ),
        pytest.param(["Replace=true"], SyncOptions(), Manner(is_replaced=True), id="replaced"),
        pytest.param([], SyncOptions(replaces=True), Manner(is_replaced=True), id="all-replaced"),
        pytest.param([], OVERRIDES, Manner(overrides_ignored=True), id="all-override"),
        pytest.param(["RespectIgnoreDifferences=true"], OVERRIDES, Manner(), id="one-respects"),
        pytest.param(
            ["RespectIgnoreDifferences=false"],
            SyncOptions(),
            Manner(overrides_ignored=True),
            id="one-overrides",
        ),
    ],
)
def test_an_object_says_more_of_itself_than_its_application(
    options: list[str], policy: SyncOptions, manner: Manner
) -> None:
    wanted = replace(desired(), options=frozenset(options))

    assert manner_of(wanted, policy) == manner


def a_wish(**entry: object) -> Wish:
    wanted = desired()

    async def nothing(_entry: Entry) -> None:
        return None

    return Wish(
        application="web",
        desired=wanted,
        entry=replace(entry_of(wanted), **entry),  # type: ignore[arg-type]  # a table of fields
        before_creation=nothing,
    )


@pytest.mark.parametrize(
    ("seen", "ignored", "manner", "is_so"),
    [
        pytest.param({}, NOTHING_IGNORED, USUAL, True, id="ours"),
        pytest.param({"tracking_id": ""}, NOTHING_IGNORED, USUAL, False, id="untracked"),
        pytest.param({"added": ("data.x",)}, NOTHING_IGNORED, USUAL, False, id="edited"),
        pytest.param({}, Ignored(pointers=(("data",),)), USUAL, False, id="ignored-fields"),
        pytest.param({}, NOTHING_IGNORED, Manner(is_replaced=True), False, id="replaced"),
    ],
)
def test_only_what_is_plainly_ours_is_applied_unread(
    seen: dict[str, object], ignored: Ignored, manner: Manner, *, is_so: bool
) -> None:
    wish = replace(a_wish(), ignored=ignored, manner=manner)

    assert is_plain(observation(**seen), wish) is is_so


@pytest.mark.parametrize(
    ("seen", "entry", "is_marked"),
    [
        pytest.param({}, {}, False, id="tracked"),
        pytest.param({"tracking_id": ""}, {"uid": "u1"}, False, id="known-by-its-uid"),
        pytest.param({"tracking_id": ""}, {}, True, id="of-nobody"),
        pytest.param({"is_adopted": True}, {}, True, id="adopted-before"),
        pytest.param({}, {"is_adopted": True}, True, id="listed-as-adopted"),
    ],
)
def test_an_adopted_object_keeps_its_mark(
    seen: dict[str, object], entry: dict[str, object], *, is_marked: bool
) -> None:
    wish = a_wish(**entry)

    content = marked(wish, observation(**seen), wish.desired.content)

    assert (content["metadata"]["annotations"] == {"gitopskit.io/adopted": "true"}) is is_marked


@pytest.mark.parametrize(
    ("field", "is_extra"), [("f:metadata", False), ("f:data", True)], ids=["in-git", "not-in-git"]
)
def test_what_people_add_is_extra_where_git_does_not_have_it(field: str, *, is_extra: bool) -> None:
    entry = {
        "manager": "kubectl-edit",
        "operation": "Update",
        "fieldsV1": {field: {"f:name" if field == "f:metadata" else "f:x": {}}},
    }
    live = {"metadata": {"name": "settings", "managedFields": [entry]}, "data": {"x": "1"}}

    assert has_extra(a_wish(), live) is is_extra


def test_what_every_write_touches_is_no_difference() -> None:
    content = {"metadata": {"name": "a", "resourceVersion": "1", "generation": 2}, "data": {}}

    assert comparable(content) == {"metadata": {"name": "a"}, "data": {}}
