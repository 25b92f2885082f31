"""What is applied in which order, and what is deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import plan
from gitopskit.reconciler.inventory import Entry, Inventory, record_of
from gitopskit.reconciler.names import PLATFORM
from gitopskit.reconciler.plan import DeletionOrder
from tests.support.desiring import APPLIER, REF, applied, desired, observation

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.desired import Desired

PRUNE = DeletionOrder(reason="Prune", propagation="Foreground")
ASKED_AT = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 3, tzinfo=UTC)


def entry(ref: ObjectRef = REF, *, uid: str = "u1", is_adopted: bool = False) -> Entry:
    return Entry(ref=ref, version="v1", applier=APPLIER, uid=uid, is_adopted=is_adopted)


def test_objects_are_applied_in_groups() -> None:
    objects = [desired("b"), desired("web", kind="Service"), desired("a")]

    groups = [[item.ref.name for item in group] for group in plan.in_ranks(objects)]

    assert groups == [["a", "b"], ["web"]]


def test_only_what_differs_from_the_last_apply_is_applied() -> None:
    objects = [desired("same"), desired("changed", digest="d2"), desired("new")]
    known = {item.ref: applied() for item in objects[:2]}

    assert [item.ref.name for item in plan.to_apply(objects, known)] == ["changed", "new"]


def test_what_is_no_longer_wanted_goes_in_reverse_order() -> None:
    namespace = ObjectRef("", "Namespace", "", "shop")
    old = ObjectRef("extensions", "Ingress", "shop", "web")
    inventory = Inventory(((entry(namespace), entry(REF), entry(old, uid="u7")),))

    stale = plan.to_prune(inventory, wanted=set(), living={"u7"})

    assert [item.ref for item in stale] == [REF, namespace]
    assert plan.to_prune(inventory, wanted={REF, namespace, old}) == ()


@pytest.mark.parametrize(
    ("live", "fate"),
    [
        pytest.param({}, "delete", id="ours"),
        pytest.param({"uid": "u2"}, "foreign", id="replaced"),
        pytest.param({"tracking_id": ""}, "foreign", id="untracked"),
        pytest.param({"is_being_deleted": True}, "leaving", id="leaving"),
        pytest.param({"sync_options": "Prune=false"}, "leave", id="asks-to-stay"),
        pytest.param({"sync_options": "Delete=false"}, "delete", id="asks-for-something-else"),
        pytest.param({"sync_options": "Prune=confirm"}, "confirm", id="asks-for-confirmation"),
        pytest.param({"is_adopted": True}, "confirm", id="adopted"),
    ],
)
def test_the_live_object_decides(live: JsonObject, fate: str) -> None:
    verdict = plan.judge(entry(), observation(**live), application="web", order=PRUNE)

    assert verdict.fate == fate
    assert verdict.is_settled is (fate == "foreign")


@pytest.mark.parametrize(
    ("said", "usual", "fate"),
    [
        pytest.param("", "false", "leave", id="as-usual"),
        pytest.param("", "confirm", "confirm", id="asked-as-usual"),
        pytest.param("Prune=true", "false", "delete", id="it-knows-better"),
        pytest.param("Prune=false", "confirm", "leave", id="it-is-more-careful"),
        pytest.param("Prune=true,Prune=confirm", "true", "confirm", id="the-most-careful-holds"),
        pytest.param("Delete=true", "false", "leave", id="about-something-else"),
    ],
)
def test_what_an_object_says_of_its_deletion_counts_before_what_is_said_of_all(
    said: str, usual: str, fate: str
) -> None:
    order = DeletionOrder(reason="Prune", propagation="Foreground", usual=usual)

    verdict = plan.judge(entry(), observation(sync_options=said), application="web", order=order)

    assert verdict.fate == fate


def test_an_object_may_want_to_go_last() -> None:
    live = observation(sync_options="PruneLast=true")
    early = DeletionOrder(reason="Prune", propagation="Foreground", is_ready=False)

    assert plan.judge(entry(), live, application="web", order=early).fate == "waiting"
    assert plan.judge(entry(), live, application="web", order=PRUNE).fate == "delete"
    assert plan.judge(entry(), observation(), application="web", order=early).fate == "delete"


def test_an_object_that_is_not_there_is_settled() -> None:
    verdict = plan.judge(entry(), None, application="web", order=PRUNE)

    assert verdict.fate == "gone"
    assert verdict.is_settled


def test_a_deletion_names_the_very_object() -> None:
    verdict = plan.judge(entry(uid=""), observation(), application="web", order=PRUNE)

    assert (verdict.fate, verdict.uid, verdict.resource_version) == ("delete", "u1", "1")


@pytest.mark.parametrize("kind", ["Namespace", "CustomResourceDefinition"])
def test_what_takes_more_with_it_is_confirmed_first(kind: str) -> None:
    ref = ObjectRef("", kind, "", "shop")
    live = observation(tracking_id=f"web:/{kind}:shop/shop")

    verdict = plan.judge(entry(ref), live, application="web", order=PRUNE)
    approved = plan.judge(
        entry(ref),
        live,
        application="web",
        order=DeletionOrder(reason="Prune", propagation="Foreground", is_approved=True),
    )

    assert (verdict.fate, approved.fate) == ("confirm", "delete")


@pytest.mark.parametrize(
    ("ref", "propagation"),
    [
        pytest.param(REF, "Foreground", id="object"),
        pytest.param(
            ObjectRef("argoproj.io", "Application", "argocd", "a"), "Background", id="registration"
        ),
    ],
)
def test_only_what_may_have_dependants_waits_for_them(ref: ObjectRef, propagation: str) -> None:
    assert plan.propagation_for(ref, PRUNE) == propagation


def test_what_was_adopted_once_is_confirmed_even_without_its_mark() -> None:
    verdict = plan.judge(entry(is_adopted=True), observation(), application="web", order=PRUNE)

    assert verdict.fate == "confirm"


def test_without_permission_everything_stays() -> None:
    order = DeletionOrder(reason="Prune", propagation="Foreground", may_delete=False)

    assert plan.judge(entry(), observation(), application="web", order=order).fate == "leave"


@pytest.mark.parametrize(
    ("text", "asked_at", "is_approved"),
    [
        pytest.param("2026-01-01T00:00:00Z", ASKED_AT, True, id="at-once"),
        pytest.param("2026-01-02T00:00:00+01:00", ASKED_AT, True, id="later"),
        pytest.param("2026-01-03T00:04:59Z", ASKED_AT, True, id="by-a-clock-that-is-ahead"),
        pytest.param("2026-01-03T00:05:01Z", ASKED_AT, False, id="of-the-future"),
        pytest.param("2025-12-31T23:59:59Z", ASKED_AT, False, id="before-the-question"),
        pytest.param("2026-01-02T00:00:00Z", None, False, id="nobody-asked"),
        pytest.param("yes", ASKED_AT, False, id="no-time"),
        pytest.param("2026-01-02T00:00:00", ASKED_AT, False, id="no-zone"),
    ],
)
def test_an_approval_is_for_a_question(
    text: str,
    asked_at: datetime | None,
    is_approved: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    annotations = {"argocd.argoproj.io/deletion-approved": text}
    content = {"metadata": {"annotations": annotations}}

    assert plan.is_approved(content, asked_at=asked_at, now=NOW) is is_approved


def test_without_an_annotation_nothing_is_approved() -> None:
    assert not plan.is_approved({}, asked_at=ASKED_AT, now=NOW)


def test_what_needs_a_failed_object_waits_for_it() -> None:
    namespace = ObjectRef("", "Namespace", "", "shop")
    definition = ObjectRef(
        "apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.example.com"
    )
    widget_ref = ObjectRef("example.com", "Widget", "other", "one")

    assert (
        plan.blocked_by(desired(), [ObjectRef("", "Secret", "shop", "x"), namespace]) == namespace
    )
    assert plan.blocked_by(replace(desired(), ref=widget_ref), [definition]) == definition
    assert plan.blocked_by(desired(), [definition]) is None


RECORDED = replace(entry(), record=record_of("7", "d1"))


@pytest.mark.parametrize(
    ("held", "live", "is_known"),
    [
        pytest.param({}, {}, True, id="as-it-was-left"),
        pytest.param({"record": ""}, {}, False, id="not-recorded"),
        pytest.param({"record": record_of("7", "d2")}, {}, False, id="something-else-is-wanted"),
        pytest.param({"uid": "u2"}, {}, False, id="replaced"),
        pytest.param({"applier": PLATFORM}, {}, False, id="in-another-name"),
        pytest.param({}, {"resource_version": "8"}, False, id="written-since"),
        pytest.param({}, {"added": (".data.x",)}, False, id="added-to"),
        pytest.param({}, {"is_being_deleted": True}, False, id="leaving"),
        pytest.param({}, {"has_own_entry": False}, False, id="not-ours"),
    ],
)
def test_what_was_left_behind_before_a_restart_is_known_again(
    *, held: JsonObject, live: JsonObject, is_known: bool
) -> None:
    seen = replace(observation(resource_version="7", has_own_entry=True), **live)

    found = plan.recalled(desired(), replace(RECORDED, **held), seen)

    assert (found is not None) == is_known
    if found is not None:
        assert (found.uid, found.resource_version) == ("u1", "7")
        assert plan.to_apply([desired()], {REF: found}) == ()


@pytest.mark.parametrize(
    ("wanted", "is_known"),
    [
        pytest.param([desired()], True, id="the-same"),
        pytest.param([desired(digest="d2")], False, id="another-content"),
        pytest.param([desired(), desired("other")], False, id="one-more"),
        pytest.param([], False, id="one-less"),
    ],
)
def test_an_inventory_tells_whether_the_same_was_rendered_before(
    *, wanted: list[Desired], is_known: bool
) -> None:
    assert plan.is_recorded(wanted, Inventory(((RECORDED,),))) == is_known


def test_what_no_watch_shows_or_no_inventory_lists_is_not_known_again() -> None:
    assert plan.recalled(desired(), RECORDED, None) is None
    assert plan.recalled(desired(), None, observation()) is None


@pytest.mark.parametrize(
    ("order", "fate", "message"),
    [
        (replace(PRUNE, heir="b takes it", awaits="waits"), "handing", "b takes it"),
        (replace(PRUNE, awaits="waits"), "waiting", "waits"),
        (replace(PRUNE, awaits="waits", may_delete=False), "leave", ""),
        (replace(PRUNE, awaits="waits", too_much="too much"), "confirm", "too much"),
    ],
)
def test_what_others_want_or_may_want_is_not_deleted(
    order: DeletionOrder, fate: str, message: str
) -> None:
    verdict = plan.judge(entry(), observation(), application="web", order=order)

    assert (verdict.fate, verdict.message) == (fate, message)
    assert not verdict.is_settled
