"""Reports of Applications."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.verdict import Health
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import reporting
from gitopskit.reconciler.application import Follow, SyncPolicy
from gitopskit.reconciler.inventory import Entry
from gitopskit.reconciler.plan import Fate, Verdict
from gitopskit.reconciler.state import Failure
from tests.support.desiring import APPLIER, REF, applied, desired, observation
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.observation import Observation

PLACE = Follow("https://git.example/shop.git", "main", "shop")
DEGRADED = observation(health=Health("Degraded", "crashes"))


def seen(live: Observation | None) -> reporting.Seen:
    return lambda _ref: live


def pending(fate: Fate, *, name: str = "old") -> Verdict:
    ref = ObjectRef("", "ConfigMap", "shop", name)
    entry = Entry(ref=ref, version="v1", applier=APPLIER)
    return Verdict(entry=entry, fate=fate, message="refused")


@pytest.mark.parametrize(
    ("follows", "commits", "message"),
    [
        ((), (), "waits until its repository tells what its revision is now"),
        ((PLACE,), (), f"waits until {PLACE.url} tells what its revision is now"),
        ((PLACE, PLACE), ("c1",), f"waits for c1 of {PLACE.url} to be fetched and built"),
    ],
    ids=["spec", "question", "build"],
)
def test_one_that_nobody_has_looked_at_says_what_it_waits_for(
    follows: tuple[Follow, ...], commits: tuple[str, ...], message: str
) -> None:
    item = tracked()
    item.follows, item.commits = follows, commits

    found = reporting.beginning(item)

    assert (found.sync, found.health.status) == ("Unknown", "Unknown")
    assert found.conditions == (("WaitingForFirstLook", message),)


def test_an_application_is_synced_when_all_is_as_it_was_applied() -> None:
    goal = a_goal(desired())
    item = tracked(goal)
    item.applied = {REF: applied()}

    found = reporting.report(item, goal, seen=seen(observation()))

    assert (found.sync, found.health, found.conditions) == ("Synced", Health("Healthy"), ())
    assert found.source_types == ("Directory",)


@pytest.mark.parametrize(
    ("live", "known"),
    [
        pytest.param(None, applied(), id="missing"),
        pytest.param(observation(), None, id="not-applied"),
        pytest.param(observation(), applied(desired_digest="old"), id="applied-before"),
        pytest.param(observation(own_digest="o2"), applied(), id="drifted"),
    ],
)
def test_anything_else_is_out_of_sync(live: Observation | None, known: object) -> None:
    goal = a_goal(desired())
    item = tracked(goal)
    item.applied = {REF: known} if known else {}  # type: ignore[dict-item]  # a table of states

    found = reporting.report(item, goal, seen=seen(live))

    assert found.sync == "OutOfSync"


def test_a_missing_object_is_missing() -> None:
    assert reporting.health_of(a_goal(desired()), seen(None)).status == "Missing"


def test_an_object_without_a_say_does_not_count() -> None:
    goal = a_goal(replace(desired(), has_no_say=True))
    item = tracked(goal)

    found = reporting.report(item, goal, seen=seen(DEGRADED))

    assert found.health == Health("Healthy")
    assert [it.health for it in found.resources] == [DEGRADED.health]


def test_without_automation_the_comparison_counts() -> None:
    goal = a_goal(desired(), policy=SyncPolicy())
    item = tracked(goal)

    assert reporting.report(item, goal, seen=seen(observation())).sync == "Synced"
    item.differing = frozenset({REF})
    assert reporting.report(item, goal, seen=seen(observation())).sync == "OutOfSync"


def test_failures_and_conflicts_are_told_apart() -> None:
    goal = a_goal(desired())
    item = tracked(goal)
    item.failures = {
        REF: Failure(message="is bad"),
        ObjectRef("", "Secret", "shop", "login"): Failure(message="is theirs", is_foreign=True),
    }
    item.pending = (pending("failed"),)

    found = reporting.report(item, goal, seen=seen(None), extra=(("Own", "own"),))

    assert found.conditions == (
        (
            "SyncError",
            "ConfigMap/shop/settings: is bad; ConfigMap/shop/old: refused",
        ),
        ("OwnershipConflict", "Secret/shop/login: is theirs"),
        ("Own", "own"),
    )


@pytest.mark.parametrize(
    ("fate", "is_told", "is_asked"),
    [
        pytest.param("leaving", False, False, id="leaving"),
        pytest.param("leave", True, False, id="leave"),
        pytest.param("confirm", True, True, id="confirm"),
    ],
)
def test_what_is_to_be_pruned_is_told(fate: Fate, is_told: bool, is_asked: bool) -> None:  # noqa: FBT001 -- parameters of the table
    goal = a_goal()
    item = tracked(goal)
    item.pending = (pending(fate),)

    found = reporting.report(item, goal, seen=seen(None))

    assert [it.requires_pruning for it in found.resources] == ([True] if is_told else [])
    assert any(kind == "DeletionConfirmationRequired" for kind, _ in found.conditions) is is_asked


def test_what_is_held_in_its_end_is_told_and_makes_nothing_out_of_sync() -> None:
    goal = a_goal()
    item = tracked(goal)
    item.pending = (replace(pending("leaving"), since="2026-01-01T00:00:00Z", held="it waits"),)

    found = reporting.report(item, goal, seen=seen(None))

    assert [it.health for it in found.resources] == [Health("Progressing", "it waits")]
    assert (found.sync, found.health) == ("Synced", Health("Healthy"))
    assert dict(found.conditions)["DeletionPending"].endswith("Z, it waits")


def test_what_is_to_be_pruned_and_what_is_to_be_made_anew_are_asked_about_together() -> None:
    goal = a_goal()
    item = tracked(goal)
    item.pending = (pending("confirm"),)
    item.failures = {REF: Failure(message="cannot be changed", is_unapproved=True)}

    found = dict(reporting.report(item, goal, seen=seen(None)).conditions)

    asked = found["DeletionConfirmationRequired"]
    assert "ConfigMap/shop/old" in asked
    assert "ConfigMap/shop/settings" in asked


def test_a_refused_application_keeps_what_was_known() -> None:
    goal = a_goal(desired())
    item = tracked(goal, status={"sync": {"revision": "c0"}})

    found = reporting.refused(item, "InvalidSpecError", "no such project", seen(DEGRADED))

    assert (found.sync, found.health.status, found.revision) == ("Unknown", "Degraded", "c0")
    assert found.conditions == (("InvalidSpecError", "no such project"),)
    assert len(found.resources) == 1


def test_an_application_that_was_never_understood_has_unknown_health() -> None:
    found = reporting.refused(tracked(), "InvalidSpecError", "no", seen(None))

    assert (found.health.status, found.resources) == ("Unknown", ())


def test_an_application_that_is_leaving_tells_what_it_waits_for() -> None:
    item = tracked(status={"sync": {"status": "Synced"}})
    item.pending = (pending("failed"), pending("leaving", name="slow"))

    found = reporting.leaving(item)

    assert found.health == Health("Progressing", "the Application is being deleted")
    assert found.conditions == (("DeletionError", "ConfigMap/shop/old: refused"),)
    assert len(found.resources) == 2


def test_an_application_that_only_waits_has_no_condition() -> None:
    item = tracked()
    item.pending = (pending("leaving"),)

    assert reporting.leaving(item).conditions == ()


def test_kinds_that_are_not_watched_are_named_but_for_secrets() -> None:
    goal = a_goal(desired(), desired("login", kind="Secret"), desired("web", kind="Service"))

    found = reporting.unwatched_conditions(goal, lambda ref: ref.kind == "Service")

    assert found == [("ResourcesNotWatched", "read by name at each poll, not watched: ConfigMap")]
    assert reporting.unwatched_conditions(goal, lambda _ref: True) == []


def test_a_long_list_is_cut() -> None:
    assert reporting.listed([str(number) for number in range(12)]).endswith("; 9; and 2 more")


@pytest.mark.parametrize(
    ("options", "sync"),
    [
        pytest.param("IgnoreExtraneous", "Synced", id="may-be-extra"),
        pytest.param("ServerSideDiff=true", "OutOfSync", id="counts"),
    ],
)
def test_what_left_git_may_say_that_it_counts_for_nothing(options: str, sync: str) -> None:
    goal = a_goal(desired())
    item = tracked(goal)
    item.applied = {REF: applied()}
    item.pending = (pending("leave"),)

    found = reporting.report(item, goal, seen=seen(observation(compare_options=options)))

    assert found.sync == sync


@pytest.mark.parametrize(
    ("objects", "allows_empty", "told", "expected"),
    [
        pytest.param([], False, [], ["NothingRendered"], id="nothing"),
        pytest.param([desired()], False, [], [], id="something"),
        pytest.param([], True, [], [], id="meant"),
        pytest.param([], False, [("EmptyRenderRefused", "no")], [], id="told-already"),
    ],
)
def test_a_source_without_an_object_is_told(
    objects: list[Desired],
    allows_empty: bool,  # noqa: FBT001 -- a parameter of the table
    told: list[tuple[str, str]],
    expected: list[str],
) -> None:
    goal = a_goal(*objects)
    policy = SyncPolicy(is_automated=True, allows_empty=allows_empty)
    goal = replace(goal, application=replace(goal.application, policy=policy))

    found = reporting.empty_conditions(goal, told)

    assert [kind for kind, _ in found] == expected
