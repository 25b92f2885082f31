from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.errors import ApiForbidden, OwnershipConflict, Undecryptable
from gitopskit.unsealer import status
from gitopskit.unsealer.status import UNSEAL_FAILED, UPDATE_FAILED, Outcome

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SUCCESS = status.success(["SHA256:key"])
FAILURE = Outcome(reason=UNSEAL_FAILED, message="no key opens `a`")


def sealed(**condition: JsonValue) -> dict[str, Any]:
    """Return a SealedSecret, with a status if a condition is given."""
    content: dict[str, Any] = {"metadata": {"uid": "u", "resourceVersion": "5", "generation": 2}}
    if condition:
        content["status"] = {
            "observedGeneration": 2,
            "conditions": [{"type": "Other"}, {"type": "Synced", **condition}],
        }
    return content


def written(content: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    """Return the SealedSecret after its status was written."""
    return {**content, "status": status.patch(content, outcome, now=NOW)["status"]}


@pytest.mark.parametrize("outcome", [SUCCESS, FAILURE], ids=["success", "failure"])
def test_what_was_written_is_told(outcome: Outcome) -> None:
    assert status.is_told(written(sealed(), outcome), outcome)


def test_nothing_is_told_by_an_empty_status() -> None:
    assert not status.is_told(sealed(), SUCCESS)


@pytest.mark.parametrize(
    "later",
    [
        SUCCESS,
        Outcome(reason=UPDATE_FAILED, message=FAILURE.message),
        Outcome(reason=UNSEAL_FAILED, message="x"),
    ],
    ids=["status", "reason", "message"],
)
def test_another_outcome_is_not_told_yet(later: Outcome) -> None:
    assert not status.is_told(written(sealed(), FAILURE), later)


def test_an_outcome_of_an_earlier_generation_is_not_told_yet() -> None:
    content = written(sealed(), SUCCESS)
    content["metadata"]["generation"] = 3

    assert not status.is_told(content, SUCCESS)


def test_the_patch_holds_only_for_the_version_that_was_read() -> None:
    patch = status.patch(sealed(), SUCCESS, now=NOW)

    assert patch["metadata"] == {"uid": "u", "resourceVersion": "5"}
    assert patch["status"]["observedGeneration"] == 2


def test_the_condition_comes_first_and_those_of_others_stay() -> None:
    patch = status.patch(sealed(status="False"), SUCCESS, now=NOW)

    assert [entry["type"] for entry in patch["status"]["conditions"]] == ["Synced", "Other"]


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        pytest.param({}, "2026-06-01T12:00:00Z", id="first"),
        pytest.param(
            {"status": "True", "lastTransitionTime": "2025-01-01T00:00:00Z"},
            "2026-06-01T12:00:00Z",
            id="turned",
        ),
        pytest.param(
            {"status": "False", "lastTransitionTime": "2025-01-01T00:00:00Z"},
            "2025-01-01T00:00:00Z",
            id="same status, other message",
        ),
        pytest.param({"status": "False"}, "2026-06-01T12:00:00Z", id="time unknown"),
    ],
)
def test_the_time_of_transition_is_when_the_status_turned(
    previous: dict[str, str], expected: str
) -> None:
    condition = status.patch(sealed(**previous), FAILURE, now=NOW)["status"]["conditions"][0]

    assert condition["lastTransitionTime"] == expected
    assert condition["lastUpdateTime"] == "2026-06-01T12:00:00Z"


def test_a_failure_tells_what_and_how_to_fix_it_but_not_where() -> None:
    error = Undecryptable("no key opens `a`", where="SealedSecret/shop/db", hint="seal it again")

    outcome = status.failure(UNSEAL_FAILED, error)

    assert outcome == Outcome(reason=UNSEAL_FAILED, message="no key opens `a`; seal it again")
    assert not outcome.is_synced


def test_a_failure_without_a_hint_tells_what() -> None:
    assert status.failure(UPDATE_FAILED, OwnershipConflict("taken")).message == "taken"


def test_a_refused_write_tells_the_refusal_without_the_hint_for_commands() -> None:
    error = ApiForbidden("the API server refused it (Forbidden)", hint="use another context")

    assert status.refusal(error) == Outcome(
        reason=UPDATE_FAILED,
        message="the Secret is not written: the API server refused it (Forbidden)",
    )


def test_a_long_message_is_cut() -> None:
    outcome = status.failure(UPDATE_FAILED, OwnershipConflict("x" * 5000))

    assert len(outcome.message) == 1000
    assert outcome.message.endswith("…")


def test_success_names_the_keys_and_drift_what_differs() -> None:
    assert status.success([]).message == "the Secret holds what is sealed"
    assert status.success(["b", "a"]).message == "the Secret holds what is sealed; opened with a b"
    assert status.success([]).is_synced
    assert status.drift(["item `a` was changed", "type"]).message.endswith(
        "only reported: item `a` was changed, type"
    )
    assert not status.drift([]).is_synced


def test_the_end_of_a_namespace_settles_and_is_told_to_nobody() -> None:
    assert status.namespace_ends().is_settled
    assert not status.namespace_ends().is_tellable
    assert not status.namespace_ends().is_synced
    assert SUCCESS.is_tellable
