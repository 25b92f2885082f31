"""Decisions about Secrets that somebody else made, or laid hands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.redaction import Plaintext
from gitopskit.unsealer.decide import (
    TOKEN_TYPE,
    Keep,
    Replace,
    decide,
)
from gitopskit.unsealer.ownership import FIELD_MANAGER, MANAGED, PATCH
from tests.support.deciding import OURS, SEALED, SYNCED, error_of, live, unsealed

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.unsealer.claim import Claim
    from gitopskit.unsealer.live_secret import LiveSecret


def theirs(**changes: JsonValue) -> LiveSecret:
    """Return somebody's Secret that ours may be laid over."""
    metadata = {"annotations": {PATCH: "true"}, "ownerReferences": []}
    return live(metadata={**metadata, **changes.pop("metadata", {})}, **changes)


def test_a_secret_to_patch_gets_our_parts_and_keeps_its_own() -> None:
    template = {"labels": {"app": "shop"}, "annotations": {"team": "web"}}
    found = theirs(data={"theirs": b"1", "password": b"old"}, metadata={"labels": {"x": "1"}})

    decision = decide(SEALED, unsealed(metadata=template), found)

    assert isinstance(decision, Replace)
    assert decision.secret.data == {"theirs": Plaintext(b"1"), "password": Plaintext(b"sealed")}
    assert decision.secret.metadata["labels"] == {"x": "1", "app": "shop"}
    assert decision.secret.metadata["annotations"] == {PATCH: "true", "team": "web"}
    assert "ownerReferences" not in decision.secret.metadata


def test_what_left_the_sealed_secret_stays_in_a_patched_one() -> None:
    ours = {"manager": FIELD_MANAGER, "fieldsV1": {"f:metadata": {"f:labels": {"f:gone": {}}}}}
    metadata = {"labels": {"gone": "1"}, "managedFields": [ours]}

    found = theirs(data={"left": b"1", "password": b"sealed"}, metadata=metadata)

    assert decide(SEALED, unsealed(), found) == Keep()


def test_a_patched_secret_keeps_its_type_and_whether_it_is_immutable() -> None:
    found = theirs(type="kubernetes.io/tls", immutable=True)

    assert decide(SEALED, unsealed(immutable=False), found) == Keep()
    assert "type" in error_of(decide(SEALED, unsealed(type="example.org/x"), found)).what


def test_a_secret_to_patch_that_another_controller_owns_is_patched_and_stays_its() -> None:
    owner = {"kind": "ExternalSecret", "name": "x", "uid": "other", "controller": True}
    found = theirs(data={}, metadata={"ownerReferences": [owner]})

    decision = decide(SEALED, unsealed(), found)

    assert isinstance(decision, Replace)
    assert decision.secret.metadata["ownerReferences"] == [owner]


def test_a_secret_that_is_managed_too_gets_our_owner_reference() -> None:
    found = theirs(data={}, metadata={"annotations": {PATCH: "true", MANAGED: "true"}})

    decision = decide(SEALED, unsealed(), found)

    assert isinstance(decision, Replace)
    assert decision.secret.metadata["ownerReferences"] == [OURS]


def test_a_template_does_not_take_over_what_may_only_be_patched() -> None:
    template = {"annotations": {MANAGED: "true", PATCH: "false", "team": "web"}}

    decision = decide(SEALED, unsealed(metadata=template), theirs(data={"theirs": b"1"}))

    assert isinstance(decision, Replace)
    assert decision.secret.metadata["annotations"] == {PATCH: "true", "team": "web"}


def test_a_template_ends_the_patching_of_a_secret_of_our_own() -> None:
    found = live(metadata={"annotations": {PATCH: "true"}})

    decision = decide(SEALED, unsealed(metadata={"annotations": {PATCH: "false"}}), found)

    assert isinstance(decision, Replace)
    assert decision.secret.metadata["annotations"] == {PATCH: "false"}


def test_a_managed_secret_of_another_controller_is_not_patched() -> None:
    owner = {"kind": "ExternalSecret", "name": "x", "uid": "other", "controller": True}
    annotations = {PATCH: "true", MANAGED: "true"}
    found = theirs(metadata={"annotations": annotations, "ownerReferences": [owner]})

    assert "controlled by ExternalSecret x" in error_of(decide(SEALED, unsealed(), found)).what


def test_a_patched_secret_of_our_own_keeps_what_others_put_into_it() -> None:
    template = {"annotations": {PATCH: "true"}}
    found = live(data={"added": b"1"}, metadata={"annotations": {PATCH: "true"}})

    decision = decide(SEALED, unsealed(metadata=template), found)

    assert isinstance(decision, Replace)
    assert decision.secret.data.keys() == {"added", "password"}
    assert decision.secret.metadata["ownerReferences"] == [OURS]


WRITTEN_BY_US = [
    {"manager": FIELD_MANAGER, "fieldsV1": {"f:type": {}, "f:data": {"f:password": {}}}}
]


@pytest.mark.parametrize(
    "left",
    [
        pytest.param([], id="none"),
        pytest.param([{**OURS, "controller": False}], id="no controller"),
        pytest.param([{"uid": "other", "kind": "ConfigMap", "name": "x"}], id="another owner"),
    ],
)
def test_our_own_secret_gets_its_owner_reference_back(left: list[JsonValue]) -> None:
    found = live(metadata={"ownerReferences": left, "managedFields": WRITTEN_BY_US})

    decision = decide(SYNCED, unsealed(), found)

    assert isinstance(decision, Replace)
    assert OURS in decision.secret.metadata["ownerReferences"]


@pytest.mark.parametrize(
    ("claim", "fields"),
    [
        pytest.param(SEALED, WRITTEN_BY_US, id="of an earlier SealedSecret"),
        pytest.param(SYNCED, [{"manager": "kubectl", "fieldsV1": {"f:type": {}}}], id="of others"),
        pytest.param(SYNCED, [{"manager": FIELD_MANAGER}], id="of which we wrote nothing"),
        pytest.param(SYNCED, None, id="of nobody known"),
    ],
)
def test_a_secret_without_owner_that_is_not_proved_ours_is_left_alone(
    claim: Claim, fields: JsonValue
) -> None:
    found = live(metadata={"ownerReferences": [], "managedFields": fields})

    assert "not managed" in error_of(decide(claim, unsealed(), found)).what


def test_our_secret_that_another_controller_took_is_left_to_it() -> None:
    owner = {"kind": "ExternalSecret", "name": "x", "uid": "other", "controller": True}
    found = live(metadata={"ownerReferences": [owner], "managedFields": WRITTEN_BY_US})

    assert "controlled by" in error_of(decide(SYNCED, unsealed(), found)).what


def test_what_the_cluster_adds_to_a_token_stays() -> None:
    found = live(
        type=TOKEN_TYPE,
        data={"token": b"t", "ca.crt": b"c", "namespace": b"n", "password": b"sealed"},
    )

    assert decide(SEALED, unsealed(type=TOKEN_TYPE), found) == Keep()


def test_what_else_is_added_to_a_token_goes() -> None:
    found = live(type=TOKEN_TYPE, data={"token": b"t", "more": b"1"})

    decision = decide(SEALED, unsealed(type=TOKEN_TYPE), found)

    assert isinstance(decision, Replace)
    assert decision.secret.data.keys() == {"token", "password"}
