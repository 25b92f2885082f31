"""What the conditions of an Application say to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler import telling

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

ORPHANS = "OrphanedResourceWarning"
FAILED = {"phase": "Failed", "message": "a hook failed"}
WELL = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
DEGRADED = {"sync": {"status": "Synced"}, "health": {"status": "Degraded", "message": "crashes"}}


def said(*kinds: str, **status: object) -> JsonObject:
    return {"conditions": [{"type": kind, "message": f"of {kind}"} for kind in kinds], **status}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param(said(ORPHANS, "SyncError"), ["of SyncError"], id="a-reason-and-a-warning"),
        pytest.param(said(ORPHANS), [f"of {ORPHANS}"], id="a-warning-alone"),
        pytest.param(
            said("ResourcesNotWatched", ORPHANS, "DeletionPending", "NothingRendered"),
            ["of NothingRendered", "of DeletionPending", f"of {ORPHANS}", "of ResourcesNotWatched"],
            id="warnings",
        ),
        pytest.param(
            said(ORPHANS, operationState=FAILED), ["a hook failed"], id="a-sync-without-condition"
        ),
        pytest.param(
            said(ORPHANS, operationState=FAILED, **WELL), [f"of {ORPHANS}"], id="well-nevertheless"
        ),
        pytest.param(
            said(ORPHANS, operationState={"phase": "Failed"}), [f"of {ORPHANS}"], id="no-words"
        ),
        pytest.param(said(ORPHANS, **DEGRADED), ["crashes"], id="bad-health"),
        pytest.param(said("HealthyRevision", "RolledBack"), [], id="of-a-rollback"),
    ],
)
def test_real_reasons_come_before_warnings(told: JsonObject, expected: list[str]) -> None:
    assert telling.reasons(told) == expected


def test_people_are_told_of_a_rollback_without_a_fingerprint() -> None:
    message = "a is deployed instead of b (spec 2534ceedaf34): it was Degraded"
    told: JsonObject = {"conditions": [{"type": "RolledBack", "message": message}]}

    assert telling.rolled_back(told) == "a is deployed instead of b: it was Degraded"
    assert telling.rolled_back({}) == ""


def test_a_source_without_an_object_is_told_where_all_is_well() -> None:
    assert telling.warning(said(ORPHANS, "NothingRendered")) == "of NothingRendered"
    assert telling.warning(said(ORPHANS)) == ""
