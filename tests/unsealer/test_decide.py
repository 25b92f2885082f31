from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import OwnershipConflict
from gitopskit.redaction import Plaintext
from gitopskit.unsealer.decide import (
    Create,
    Keep,
    Recreate,
    Replace,
    decide,
)
from gitopskit.unsealer.live_secret import LiveSecret
from gitopskit.unsealer.ownership import FIELD_MANAGER, MANAGED, PATCH, SKIP_OWNER
from tests.support.deciding import MAY_RECREATE, OURS, SEALED, error_of, live, unsealed

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject


def test_a_missing_secret_is_created_with_its_owner_and_its_template() -> None:
    template = {
        "name": "db",
        "namespace": "shop",
        "labels": {"app": "shop"},
        "annotations": {"team": "web"},
        "finalizers": ["example.org/keep"],
        "uid": "from-the-template",
        "ownerReferences": [{"uid": "from-the-template"}],
    }
    decision = decide(SEALED, unsealed(metadata=template), None)

    assert isinstance(decision, Create)
    assert decision.secret.metadata == {
        "name": "db",
        "namespace": "shop",
        "labels": {"app": "shop"},
        "annotations": {"team": "web"},
        "finalizers": ["example.org/keep"],
        "ownerReferences": [OURS],
    }


def test_a_secret_that_asks_for_no_owner_is_marked_as_managed() -> None:
    template = {"annotations": {SKIP_OWNER: "true"}}

    decision = decide(SEALED, unsealed(metadata=template), None)

    assert isinstance(decision, Create)
    assert "ownerReferences" not in decision.secret.metadata
    assert decision.secret.metadata["annotations"] == {SKIP_OWNER: "true", MANAGED: "true"}


def test_a_secret_that_is_as_it_should_be_is_kept() -> None:
    assert decide(SEALED, unsealed(), live()) == Keep()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"data": {"password": b"edited"}}, id="edited value"),
        pytest.param({"data": {}}, id="lost value"),
        pytest.param({"data": {"password": b"sealed", "more": b""}}, id="added value"),
        pytest.param(
            {"metadata": {"ownerReferences": None, "annotations": {MANAGED: "true"}}},
            id="lost owner of a managed one",
        ),
    ],
)
def test_a_secret_that_drifted_is_replaced_at_the_version_that_was_read(
    changed: dict[str, Any],
) -> None:
    decision = decide(SEALED, unsealed(), live(**changed))

    assert isinstance(decision, Replace)
    assert decision.secret.metadata["uid"] == "secret-uid"
    assert decision.secret.metadata["resourceVersion"] == "7"
    assert decision.secret.metadata["ownerReferences"] == [OURS]
    assert decision.secret.data == {"password": Plaintext(b"sealed")}


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        pytest.param({"ownerReferences": []}, "not managed by this SealedSecret", id="nobody's"),
        pytest.param(
            {"ownerReferences": [{**OURS, "controller": False}]},
            "not managed by this SealedSecret",
            id="owned and not controlled",
        ),
        pytest.param(
            {"ownerReferences": [{"kind": "ExternalSecret", "name": "x", "controller": True}]},
            "controlled by ExternalSecret x",
            id="another controller's",
        ),
        pytest.param(
            {
                "ownerReferences": [{"kind": "ExternalSecret", "name": "x", "controller": True}],
                "annotations": {MANAGED: "true"},
            },
            "controlled by ExternalSecret x",
            id="another controller's though managed",
        ),
        pytest.param(
            {"ownerReferences": [{**OURS, "uid": "earlier"}]},
            "earlier SealedSecret",
            id="that of an earlier one",
        ),
        pytest.param(
            {"ownerReferences": [{**OURS, "uid": "other", "name": "other"}]},
            "controlled by SealedSecret other",
            id="that of another SealedSecret",
        ),
        pytest.param(
            {"annotations": {MANAGED: "True"}, "ownerReferences": []}, "not managed", id="misspelt"
        ),
        pytest.param({"deletionTimestamp": "2026-06-01T12:00:00Z"}, "being deleted", id="going"),
    ],
)
def test_a_secret_of_somebody_else_is_refused_and_named(metadata: JsonObject, words: str) -> None:
    error = error_of(decide(SEALED, unsealed(), live(metadata=metadata)))

    assert isinstance(error, OwnershipConflict)
    assert words in error.what
    assert error.hint


def test_a_managed_secret_is_taken_over_whole() -> None:
    metadata = {"annotations": {MANAGED: "true"}, "ownerReferences": []}

    decision = decide(SEALED, unsealed(), live(metadata=metadata, data={"old": b"1"}))

    assert isinstance(decision, Replace)
    assert decision.secret.metadata["ownerReferences"] == [OURS]
    assert decision.secret.metadata["annotations"] == {MANAGED: "true"}


@pytest.mark.parametrize(
    ("wanted", "found", "words"),
    [
        pytest.param(
            {"type": "kubernetes.io/tls"}, {}, "type Opaque, not kubernetes.io/tls", id="type"
        ),
        pytest.param(
            {}, {"immutable": True, "data": {"password": b"old"}}, "holds other values", id="values"
        ),
        pytest.param(
            {"immutable": False},
            {"immutable": True},
            "which the template says it is not",
            id="flag",
        ),
    ],
)
def test_what_cannot_be_changed_in_place_is_explained(
    wanted: dict[str, Any], found: dict[str, Any], words: str
) -> None:
    error = error_of(decide(SEALED, unsealed(**wanted), live(**found)))

    assert words in error.what
    assert "delete the Secret" in error.hint
    assert "gitopskit.io/recreate-immutable" in error.hint


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"type": "kubernetes.io/tls"}, {}, id="type"),
        pytest.param({}, {"immutable": True, "data": {"password": b"old"}}, id="values"),
        pytest.param({"immutable": False}, {"immutable": True}, id="flag"),
    ],
)
def test_it_is_made_anew_exactly_as_read_where_that_is_allowed(
    wanted: dict[str, Any], found: dict[str, Any]
) -> None:
    metadata = {"labels": {"added": "1"}, "finalizers": ["example.org/theirs"]}
    template = {"finalizers": ["example.org/ours"]}

    decision = decide(
        MAY_RECREATE, unsealed(metadata=template, **wanted), live(metadata=metadata, **found)
    )

    assert isinstance(decision, Recreate)
    assert (decision.uid, decision.resource_version) == ("secret-uid", "7")
    assert decision.secret.metadata == {
        "name": "db",
        "namespace": "shop",
        "labels": {"added": "1"},
        "ownerReferences": [OURS],
        "finalizers": ["example.org/ours"],
    }
    assert decision.secret.data == {"password": Plaintext(b"sealed")}


def test_a_change_that_is_possible_in_place_recreates_nothing() -> None:
    assert isinstance(decide(MAY_RECREATE, unsealed(), live(data={})), Replace)


def test_a_patched_secret_is_never_recreated() -> None:
    metadata = {"annotations": {PATCH: "true"}}
    found = live(metadata=metadata, immutable=True, data={"password": b"old"})

    assert "immutable" in error_of(decide(MAY_RECREATE, unsealed(), found)).what


def test_an_immutable_secret_with_the_right_values_is_kept() -> None:
    assert decide(SEALED, unsealed(), live(immutable=True)) == Keep()


def test_a_template_that_says_immutable_makes_the_secret_immutable() -> None:
    decision = decide(SEALED, unsealed(immutable=True), live())

    assert isinstance(decision, Replace)
    assert decision.secret.immutable is True


def test_only_the_metadata_of_an_immutable_secret_is_replaced() -> None:
    template = {"labels": {"app": "shop"}}

    decision = decide(SEALED, unsealed(metadata=template), live(immutable=True))

    assert isinstance(decision, Replace)
    assert decision.secret.immutable is True
    assert decision.secret.metadata["labels"] == {"app": "shop"}


@pytest.mark.parametrize("part", ["labels", "annotations"])
def test_what_others_add_stays_and_what_we_set_follows_the_template(part: str) -> None:
    ours = {
        "manager": FIELD_MANAGER,
        "fieldsV1": {"f:metadata": {f"f:{part}": {".": {}, "f:gone": {}}}},
    }
    theirs = {"manager": "kubectl", "fieldsV1": {"f:metadata": {f"f:{part}": {"f:added": {}}}}}
    metadata = {
        part: {"gone": "1", "added": "1", "changed": "theirs"},
        "managedFields": [ours, theirs, {"manager": FIELD_MANAGER}],
    }

    decision = decide(
        SEALED, unsealed(metadata={part: {"changed": "ours"}}), live(metadata=metadata)
    )

    assert isinstance(decision, Replace)
    assert decision.secret.metadata[part] == {"added": "1", "changed": "ours"}


def test_additions_of_others_are_no_drift() -> None:
    metadata = {
        "labels": {"added": "1"},
        "annotations": {"added": "1"},
        "finalizers": ["example.org/keep"],
        "ownerReferences": [{**OURS, "blockOwnerDeletion": True}, {"uid": "other", "kind": "App"}],
    }

    assert decide(SEALED, unsealed(), live(metadata=metadata)) == Keep()


def test_a_replacement_keeps_finalizers_and_other_owners() -> None:
    other = {"uid": "other", "kind": "App"}
    metadata = {"finalizers": ["example.org/keep"], "ownerReferences": [other, OURS]}

    decision = decide(SEALED, unsealed(), live(metadata=metadata, data={}))

    assert isinstance(decision, Replace)
    assert decision.secret.metadata["finalizers"] == ["example.org/keep"]
    assert decision.secret.metadata["ownerReferences"] == [other, OURS]


def test_our_owner_reference_goes_when_the_template_asks_for_none() -> None:
    template = {"annotations": {SKIP_OWNER: "true"}}

    decision = decide(SEALED, unsealed(metadata=template), live())

    assert isinstance(decision, Replace)
    assert "ownerReferences" not in decision.secret.metadata
    assert decision.secret.metadata["annotations"][MANAGED] == "true"


def test_no_value_is_in_the_text_of_a_decision() -> None:
    decision = decide(SEALED, unsealed(), live(data={"password": b"edited"}))

    assert "edited" not in repr(decision)
    assert "sealed'" not in repr(decision)


@given(
    sealed=st.dictionaries(st.sampled_from("abc"), st.binary(max_size=3)),
    found=st.dictionaries(st.sampled_from("abc"), st.binary(max_size=3)),
    labels=st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12")),
)
def test_a_replacement_that_was_written_needs_no_other(
    sealed: dict[str, bytes], found: dict[str, bytes], labels: dict[str, str]
) -> None:
    desired = unsealed(
        data={key: Plaintext(value) for key, value in sealed.items()}, metadata={"labels": labels}
    )
    decision = decide(SEALED, desired, live(data=found, metadata={"labels": {"x": "0", "w": "0"}}))

    if isinstance(decision, Replace):
        written = LiveSecret.of(decision.secret.to_content())
        assert decide(SEALED, desired, written) == Keep()
    else:
        assert decision == Keep()
