"""The status, in Argo CD's form, and how far it may be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.verdict import Health
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import status
from gitopskit.reconciler.status import Operation, Report, ResourceResult, ResourceStatus
from tests.support.desiring import REF

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SPEC = {"source": {"repoURL": "x"}, "destination": {"namespace": "shop"}, "project": "shop"}
DEPLOYMENT = ObjectRef("apps", "Deployment", "shop", "web")
CLUSTER = ObjectRef("", "Namespace", "", "shop")


def operation(**changes: object) -> Operation:
    fields = {
        "phase": "Succeeded",
        "message": "done",
        "revision": "c1",
        "started_at": NOW,
        "finished_at": NOW,
        **changes,
    }
    return Operation(**fields)  # type: ignore[arg-type]  # a table of fields


def report(**changes: object) -> Report:
    fields = {"sync": "Synced", "health": Health("Healthy"), "revision": "c1", **changes}
    return Report(**{"spec": SPEC, **fields})  # type: ignore[arg-type]  # a table of fields


def test_a_report_becomes_a_status() -> None:
    found = status.build(
        report(
            source_types=("Directory",),
            resources=(
                ResourceStatus(ref=REF, version="v1", status="Synced", health=Health("Healthy")),
                ResourceStatus(
                    ref=DEPLOYMENT,
                    version="v1",
                    status="OutOfSync",
                    health=Health("Degraded", "crashes"),
                ),
                ResourceStatus(
                    ref=CLUSTER,
                    version="v1",
                    status="OutOfSync",
                    requires_pruning=True,
                    requires_confirmation=True,
                ),
            ),
            conditions=(("SyncError", "refused"),),
        ),
        previous={},
        now=NOW,
    )

    compared = {"source": {"repoURL": "x"}, "destination": {"namespace": "shop"}}
    assert found == {
        "sync": {"status": "Synced", "revision": "c1", "comparedTo": compared},
        "health": {"status": "Healthy", "lastTransitionTime": "2026-01-01T12:00:00Z"},
        "sourceType": "Directory",
        "conditions": [
            {
                "type": "SyncError",
                "message": "refused",
                "lastTransitionTime": "2026-01-01T12:00:00Z",
            }
        ],
        "resources": [
            {
                "kind": "ConfigMap",
                "name": "settings",
                "namespace": "shop",
                "version": "v1",
                "status": "Synced",
                "health": {"status": "Healthy"},
            },
            {
                "group": "apps",
                "kind": "Deployment",
                "name": "web",
                "namespace": "shop",
                "version": "v1",
                "status": "OutOfSync",
                "health": {"status": "Degraded", "message": "crashes"},
            },
            {
                "kind": "Namespace",
                "name": "shop",
                "version": "v1",
                "status": "OutOfSync",
                "requiresPruning": True,
                "requiresDeletionConfirmation": True,
            },
        ],
        "reconciledAt": "2026-01-01T12:00:00Z",
    }


def test_each_of_several_sources_is_told_and_what_is_over_is_not() -> None:
    spec = {"ignoreDifferences": [{"kind": "Deployment", "jsonPointers": ["/spec/replicas"]}]}
    one = report(source_types=("Directory",), images=("app:1",), spec=spec)
    before = status.build(one, previous={}, now=NOW)

    after = status.build(report(source_types=("Directory", "Helm")), previous=before, now=LATER)
    refused = status.build(report(), previous=after, now=LATER)

    assert before["sync"]["comparedTo"] == spec
    assert (before["sourceType"], before["summary"]) == ("Directory", {"images": ["app:1"]})
    assert after["sourceTypes"] == refused["sourceTypes"] == ["Directory", "Helm"]
    assert not {"sourceType", "summary"} & after.keys()


def test_an_operation_is_told_with_what_it_did() -> None:
    result = ResourceResult(ref=REF, version="v1", outcome="Synced", message="created")
    silent = ResourceResult(ref=DEPLOYMENT, version="v1", outcome="Pruned")

    found = status.build(
        report(operation=operation(results=(result, silent), retry_count=2, prunes=True)),
        previous={},
        now=NOW,
    )

    state = found["operationState"]
    assert (state["phase"], state["message"], state["retryCount"]) == ("Succeeded", "done", 2)
    assert state["operation"]["sync"] == {"revision": "c1", "prune": True}
    assert [item.get("message") for item in state["syncResult"]["resources"]] == ["created", None]
    assert found["history"] == [
        {
            "id": 0,
            "revision": "c1",
            "source": {"repoURL": "x"},
            "initiatedBy": {"automated": True},
            "deployStartedAt": "2026-01-01T12:00:00Z",
            "deployedAt": "2026-01-01T12:00:00Z",
        }
    ]


def test_a_source_that_is_not_known_is_left_out() -> None:
    found = status.build(report(operation=operation(), spec={}), previous={}, now=NOW)

    assert "source" not in found["operationState"]["syncResult"]
    assert "source" not in found["history"][0]
    assert found["sync"]["comparedTo"] == {}


def test_an_equal_report_gives_the_same_status() -> None:
    first = status.build(report(conditions=(("A", "a"),)), previous={}, now=NOW)

    assert status.build(report(conditions=(("A", "a"),)), previous=first, now=LATER) is first


def test_what_did_not_change_keeps_its_time() -> None:
    before = status.build(report(conditions=(("A", "a"), ("B", "b"))), previous={}, now=NOW)

    after = status.build(report(conditions=(("A", "a"), ("B", "c"))), previous=before, now=LATER)

    assert [item["lastTransitionTime"] for item in after["conditions"]] == [
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:01:00Z",
    ]
    assert after["health"] == before["health"]
    assert after["reconciledAt"] == "2026-01-01T12:01:00Z"
    assert status.condition_time(after, "B") == "2026-01-01T12:01:00Z"
    assert status.condition_time(after, "C") == ""


def test_a_change_of_health_has_its_time_and_message() -> None:
    before = status.build(report(), previous={}, now=NOW)

    after = status.build(report(health=Health("Degraded", "crashes")), previous=before, now=LATER)

    assert after["health"] == {
        "status": "Degraded",
        "message": "crashes",
        "lastTransitionTime": "2026-01-01T12:01:00Z",
    }


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"phase": "Failed"}, id="failed"),
        pytest.param({"phase": "Running", "finished_at": None}, id="running"),
        pytest.param({}, id="the-same-revision-again"),
    ],
)
def test_only_a_new_success_enters_the_history(changes: dict[str, object]) -> None:
    first = status.build(report(operation=operation()), previous={}, now=NOW)

    second = status.build(report(operation=operation(**changes)), previous=first, now=LATER)

    assert second["history"] == first["history"]


def test_the_history_is_bounded() -> None:
    found: dict[str, object] = {}
    for number in range(15):
        told = report(operation=operation(revision=f"c{number}"))
        found = status.build(told, previous=found, now=NOW)

    assert [entry["id"] for entry in found["history"]] == list(range(5, 15))  # type: ignore[attr-defined]  # a list


@pytest.mark.parametrize(
    ("limit", "kept"),
    [
        pytest.param(2, [3, 4], id="few"),
        pytest.param(0, [], id="none"),
        pytest.param(-1, [], id="negative"),
        pytest.param("x", [0, 1, 2, 3, 4], id="no-number"),
    ],
)
def test_the_history_may_be_shorter(limit: object, kept: list[int]) -> None:
    found: dict[str, object] = {}
    ids = []
    for number in range(5):
        told = report(
            operation=operation(revision=f"c{number}"), spec={"revisionHistoryLimit": limit}
        )
        found = status.build(told, previous=found, now=NOW)
        ids = [entry["id"] for entry in found["history"]]  # type: ignore[attr-defined]  # a list

    assert ids == kept


def test_a_running_operation_has_not_finished() -> None:
    told = report(operation=operation(phase="Running", finished_at=None))

    assert "finishedAt" not in status.build(told, previous={}, now=NOW)["operationState"]


def test_a_revision_that_is_not_known_is_left_out() -> None:
    assert "revision" not in status.build(report(revision=""), previous={}, now=NOW)["sync"]


def test_a_long_message_is_cut() -> None:
    (found,) = status.conditions((("A", "x" * 9999),), [], "now")

    assert len(found["message"]) == 4096
    assert found["message"].endswith("…")


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"conditions": "x"}, id="a-text-for-conditions"),
        pytest.param({"conditions": ["x"]}, id="a-text-for-a-condition"),
        pytest.param({"conditions": [{"type": 5, "message": [1]}]}, id="a-condition-of-numbers"),
        pytest.param({"history": "x"}, id="a-text-for-the-history"),
        pytest.param({"history": [{"id": "x", "revision": "c0"}]}, id="an-id-that-is-no-number"),
        pytest.param({"sync": [1]}, id="a-list-for-sync"),
        pytest.param({"health": "x"}, id="a-text-for-health"),
        pytest.param({"operationState": "x"}, id="a-text-for-the-operation"),
    ],
)
def test_a_status_that_somebody_else_wrote_does_not_end_the_reports(forged: JsonObject) -> None:
    whole = status.build(report(operation=operation()), previous={}, now=NOW)

    read = status.status_of({"status": {**whole, **forged}})

    assert read == {name: part for name, part in whole.items() if name not in forged}
    assert status.build(report(operation=operation()), previous=read, now=NOW) == whole


def test_a_status_that_is_no_mapping_is_none() -> None:
    assert status.status_of({"status": "x"}) == {}
    assert status.status_of({}) == {}


def test_a_hook_and_what_was_synced_are_told() -> None:
    hook = ResourceResult(
        ref=REF, version="v1", outcome="Synced", phase="PreSync", hook_phase="Running"
    )

    found = status.build(
        report(operation=operation(digest="g1", results=(hook,))), previous={}, now=NOW
    )

    state = found["operationState"]

    assert state["operation"]["info"] == [{"name": "gitopskit.io/digest", "value": "g1"}]
    (told,) = state["syncResult"]["resources"]
    assert (told["syncPhase"], told["hookType"], told["hookPhase"]) == (
        "PreSync",
        "PreSync",
        "Running",
    )


def test_what_was_asked_for_is_told_as_it_was_asked() -> None:
    asked = {
        "initiatedBy": {"username": "ann"},
        "info": [{"name": "why", "value": "because"}],
        "sync": {"prune": True, "revision": "main"},
    }

    found = status.build(
        report(operation=operation(asked=asked, digest="g1")), previous={}, now=NOW
    )

    assert found["operationState"]["operation"] == {
        "initiatedBy": {"username": "ann"},
        "info": [
            {"name": "why", "value": "because"},
            {"name": "gitopskit.io/digest", "value": "g1"},
        ],
        "sync": {"prune": True, "revision": "c1"},
    }
    assert found["history"][0]["initiatedBy"] == {"username": "ann"}


def test_a_dry_run_is_no_deployment() -> None:
    found = status.build(
        report(operation=operation(asked={"info": "odd"}, is_rehearsal=True)), previous={}, now=NOW
    )

    assert found["history"] == []
    assert found["operationState"]["operation"] == {"info": "odd", "sync": {"revision": "c1"}}
