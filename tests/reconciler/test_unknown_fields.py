"""Fields are left out of an object by the names that the API server gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler.unknown_fields import without

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

CONTENT = {
    "spec": {"foo": 1, "containers": [{"name": "a"}, {"name": "b", "bar": {"x": 1}}]},
    "odd.name": {"x": 1, "y": 2},
    "matrix": [[{"x": 1}]],
}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param("spec", {"odd.name": CONTENT["odd.name"], "matrix": [[{"x": 1}]]}, id="top"),
        pytest.param(
            "spec.containers[1].bar",
            {**CONTENT, "spec": {"foo": 1, "containers": [{"name": "a"}, {"name": "b"}]}},
            id="in-a-list",
        ),
        pytest.param("odd.name.x", {**CONTENT, "odd.name": {"y": 2}}, id="dots-in-a-name"),
        pytest.param("matrix[0][0].x", {**CONTENT, "matrix": [[{}]]}, id="list-of-lists"),
        pytest.param("spec.containers[7].bar", CONTENT, id="no-such-place"),
        pytest.param("spec.containers.bar", CONTENT, id="no-place"),
        pytest.param("spec.foo.bar", CONTENT, id="no-such-field"),
    ],
)
def test_a_field_is_left_out(field: str, expected: JsonObject) -> None:
    assert without(CONTENT, [field]) == expected


@given(st.text())
def test_any_name_is_survived(field: str) -> None:
    assert without(CONTENT, [field]).keys() <= CONTENT.keys()
