"""The schemas inside CustomResourceDefinitions, as strict JSON Schemas.

Owns what a structural schema means beyond JSON Schema: unknown fields are refused unless it says
otherwise, ``nullable``, int-or-string, embedded resources. Rules in CEL are not evaluated here.

Source: kubernetes.io/docs, "Specifying a structural schema".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.schemas.pack import OBJECT_META, REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.json_types import JsonObject, JsonValue

_METADATA: Final = {"$ref": REFERENCE + OBJECT_META}
_TYPE_META: Final[JsonObject] = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": _METADATA,
}
_KEPT: Final = frozenset(
    {
        "type",
        "required",
        "enum",
        "pattern",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minimum",
        "maximum",
    }
)
_JUNCTORS: Final = ("allOf", "anyOf", "oneOf")
_PRESERVES: Final = "x-kubernetes-preserve-unknown-fields"


def schemas_of_definition(definition: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    """Yield ``(api_version, kind, schema)`` of each served version of a CustomResourceDefinition.

    A version without a schema is left out. The schemas refer to definitions of the pack.
    """
    spec = definition.get("spec", {})
    kind = spec.get("names", {}).get("kind", "")
    for version in spec.get("versions", []):
        schema = version.get("schema", {}).get("openAPIV3Schema")
        if version.get("served") and isinstance(schema, dict):
            yield f"{spec.get('group', '')}/{version['name']}", kind, strict(schema, is_root=True)


def strict(schema: JsonObject, *, is_root: bool = False) -> JsonObject:
    """Return a structural schema as a JSON Schema that refuses unknown fields."""
    result: JsonObject = {name: value for name, value in schema.items() if name in _KEPT}
    for junctor in _JUNCTORS:
        if junctor in schema:
            result[junctor] = [_condition(each) for each in schema[junctor]]
    if "not" in schema:
        result["not"] = _condition(schema["not"])
    if "items" in schema:
        result["items"] = strict(schema["items"])
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    result.update(_fields(schema, is_object=is_root or bool(schema.get(_EMBEDDED))))
    if schema.get("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    return result


_EMBEDDED: Final = "x-kubernetes-embedded-resource"


def _fields(schema: JsonObject, *, is_object: bool) -> JsonObject:
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        return {"additionalProperties": strict(additional)}
    if "properties" not in schema:
        return {}
    properties = {name: strict(each) for name, each in schema["properties"].items()}
    properties |= _TYPE_META if is_object else {}
    is_open = schema.get(_PRESERVES) or additional is True
    return {"properties": properties} | ({} if is_open else {"additionalProperties": False})


def _condition(schema: JsonValue) -> JsonObject:
    """Return a part of a junctor: it only adds conditions and never names new fields."""
    result: JsonObject = {name: value for name, value in schema.items() if name in _KEPT}
    if "properties" in schema:
        result["properties"] = {
            name: _condition(each) for name, each in schema["properties"].items()
        }
    if isinstance(schema.get("items"), dict):
        result["items"] = _condition(schema["items"])
    for junctor in _JUNCTORS:
        if junctor in schema:
            result[junctor] = [_condition(each) for each in schema[junctor]]
    if "not" in schema:
        result["not"] = _condition(schema["not"])
    return result
