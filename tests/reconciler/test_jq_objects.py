"""What expressions of jq are handed, and what the paths that they name mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler.jq_objects import handed, pointers_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

CONTENT: JsonObject = {"spec": {"items": [{"name": "a"}, {"name": "b"}], "replicas": 1}}


@pytest.mark.parametrize(
    ("path", "pointers"),
    [
        pytest.param(["spec", "replicas"], [("spec", "replicas")], id="field"),
        pytest.param(["spec", "none", "deep"], [("spec", "none", "deep")], id="no-such-field"),
        pytest.param(["spec", "items", 1, "name"], [("spec", "items", "1", "name")], id="item"),
        pytest.param(["spec", "items", -1], [("spec", "items", "1")], id="from-the-end"),
        pytest.param(["spec", "items", 7], [], id="no-such-item"),
        pytest.param(["spec", "items", -7], [], id="no-such-item-from-the-end"),
        pytest.param(["spec", "items", "name"], [], id="a-name-in-a-list"),
        pytest.param(["spec", "replicas", 0], [], id="below-a-scalar"),
        pytest.param(["spec", "items", 1.5], [], id="no-place"),
        pytest.param(
            ["spec", "items", {"start": None, "end": 2}, "name"],
            [("spec", "items", "0", "name"), ("spec", "items", "1", "name")],
            id="slice",
        ),
        pytest.param(["spec", "none", {"start": 0, "end": 2}], [], id="slice-of-nothing"),
        pytest.param([], [], id="the-object-itself"),
    ],
)
def test_a_path_means_places(path: list[JsonValue], pointers: list[tuple[str, ...]]) -> None:
    assert list(pointers_of([path], CONTENT)) == pointers


def test_what_lies_below_another_place_is_left_out() -> None:
    paths: list[list[JsonValue]] = [[], ["spec", "items", 0], ["spec"], ["spec", "items"], ["x"]]

    assert pointers_of(paths, CONTENT) == (("spec",), ("x",))


def test_an_object_is_handed_without_its_managed_fields() -> None:
    content: JsonObject = {"kind": "A", "metadata": {"name": "a", "managedFields": [{}]}}

    assert handed(content) == {"kind": "A", "metadata": {"name": "a"}}
    assert content["metadata"]["managedFields"] == [{}]


def test_nothing_is_handed_as_it_is() -> None:
    assert handed({}) == {"metadata": {}}


def test_of_a_secret_no_value_is_handed() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "canary", "a": "b"}
    content: JsonObject = {
        "kind": "Secret",
        "metadata": {"name": "a", "annotations": annotations},
        "data": {"password": "canary"},
        "stringData": None,
    }

    found = handed(content)

    assert found == {
        "kind": "Secret",
        "metadata": {"name": "a", "annotations": {"a": "b"}},
        "data": {"password": ""},
        "stringData": {},
    }
