"""A compiled schema, and its complaints in our words.

Owns the wording: jsonschema-rs writes the offending value into its messages, which may be a
secret, so none of its text is used. The only importer of jsonschema-rs.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.json_types import JsonObject, JsonValue

_TYPE_NAMES: Final = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a mapping",
    type(None): "null",
}
_SCHEMA_NAMES: Final = {
    "array": "a list",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "object": "a mapping",
    "string": "a string",
}
_BOUNDS: Final = {
    "minimum": "this is less than {}",
    "maximum": "this is more than {}",
    "minLength": "this is shorter than {} characters",
    "maxLength": "this is longer than {} characters",
    "minItems": "this has fewer than {} items",
    "maxItems": "this has more than {} items",
    "minProperties": "this has fewer than {} fields",
    "maxProperties": "this has more than {} fields",
    "pattern": "this does not match {}",
}
_DIRECTIVE: Final = "$"
"""Strategic merge patches hold instructions in fields such as ``$patch``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What a schema has against one place of an object; never holds a value of the object."""

    pointer: tuple[str | int, ...]
    message: str
    hint: str = ""


class Schema:
    """A schema, compiled."""

    def __init__(self, schema: JsonObject, *, is_partial: bool = False) -> None:
        """Compile a schema; ``is_partial`` makes it one for patches: nothing is required.

        Raises:
            InputError: the schema is none.
        """
        self._schema = _without_required(schema) if is_partial else schema
        self._is_partial = is_partial
        try:
            self._validator = jsonschema_rs.Draft202012Validator(self._schema)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise InputError("a schema cannot be used: it is no valid JSON Schema") from error

    def check(self, content: JsonObject) -> tuple[Violation, ...]:
        """Return what is wrong with an object, in the order of its fields' places."""
        if self._validator.is_valid(content):
            return ()
        violations = [
            violation
            for error in self._validator.iter_errors(content)
            for violation in self._translate(error)
        ]
        return tuple(violations)

    def _translate(self, error: jsonschema_rs.ValidationError) -> Iterator[Violation]:
        kind: Any = error.kind
        pointer = tuple(error.instance_path)
        if kind.name == "additionalProperties":
            yield from self._unknown_fields(pointer, kind.unexpected, error.schema_path)
        elif kind.name == "required":
            yield Violation(pointer=pointer, message=f'the field "{kind.property}" is missing')
        elif kind.name == "type":
            yield _wrong_type(pointer, kind.types, error.instance)
        elif kind.name == "enum":
            allowed = ", ".join(str(option) for option in kind.options)
            yield Violation(pointer=pointer, message=f"this must be one of: {allowed}")
        elif kind.name in _BOUNDS:
            bound = self._at(error.schema_path)
            yield Violation(pointer=pointer, message=_BOUNDS[kind.name].format(bound))
        else:
            yield Violation(pointer=pointer, message="this has none of the allowed forms")

    def _unknown_fields(
        self, pointer: tuple[str | int, ...], names: list[str], schema_path: list[str | int]
    ) -> Iterator[Violation]:
        known = list(self._at(schema_path[:-1]).get("properties", {}))
        for name in names:
            if self._is_partial and name.startswith(_DIRECTIVE):
                continue
            close = difflib.get_close_matches(name, known, n=1)
            yield Violation(
                pointer=(*pointer, name),
                message=f'the field "{name}" is unknown here',
                hint=f'did you mean "{close[0]}"?' if close else "",
            )

    def _at(self, schema_path: list[str | int]) -> JsonValue:
        value: JsonValue = self._schema
        for part in schema_path:
            value = value[part]
        return value


def _wrong_type(pointer: tuple[str | int, ...], types: list[str], instance: JsonValue) -> Violation:
    names = [_SCHEMA_NAMES[name] for name in types if name != "null"]
    found = _TYPE_NAMES[type(instance)]
    is_scalar = isinstance(instance, bool | int | float)
    return Violation(
        pointer=pointer,
        message=f"this must be {' or '.join(names)}, not {found}",
        hint="put it in quotes" if is_scalar and "string" in types else "",
    )


def _without_required(schema: JsonValue, *, is_map: bool = False) -> JsonValue:
    """Return a schema that misses nothing; ``is_map`` marks names to schemas, not a schema."""
    if isinstance(schema, list):
        return [_without_required(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_required(each, is_map=not is_map and name in {"properties", "$defs"})
        for name, each in schema.items()
        if is_map or name != "required"
    }
