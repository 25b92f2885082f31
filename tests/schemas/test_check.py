from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.schemas.catalog import Catalog
from gitopskit.schemas.check import Schema, Violation

CATALOG = Catalog()
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}


def _check(
    api_version: str, kind: str, content: dict[str, Any], *, is_partial: bool = False
) -> list[Violation]:
    schema = CATALOG.find(api_version, kind, is_partial=is_partial)
    assert schema is not None
    return list(schema.check(content))


def _deployment(**spec: object) -> dict[str, Any]:
    return {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], **spec}}


def test_a_right_object_has_no_violation() -> None:
    assert _check("apps/v1", "Deployment", DEPLOYMENT) == []


def test_quantities_and_ports_take_both_forms() -> None:
    ports = [{"port": 80, "targetPort": "http"}, {"port": 81, "targetPort": 8081}]
    quota = {"spec": {"hard": {"cpu": 1, "memory": "1Gi", "pods": 0.5}}}

    assert _check("v1", "Service", {"metadata": {}, "spec": {"ports": ports}}) == []
    assert _check("v1", "ResourceQuota", quota) == []


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            {"replica": 1},
            Violation(
                pointer=("spec", "replica"),
                message='the field "replica" is unknown here',
                hint='did you mean "replicas"?',
            ),
            id="unknown field",
        ),
        pytest.param(
            {"zzz": 1},
            Violation(pointer=("spec", "zzz"), message='the field "zzz" is unknown here'),
            id="unknown field unlike any other",
        ),
        pytest.param(
            {"replicas": "3"},
            Violation(
                pointer=("spec", "replicas"), message="this must be an integer, not a string"
            ),
            id="wrong type",
        ),
        pytest.param(
            {"selector": {"matchLabels": {"app": True}}},
            Violation(
                pointer=("spec", "selector", "matchLabels", "app"),
                message="this must be a string, not a boolean",
                hint="put it in quotes",
            ),
            id="what yaml made of a word",
        ),
        pytest.param(
            {"replicas": 2**31},
            Violation(pointer=("spec", "replicas"), message="this is more than 2147483647"),
            id="beyond 32 bits",
        ),
    ],
)
def test_a_violation_has_place_message_and_hint(spec: dict[str, Any], expected: Violation) -> None:
    assert _check("apps/v1", "Deployment", _deployment(**spec)) == [expected]


def test_a_missing_field_is_named() -> None:
    (found,) = _check("apps/v1", "Deployment", {**DEPLOYMENT, "spec": {"template": {}}})

    assert (found.pointer, found.message) == (("spec",), 'the field "selector" is missing')


def test_nothing_is_required_of_a_patch() -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"$patch": "delete"}], "$setX/y": []}}}}

    assert _check("apps/v1", "Deployment", patch, is_partial=True) == []


def test_a_patch_may_not_have_unknown_fields() -> None:
    (found,) = _check("apps/v1", "Deployment", {"spec": {"replica": 1}}, is_partial=True)

    assert found.hint == 'did you mean "replicas"?'


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        pytest.param({"enum": ["a", 1]}, "hunter2", "this must be one of: a, 1", id="enum"),
        pytest.param({"pattern": "^a+$"}, "hunter2", "this does not match ^a+$", id="pattern"),
        pytest.param({"minLength": 9}, "hunter2", "this is shorter than 9 characters", id="length"),
        pytest.param({"minItems": 1}, [], "this has fewer than 1 items", id="items"),
        pytest.param(
            {"maxProperties": 0}, {"hunter2": 1}, "this has more than 0 fields", id="fields"
        ),
        pytest.param({"not": {}}, "hunter2", "this has none of the allowed forms", id="not"),
        pytest.param(
            {"oneOf": [{"type": "integer"}, {"type": "null"}]},
            "hunter2",
            "this has none of the allowed forms",
            id="one of",
        ),
        pytest.param(
            {"type": ["array", "object"]},
            "hunter2",
            "this must be a list or a mapping, not a string",
            id="type",
        ),
    ],
)
def test_a_message_never_holds_the_value(
    schema: dict[str, Any], value: object, message: str
) -> None:
    compiled = Schema({"properties": {"v": schema}})

    (found,) = compiled.check({"v": value})

    assert found == Violation(pointer=("v",), message=message)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["spec", "metadata", "template", "name", "x"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    )
)
def test_any_value_is_checked_without_a_fault(value: object) -> None:
    for violation in _check("apps/v1", "Deployment", {"metadata": value, "spec": value}):
        assert violation.message
