"""Scopes, their annotations and their labels."""

import pytest

from gitopskit.sealing.scope import (
    CLUSTER_WIDE_ANNOTATION,
    NAMESPACE_WIDE_ANNOTATION,
    Binding,
    Scope,
    rescope,
)


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, Scope.STRICT),
        ({NAMESPACE_WIDE_ANNOTATION: "true"}, Scope.NAMESPACE_WIDE),
        ({CLUSTER_WIDE_ANNOTATION: "true"}, Scope.CLUSTER_WIDE),
        (
            {NAMESPACE_WIDE_ANNOTATION: "true", CLUSTER_WIDE_ANNOTATION: "true"},
            Scope.CLUSTER_WIDE,
        ),
        ({CLUSTER_WIDE_ANNOTATION: "True"}, Scope.STRICT),
        ({NAMESPACE_WIDE_ANNOTATION: "yes"}, Scope.STRICT),
    ],
    ids=["none", "namespace", "cluster", "cluster wins", "another case", "another word"],
)
def test_annotations_name_the_scope(annotations: dict[str, str], expected: Scope) -> None:
    assert Scope.of_annotations(annotations) is expected


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_the_annotations_of_a_scope_name_it(scope: Scope) -> None:
    assert Scope.of_annotations(scope.annotations) is scope


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.STRICT, "shop/datenbänke".encode()),
        (Scope.NAMESPACE_WIDE, b"shop"),
        (Scope.CLUSTER_WIDE, b""),
    ],
    ids=lambda value: value.value if isinstance(value, Scope) else "",
)
def test_the_label_binds_to_the_scope(scope: Scope, expected: bytes) -> None:
    assert Binding(scope=scope, namespace="shop", name="datenbänke").label == expected


def test_rescoping_replaces_the_scope_and_keeps_the_rest() -> None:
    before = {"team": "a", CLUSTER_WIDE_ANNOTATION: "true"}

    after = rescope(before, Scope.NAMESPACE_WIDE)

    assert after == {"team": "a", NAMESPACE_WIDE_ANNOTATION: "true"}
