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


ITEMS: JsonObject = {
    "f:spec": {"f:items": {'k:{"name":"b"}': {".": {}, "f:name": {}, "f:image": {}}}}
}
"""What we own where the live object has another item before ours."""


def crowded(*, owned: JsonObject) -> JsonObject:
    content = live(owned=owned)
    content["spec"]["items"] = [
        {"name": "injected", "image": "theirs"},
        {"name": "b", "image": "two", "cpu": 1},
    ]
    return content


@pytest.mark.parametrize(
    ("wanted", "found", "owned", "items"),
    [
        pytest.param(
            ("spec", "items", "0", "image"),
            ("spec", "items", "1", "image"),
            ITEMS,
            [{"name": "b", "image": "two"}],
            id="ours-is-sent-as-it-stands",
        ),
        pytest.param(
            ("spec", "items", "0", "image"),
            ("spec", "items", "1", "image"),
            {},
            [{"name": "b"}],
            id="of-others-is-left-out",
        ),
        pytest.param(
            ("spec", "items", "0"),
            ("spec", "items", "1"),
            ITEMS,
            [{"name": "b", "image": "two"}],
            id="an-item-of-ours-without-what-others-added",
        ),
        pytest.param(
            ("spec", "items", "0"), ("spec", "items", "1"), {}, [], id="an-item-of-others"
        ),
        pytest.param(
            ("spec", "items"),
            ("spec", "items"),
            ITEMS,
            [{"name": "b", "image": "two"}],
            id="a-list",
        ),
    ],
)
def test_what_an_expression_names_is_found_by_the_keys_of_items(
    wanted: tuple[str, ...], found: tuple[str, ...], owned: JsonObject, items: list[JsonObject]
) -> None:
    content: JsonObject = {"spec": {"items": [{"name": "b", "image": "one"}]}}
    ignored = Ignored(expressions=("one",), found=(found,), wanted=(wanted,))

    result = respecting(content, crowded(owned=owned), ignored)

    assert result.get("spec", {}).get("items", []) == items


def test_several_items_that_an_expression_names_are_left_out_together() -> None:
    content: JsonObject = {"spec": {"items": [{"name": str(n)} for n in range(12)]}}
    wanted = tuple(("spec", "items", str(n)) for n in range(1, 12))

    result = respecting(content, live(owned={}), Ignored(expressions=("one",), wanted=wanted))

    assert result["spec"]["items"] == [{"name": "0"}]


@pytest.mark.parametrize(
    "owned",
    [
        pytest.param({"f:data": {"f:list": {'v:"b"': {}}}}, id="a-value-of-a-set"),
        pytest.param({"f:data": {"f:list": {"i:1": {}}}}, id="a-place"),
    ],
)
def test_a_value_in_a_list_is_sent_as_it_stands(owned: JsonObject) -> None:
    content: JsonObject = {"data": {"list": ["a"]}}
    entry = {"manager": "gitopskit-reconciler", "operation": "Apply", "fieldsV1": owned}
    current: JsonObject = {"metadata": {"managedFields": [entry]}, "data": {"list": ["x", "b"]}}
    ignored = Ignored(expressions=("one",), found=(("data", "list"),))

    assert respecting(content, current, ignored)["data"]["list"] == ["a", "b"]


def test_an_item_of_which_we_own_nothing_but_its_being_there_keeps_its_keys() -> None:
    owned: JsonObject = {"f:spec": {"f:items": {'k:{"name":"b"}': {}}}}
    ignored = Ignored(expressions=("one",), found=(("spec", "items"),), wanted=(("spec", "items"),))

    result = respecting({"spec": {"items": []}}, crowded(owned=owned), ignored)

    assert result["spec"]["items"] == [{"name": "b"}]


def test_an_expression_that_names_all_leaves_an_object_its_name_and_its_mark() -> None:
    metadata = {
        "name": "a",
        "namespace": "shop",
        "labels": {names.APPLICATION_LABEL: "web", "team": "a"},
        "annotations": {names.TRACKING_ANNOTATION: "web:/ConfigMap:shop/a", "note": "b"},
    }
    content: JsonObject = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {},
    }
    wanted = tuple((name,) for name in content)

    result = respecting(content, live(owned={}), Ignored(expressions=("..",), wanted=wanted))

    assert result == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "a",
            "namespace": "shop",
            "labels": {names.APPLICATION_LABEL: "web"},
            "annotations": {names.TRACKING_ANNOTATION: "web:/ConfigMap:shop/a"},
        },
    }
