from __future__ import annotations

from typing import Any

import pytest

from gitopskit.schemas.check import Schema
from gitopskit.schemas.pack import LATEST, load_pack
from gitopskit.schemas.structural import schemas_of_definition, strict


def _messages(
    schema: dict[str, Any], content: dict[str, Any], *, is_root: bool = False
) -> list[str]:
    compiled = Schema(load_pack(LATEST).complete(strict(schema, is_root=is_root)))
    return [violation.message for violation in compiled.check(content)]


SPEC = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "content", "expected"),
    [
        pytest.param(
            SPEC, {"b": 1}, ['the field "b" is unknown here'], id="unknown fields are refused"
        ),
        pytest.param(
            {**SPEC, "x-kubernetes-preserve-unknown-fields": True},
            {"b": 1},
            [],
            id="unless preserved",
        ),
        pytest.param({**SPEC, "additionalProperties": True}, {"b": 1}, [], id="or allowed"),
        pytest.param({"type": "object"}, {"b": 1}, [], id="an open object"),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"b": 1},
            ["this must be a string, not an integer"],
            id="a map",
        ),
        pytest.param(
            {"properties": {"a": {"type": "string", "nullable": True}}},
            {"a": None},
            [],
            id="nullable",
        ),
        pytest.param(
            {"properties": {"a": {"type": "string"}}},
            {"a": None},
            ["this must be a string, not null"],
            id="not nullable",
        ),
        pytest.param(
            {"properties": {"a": {"x-kubernetes-int-or-string": True}}}, {"a": "1"}, [], id="either"
        ),
        pytest.param(
            {"properties": {"a": {"type": "array", "items": SPEC}}},
            {"a": [{"b": 1}]},
            ['the field "b" is unknown here'],
            id="items",
        ),
        pytest.param(
            {**SPEC, "oneOf": [{"required": ["a"]}], "not": {"required": ["b"]}},
            {"a": "1"},
            [],
            id="junctors",
        ),
        pytest.param(
            {
                "properties": {"a": {}, "b": {}},
                "allOf": [
                    {"anyOf": [{"properties": {"a": {"items": {"not": {"enum": [1]}}}}}]},
                ],
            },
            {"a": [1], "b": 2},
            ["this has none of the allowed forms"],
            id="conditions add no fields",
        ),
        pytest.param(
            {"properties": {"o": {**SPEC, "x-kubernetes-embedded-resource": True}}},
            {"o": {"apiVersion": "v1", "kind": "A", "metadata": {"name": "n"}}},
            [],
            id="embedded resource",
        ),
    ],
)
def test_a_structural_schema_means(
    schema: dict[str, Any], content: dict[str, Any], expected: list[str]
) -> None:
    assert _messages(schema, content) == expected


def test_the_root_has_the_metadata_of_kubernetes() -> None:
    schema = {"type": "object", "properties": {"metadata": {"type": "object"}}}

    found = _messages(schema, {"metadata": {"nam": "x", "labels": {"a": 1}}}, is_root=True)

    assert sorted(found) == [
        'the field "nam" is unknown here',
        "this must be a string, not an integer",
    ]


def test_a_version_without_a_schema_is_left_out() -> None:
    definition = {"spec": {"versions": [{"name": "v1", "served": True}]}}

    assert list(schemas_of_definition(definition)) == []
