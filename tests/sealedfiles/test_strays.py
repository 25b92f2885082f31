"""Items that are set outside of SealedSecrets."""

from __future__ import annotations

import json

import pytest

from gitopskit.sealedfiles.reading import read_sealed
from gitopskit.sealedfiles.strays import STRAY
from tests.support.sealed_manifests import sealed_content, yaml_of

_PATCH = """\
kind: Kustomization
patches:
  - target: {kind: SealedSecret}
    patch: |-
      - op: add
        path: /spec/encryptedData/a
        value: AgB=
"""


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (_PATCH, "x:4:5"),
        ('[{"op": "add", "path": "/spec/encryptedData/a", "value": "AgB="}]', "x:1:16"),
        ("a: 1\nspec:\n  encryptedData: {a: AgB=}\n", "x:3:3"),
        ("kind: List\nitems:\n  - kind: ConfigMap\n    data: {a: 'encryptedData:'}\n", "x:4:12"),
        (r'{"spec": {"encrypted\u0044ata": {}}}', "x:1:11"),
    ],
    ids=["patch", "JSON patch", "fragment", "in a List", "escaped"],
)
def test_the_place_that_sets_items_is_told(text: str, place: str) -> None:
    reading = read_sealed(text.encode(), path="x")

    assert [(each.where, each.rule) for each in reading.strays] == [(place, STRAY)]
    assert (reading.documents, reading.findings) == (0, ())


@pytest.mark.parametrize(
    "content",
    [
        sealed_content(),
        {"kind": "CustomResourceDefinition", "spec": {"x": {"encryptedData": {}}}},
        {"$schema": "x", "allOf": [{"required": ["encryptedData"]}]},
        {"type": "object", "properties": {"spec": {"properties": {"encryptedData": {}}}}},
        "notes about encryptedData",
        {"kind": "Pod", "spec": {"a": [1, None, "b"]}},
    ],
    ids=["SealedSecret", "definition", "schema", "schema without its address", "notes", "other"],
)
def test_what_sets_no_items_is_not_told(content: object) -> None:
    assert read_sealed(json.dumps(content).encode(), path="x").strays == ()


def test_what_calls_itself_a_schema_and_is_an_object_is_told() -> None:
    content = {"kind": "Patch", "$schema": "x", "spec": {"encryptedData": {"a": "AgB="}}}

    assert len(read_sealed(yaml_of(content), path="x").strays) == 1
