"""What a row of the status says of an object."""

from typing import Any

import pytest

from gitopskit.workflows.status_rows import application_row, sealed_secret_row


def _object(**status: Any) -> dict[str, Any]:  # noqa: ANN401 -- any status an object may have
    return {"metadata": {"name": "web", "namespace": "argocd"}, "status": status}


def test_an_application_says_its_state_health_and_short_revision() -> None:
    row = application_row(
        _object(sync={"status": "Synced", "revision": "a" * 40}, health={"status": "Healthy"})
    )

    assert (row.state, row.health, row.revision) == ("Synced", "Healthy", "aaaaaaaa")
    assert row.is_well


def test_conditions_are_joined_into_one_message() -> None:
    row = application_row(
        _object(conditions=[{"type": "SyncError", "message": "a"}, {"type": "X", "message": "b"}])
    )

    assert row.message == "a; b"
    assert not row.is_well


@pytest.mark.parametrize(
    ("status", "state", "message"),
    [
        ({}, "not yet seen", ""),
        ({"conditions": [{"type": "Synced", "status": "True"}]}, "Unsealed", ""),
        (
            {"conditions": [{"type": "Synced", "status": "False", "message": "no key"}]},
            "Failed",
            "no key",
        ),
        ({"conditions": [{"type": "Synced", "status": "False"}]}, "Failed", ""),
    ],
    ids=["untouched", "unsealed", "failed", "failed without a word"],
)
def test_a_sealed_secret_says_whether_it_was_opened(
    status: dict[str, Any], state: str, message: str
) -> None:
    row = sealed_secret_row(_object(**status))

    assert (row.state, row.message) == (state, message)


def test_a_rollback_is_no_success() -> None:
    row = application_row(
        _object(
            sync={"status": "Synced"},
            health={"status": "Healthy"},
            conditions=[
                {"type": "HealthyRevision", "message": "the last healthy revision is a"},
                {"type": "RolledBack", "message": "a is deployed instead of b"},
            ],
        )
    )

    assert not row.is_well
    assert row.message == "rolled back: a is deployed instead of b"
    assert row.told()["rolledBack"] is True


def test_a_status_in_another_form_ends_nothing() -> None:
    row = application_row(_object(sync="odd", conditions=[1], health=None))

    assert (row.state, row.health, row.message) == ("not yet seen", "Unknown", "")
