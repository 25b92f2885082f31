"""Ignored fields at apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler import names
from gitopskit.reconciler.application import Ignored
from gitopskit.reconciler.ignoring import respecting

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

CONTENT: JsonObject = {"spec": {"replicas": 1, "items": [{"name": "a", "image": "one"}]}}


def live(*, owned: JsonObject) -> JsonObject:
    entry = {"manager": "gitopskit-reconciler", "operation": "Apply", "fieldsV1": owned}
    return {
        "metadata": {"managedFields": [entry]},
        "spec": {"replicas": 5, "items": [{"name": "a", "image": "two"}]},
    }


OWN_REPLICAS: JsonObject = {"f:spec": {"f:replicas": {}}}
OWN_IMAGE: JsonObject = {"f:spec": {"f:items": {'k:{"name":"a"}': {"f:image": {}}}}}


@pytest.mark.parametrize(
    ("pointer", "owned", "spec"),
    [
        pytest.param(
            ("spec", "replicas"),
            OWN_REPLICAS,
            {"replicas": 5, "items": CONTENT["spec"]["items"]},
            id="ours-is-sent-as-it-stands",
        ),
        pytest.param(
            ("spec", "replicas"),
            {},
            {"items": CONTENT["spec"]["items"]},
            id="of-others-is-left-out",
        ),
        pytest.param(
            ("spec", "items", "0", "image"),
            OWN_IMAGE,
            {"replicas": 1, "items": [{"name": "a", "image": "two"}]},
            id="in-an-item",
        ),
        pytest.param(
            ("spec", "items", "0"), {}, {"replicas": 1, "items": []}, id="an-item-of-others"
        ),
        pytest.param(("spec", "items", "7"), {}, CONTENT["spec"], id="no-such-item"),
        pytest.param(("spec", "items", "x"), {}, CONTENT["spec"], id="no-number"),
        pytest.param(("spec", "other", "deep"), {}, CONTENT["spec"], id="no-such-field"),
        pytest.param(("spec", "replicas", "deep"), {}, CONTENT["spec"], id="below-a-scalar"),
    ],
)
def test_an_ignored_field_stays_as_it_is(
    pointer: tuple[str, ...], owned: JsonObject, spec: JsonObject
) -> None:
    assert respecting(CONTENT, live(owned=owned), Ignored((pointer,)))["spec"] == spec


def test_the_desired_object_is_not_changed() -> None:
    respecting(CONTENT, live(owned={}), Ignored((("spec", "replicas"),)))

    assert CONTENT["spec"]["replicas"] == 1


@pytest.mark.parametrize(
    ("owned", "spec"),
    [
        pytest.param(
            {"f:spec": {"f:replicas": {}}}, {"items": CONTENT["spec"]["items"]}, id="field"
        ),
        pytest.param(
            {"f:spec": {"f:items": {'k:{"name":"a"}': {".": {}, "f:name": {}, "f:image": {}}}}},
            {"replicas": 1, "items": [{"name": "a"}]},
            id="in-an-item",
        ),
        pytest.param(
            {"f:spec": {"f:items": {'k:{"name":"a"}': {}}}},
            {"replicas": 1, "items": []},
            id="an-item",
        ),
        pytest.param(
            {"f:spec": {"f:items": {'k:{"name":"b"}': {"f:image": {}}}}},
            CONTENT["spec"],
            id="other",
        ),
        pytest.param(
            {"f:spec": {"f:replicas": {"f:deep": {}}}}, CONTENT["spec"], id="below-a-scalar"
        ),
    ],
)
@pytest.mark.parametrize("subresource", ["", "scale"])
def test_what_a_manager_set_who_may_is_left_out(
    owned: JsonObject, spec: JsonObject, subresource: str
) -> None:
    entry = {"manager": "scaler", "operation": "Update", "fieldsV1": owned}
    content = live(owned={})
    content["metadata"]["managedFields"].append({**entry, "subresource": subresource})

    found = respecting(CONTENT, content, Ignored(managers=frozenset({"scaler"})))

    assert found["spec"] == spec


def test_the_mark_of_an_application_is_never_left_out() -> None:
    marks = {names.TRACKING_ANNOTATION: "web:/ConfigMap:shop/a"}
    owned: JsonObject = {"f:metadata": {"f:annotations": {f"f:{names.TRACKING_ANNOTATION}": {}}}}
    entry = {"manager": "scaler", "operation": "Update", "fieldsV1": owned}
    content: JsonObject = {"metadata": {"annotations": marks}}

    found = respecting(
        content, {"metadata": {"managedFields": [entry]}}, Ignored(managers=frozenset({"scaler"}))
    )

    assert found == content
