from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.errors import OwnershipConflict
from gitopskit.redaction import Plaintext
from gitopskit.sealing.unseal import UnsealedSecret
from gitopskit.unsealer.claim import Claim
from gitopskit.unsealer.decide import Create, Keep, Recreate, Refuse, Replace, Tell
from gitopskit.unsealer.drift import is_drift, only_told
from gitopskit.unsealer.live_secret import LiveSecret

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

NEW = Claim(name="db", uid="u")
WRITTEN = Claim(name="db", uid="u", has_written=True, is_written=True)
CHANGED = Claim(name="db", uid="u", has_written=True)


def wanted(**changes: JsonValue) -> UnsealedSecret:
    fields: dict[str, Any] = {
        "name": "db",
        "namespace": "shop",
        "metadata": {"labels": {"app": "shop"}},
        "type": "Opaque",
        "immutable": None,
        "data": {"password": Plaintext(b"sealed")},
    }
    return UnsealedSecret(**{**fields, **changes})


def live(**changes: JsonValue) -> LiveSecret:
    data = changes.pop("data", {"password": b"sealed"})
    metadata = {"uid": "s", "resourceVersion": "1", "labels": {"app": "shop"}}
    return LiveSecret.of(
        {
            "metadata": {**metadata, **changes.pop("metadata", {})},
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
            **changes,
        }
    )


@pytest.mark.parametrize(
    "decision",
    [
        Create(wanted()),
        Replace(wanted()),
        Recreate(wanted(), "s", "1", OwnershipConflict("immutable")),
    ],
    ids=["create", "replace", "recreate"],
)
def test_a_write_for_which_nothing_new_is_sealed_is_drift(
    decision: Create | Replace | Recreate,
) -> None:
    assert is_drift(decision, WRITTEN)
    assert not is_drift(decision, NEW)
    assert not is_drift(decision, CHANGED)
    assert only_told(decision, CHANGED, live()) is decision


@pytest.mark.parametrize(
    "decision", [Keep(), Refuse(OwnershipConflict("taken"))], ids=["keep", "refuse"]
)
def test_what_is_not_written_is_no_drift(decision: Keep | Refuse) -> None:
    assert not is_drift(decision, WRITTEN)
    assert only_told(decision, WRITTEN, live()) is decision


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param({"data": {"password": b"edited"}}, "item `password` was changed", id="value"),
        pytest.param({"data": {}}, "item `password` is missing", id="lost item"),
        pytest.param(
            {"data": {"password": b"sealed", "x": b""}}, "item `x` was added", id="added item"
        ),
        pytest.param({"metadata": {"labels": {}}}, "label `app` is missing", id="label"),
        pytest.param(
            {"metadata": {"annotations": {"a": "b"}}}, "annotation `a` was added", id="annotation"
        ),
        pytest.param({"metadata": {"ownerReferences": [{}]}}, "owner references", id="owner"),
        pytest.param({"type": "example.org/x"}, "type", id="type"),
        pytest.param({"immutable": True}, "immutable", id="immutable"),
    ],
)
def test_drift_that_is_only_told_says_what_differs(found: dict[str, Any], words: str) -> None:
    assert only_told(Replace(wanted()), WRITTEN, live(**found)) == Tell((words,))


def test_a_secret_that_was_deleted_is_told() -> None:
    assert only_told(Create(wanted()), WRITTEN, None) == Tell(("there is none",))


def test_many_differences_are_counted() -> None:
    many = {f"k{number}": b"" for number in range(10)}

    decision = only_told(Replace(wanted(data={})), WRITTEN, live(data=many))

    assert isinstance(decision, Tell)
    assert len(decision.differences) == 9
    assert decision.differences[-1] == "2 more"


def test_no_value_is_told() -> None:
    decision = only_told(Replace(wanted()), WRITTEN, live(data={"password": b"edited"}))

    assert "edited" not in str(decision)
