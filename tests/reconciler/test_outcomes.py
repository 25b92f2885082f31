"""What a write or a deletion means for the inventory and for what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import (
    IMMUTABLE_FIELD,
    UNAPPROVED,
    ApiForbidden,
    ApiInvalid,
    ApiUnreachable,
    GitopskitError,
    OwnershipConflict,
)
from gitopskit.reconciler import outcomes
from gitopskit.reconciler.inventory import Inventory
from gitopskit.reconciler.plan import Fate, Verdict
from gitopskit.reconciler.state import Failure
from tests.support.desiring import REF, applied, desired
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.state import Tracked

NOW = datetime(2026, 11, 26, 11, tzinfo=UTC)
OTHER = replace(REF, name="other")
UNLESS = "not deleted before a person approves"


def test_what_was_applied_is_listed_with_its_uid() -> None:
    item, entry = tracked(a_goal()), outcomes.entry_of(replace(desired(), is_hook=True))
    item.desired, item.applied, item.adopted = {REF: desired()}, {REF: applied(uid="u9")}, {REF}

    found = outcomes.settled_entry(entry, item)

    assert (found.uid, found.is_adopted, found.is_hook) == ("u9", True, False)


def approved(at: str = "10:30:00", said: str = f"{UNLESS}: {REF}; set") -> Tracked:
    """Return an Application that asked at ten o'clock, and that was answered."""
    asked = {
        "type": "DeletionConfirmationRequired",
        "message": said,
        "lastTransitionTime": "2026-11-26T10:00:00Z",
    }
    item = tracked(a_goal(), status={"conditions": [asked]})
    given = {"argocd.argoproj.io/deletion-approved": f"2026-11-26T{at}Z"}
    item.content = {"metadata": {"name": "web", "annotations": given}}
    return item


@pytest.mark.parametrize(("at", "is_so"), [("10:00:01", True), ("09:59:59", False)])
def test_an_approval_counts_from_the_question_on(at: str, *, is_so: bool) -> None:
    assert outcomes.is_approved(approved(at), REF, now=NOW) is is_so


@pytest.mark.parametrize(
    ("told", "is_so"),
    [
        pytest.param(frozenset({REF}), True, id="asked-about"),
        pytest.param(frozenset({OTHER}), False, id="another-one"),
        pytest.param(f"{UNLESS}: {REF}; set", True, id="before-a-restart"),
        pytest.param(f"{UNLESS}: {OTHER}; {REF}; set", True, id="second-before-a-restart"),
        pytest.param(f"{UNLESS}: {OTHER}; set", False, id="another-one-before-a-restart"),
        pytest.param(f"{UNLESS}: {OTHER}; and 3 more; set", True, id="many-before-a-restart"),
    ],
)
def test_an_approval_is_for_the_objects_that_were_asked_about(
    told: str | frozenset[ObjectRef], *, is_so: bool
) -> None:
    item = approved(said=told if isinstance(told, str) else UNLESS)
    item.asked_about = None if isinstance(told, str) else told

    assert outcomes.is_approved(item, REF, now=NOW) is is_so


def test_what_is_to_be_pruned_or_made_anew_is_asked_about() -> None:
    item = tracked(a_goal())
    item.pending = (verdict("confirm"), verdict("waiting", "third"))
    unapproved = Failure(message="immutable", is_unapproved=True)
    item.failures = {OTHER: unapproved, replace(REF, name="fourth"): Failure(message="refused")}

    assert outcomes.asked_about(item) == {REF, OTHER}


def verdict(fate: Fate, name: str = REF.name) -> Verdict:
    entry = outcomes.entry_of(desired())
    return Verdict(entry=replace(entry, ref=replace(REF, name=name)), fate=fate)


def test_an_inventory_is_written_for_news_and_not_for_a_few_records() -> None:
    item = tracked(a_goal())
    before = Inventory(((outcomes.entry_of(desired()),),))
    item.desired, item.applied = {REF: desired()}, {REF: applied(uid="u9")}

    settled = outcomes.settled(before, item)
    item.applied = {REF: applied(uid="u9", resource_version="2")}

    assert [entry.uid for entry in settled] == ["u9"]
    assert outcomes.settled(settled, item) is settled


def test_what_was_not_applied_stays_as_it_is_listed() -> None:
    item, entry = tracked(a_goal()), outcomes.entry_of(desired())

    assert outcomes.settled_entry(entry, item) == entry
    item.desired = {REF: desired()}
    assert outcomes.settled_entry(entry, item) == entry


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        pytest.param(ApiInvalid("bad"), Failure(message="bad"), id="refused"),
        pytest.param(
            ApiInvalid("bad", reason=IMMUTABLE_FIELD),
            Failure(
                message="bad; this cannot be changed in an object that is there: delete it, or let"
                " it be made anew with the option Force=true of its annotation"
                " argocd.argoproj.io/sync-options"
            ),
            id="cannot-be-changed",
        ),
        pytest.param(
            ApiInvalid("bad", hint="ask", reason=UNAPPROVED),
            Failure(message="bad; ask", is_unapproved=True),
            id="not-approved",
        ),
        pytest.param(
            ApiForbidden("no", hint="ask"),
            Failure(message="no; ask", is_passing=True),
            id="no-right",
        ),
        pytest.param(
            OwnershipConflict("theirs"),
            Failure(message="theirs", is_foreign=True, is_passing=True),
            id="foreign",
        ),
    ],
)
def test_what_others_can_mend_passes(error: GitopskitError, failure: Failure) -> None:
    assert outcomes.failure_of(error) == failure


@pytest.mark.parametrize(
    ("fate", "message", "outcome"),
    [
        pytest.param("leaving", "deleted", "Pruned", id="deleted"),
        pytest.param("leaving", "", None, id="waited-for"),
        pytest.param("failed", "no", "SyncFailed", id="failed"),
        pytest.param("confirm", "", None, id="asked"),
    ],
)
def test_a_deletion_is_told_once(fate: Fate, message: str, outcome: str | None) -> None:
    verdict = Verdict(entry=outcomes.entry_of(desired()), fate=fate, message=message)

    found = outcomes.deletion_result(verdict)

    assert (found.outcome if found else None) == outcome


def test_a_condition_has_no_advice_about_contexts() -> None:
    error = ApiUnreachable("no answer", hint="check that the context is the one you mean")

    assert outcomes.failure_of(error).message == "no answer"
