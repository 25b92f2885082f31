"""What is remembered of Applications, whatever the order in which it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler.application import SyncPolicy
from gitopskit.reconciler.inventory import Entry, Inventory
from gitopskit.reconciler.names import Applier
from gitopskit.reconciler.state import Failure, Registry, Tracked
from tests.support.desiring import APPLIER, REF, applied, desired
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue


def application(version: str = "1", *, uid: str = "u1", **spec: JsonValue) -> JsonObject:
    return {
        "metadata": {"name": "web", "uid": uid, "resourceVersion": version},
        "spec": {"project": "shop", **spec},
        "status": {"seen": version},
    }


def test_a_new_application_and_a_changed_one_are_news() -> None:
    registry = Registry()

    assert registry.see(application("1"))
    assert not registry.see(application("2"))
    assert registry.see(application("3", path="other"))
    assert registry.applications["web"].status == {"seen": "3"}


def test_an_event_that_was_overtaken_changes_nothing() -> None:
    registry = Registry()
    registry.see(application("5"))

    assert not registry.see(application("4", path="old"))
    assert registry.applications["web"].content["metadata"]["resourceVersion"] == "5"


def test_a_change_that_a_write_showed_first_is_still_news_when_its_event_comes() -> None:
    registry = Registry()
    registry.see(application("1"))

    registry.applications["web"].take(application("3", path="other"))

    assert not registry.see(application("2", path="other"))
    assert registry.see(application("3", path="other"))


def test_another_application_of_the_same_name_begins_anew() -> None:
    registry = Registry()
    registry.see(application("1"))
    registry.applications["web"].attempts = 3

    assert registry.see(application("2", uid="u2"))
    assert registry.applications["web"].attempts == 0


def test_an_object_belongs_to_the_application_that_wants_or_lists_it() -> None:
    registry = Registry()
    registry.see(application())
    item = registry.applications["web"]
    item.goal = a_goal(desired())
    item.applied = {REF: applied()}
    item.inventory = Inventory(((Entry(ref=desired("old").ref, version="v1", applier=APPLIER),),))

    registry.own(item, (desired("new"),))

    assert registry.owner(desired("new").ref) is item
    assert registry.owner(desired("old").ref) is item
    assert registry.owner(desired("unknown").ref) is None
    assert not registry.ignored(desired("new").ref)
    assert item.applied == {}
    registry.lose("web")
    assert registry.owner(desired("new").ref) is None
    assert not registry.ignored(desired("new").ref)


def two_that_want_the_same() -> tuple[Registry, Tracked, Tracked]:
    registry = Registry()
    for name in ("web", "other"):
        content = application()
        registry.see({**content, "metadata": {**content["metadata"], "name": name}})
    holder, other = registry.applications.values()
    registry.own(holder, (desired(),))
    holder.applied = {REF: applied()}
    registry.own(other, (desired(),))
    return registry, holder, other


def test_who_asks_for_an_object_of_another_application_does_not_get_it() -> None:
    registry, holder, other = two_that_want_the_same()

    assert registry.claimants(REF) == [holder, other]
    assert registry.owner(REF) is holder


def test_who_applied_an_object_in_an_earlier_life_has_it_after_a_restart() -> None:
    registry, holder, other = two_that_want_the_same()
    other.inventory = Inventory(((Entry(ref=REF, version="v1", applier=APPLIER, uid="u1"),),))
    holder.applied = {}

    assert registry.claimants(REF) == [other, holder]


def test_who_no_longer_wants_an_object_has_no_say_in_it() -> None:
    registry, holder, other = two_that_want_the_same()

    registry.own(other, ())
    registry.own(holder, (desired("new"),))

    assert registry.claimants(REF) == []
    assert registry.owner(desired("new").ref) is holder


def test_the_applications_of_a_project_are_known() -> None:
    registry = Registry()
    registry.see(application())

    assert registry.of_project("shop") == ["web"]
    assert registry.of_project("other") == []


def test_an_applier_is_needed_as_long_as_somebody_lists_what_it_applied() -> None:
    registry = Registry()
    registry.see(application())
    entry = Entry(ref=REF, version="v1", applier=APPLIER)
    registry.applications["web"].inventory = Inventory(((entry,),))

    assert registry.user_of(APPLIER, but="platform") == "web"
    assert registry.user_of(APPLIER, but="web") == ""
    assert registry.user_of(Applier("other", APPLIER.name), but="platform") == ""


@pytest.mark.parametrize(
    ("changes", "heals"),
    [
        pytest.param({}, True, id="asked-to"),
        pytest.param({"policy": SyncPolicy(is_automated=True)}, False, id="not-asked-to"),
        pytest.param({"policy": SyncPolicy(heals=True)}, False, id="not-automated"),
    ],
)
def test_drift_is_reverted_where_that_is_asked(changes: JsonObject, heals: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert tracked(a_goal(**changes)).heals is heals


def test_nothing_is_healed_without_a_goal_or_with_a_refused_spec_or_on_the_way_out() -> None:
    refused, leaving = tracked(a_goal()), tracked(a_goal())
    refused.is_refused = True
    leaving.content["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    assert not tracked().heals
    assert not refused.heals
    assert not leaving.heals


def test_an_application_that_is_to_be_skipped_does_not_heal() -> None:
    item = tracked(a_goal(desired(), policy=SyncPolicy(is_automated=True, heals=True)))

    assert item.heals
    item.content["metadata"]["annotations"] = {"argocd.argoproj.io/skip-reconcile": "true"}

    assert (item.is_skipped, item.heals) == (True, False)


def test_bad_health_is_told_until_it_is_better() -> None:
    item, other = tracked(), replace(REF, name="other")
    item.failures = {
        REF: Failure(message="it could not be read"),
        other: Failure(message="it crashes", is_of_health=True),
    }

    for ref in (REF, other, replace(REF, name="third")):
        item.forgive(ref)

    assert set(item.failures) == {other}
