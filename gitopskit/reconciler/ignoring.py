"""Ignored fields at apply: what others may set is neither taken from them nor reset.

Pure. Leaving a field out of an apply gives it up, and the API server then resets what nobody else
owns; so a field that we own is sent as it stands, and one that others own is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import fieldsets, names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.application import Pointer

_ABSENT: Final = object()


def respecting(content: JsonObject, live: JsonObject, pointers: Iterable[Pointer]) -> JsonObject:
    """Return what is applied over a live object, whose ignored fields stay as they are."""
    own = fieldsets.leaves(
        fieldsets.entry_fields(live, manager=names.OBJECT_MANAGER, operation="Apply")
    )
    for pointer in pointers:
        is_ours = any(fieldsets.is_covered(path, (pointer,), live) for path in own)
        value = _value_at(live, pointer) if is_ours else _ABSENT
        content = _with_value(content, pointer, value)
    return content


def _value_at(node: JsonValue, pointer: Pointer) -> JsonValue:
    for token in pointer:
        node = _inner(node, token)
    return node


def _inner(node: JsonValue, token: str) -> JsonValue:
    if isinstance(node, dict):
        return node.get(token, _ABSENT)
    if isinstance(node, list) and token.isdecimal() and int(token) < len(node):
        return node[int(token)]
    return _ABSENT


def _with_value(node: JsonValue, pointer: Pointer, value: JsonValue) -> JsonValue:
    """Return a copy with a value in place, or without it; a path that is not there stays away."""
    token, rest = pointer[0], pointer[1:]
    inner = _inner(node, token)
    is_missing = bool(rest) and inner is _ABSENT
    changed = _with_value(inner, rest, value) if rest and not is_missing else value
    changed = _ABSENT if is_missing else changed
    if isinstance(node, dict):
        others = {key: item for key, item in node.items() if key != token}
        return others if changed is _ABSENT else {**node, token: changed}
    if inner is _ABSENT:
        return node
    place = int(token)
    return [*node[:place], *([] if changed is _ABSENT else [changed]), *node[place + 1 :]]
