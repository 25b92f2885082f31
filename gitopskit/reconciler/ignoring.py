"""Ignored fields at apply: what others may set is neither taken from them nor reset.

Pure. Leaving a field out of an apply gives it up, and the API server then resets what nobody else
owns; so a field that we own is sent as it stands, and one that others own is left out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import fieldsets, names

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.application import Ignored, Pointer
    from gitopskit.reconciler.fieldsets import Path

_ABSENT: Final = object()
_KEPT: Final = frozenset(
    {
        ("f:metadata", "f:annotations", f"f:{names.TRACKING_ANNOTATION}"),
        ("f:metadata", "f:labels", f"f:{names.APPLICATION_LABEL}"),
    }
)
"""What marks an object as ours is nobody else's to set."""
_IDENTITY: Final = (
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata", "f:name"),
    ("f:metadata", "f:namespace"),
    *sorted(_KEPT),
)


def respecting(content: JsonObject, live: JsonObject, ignored: Ignored) -> JsonObject:
    """Return what is applied over a live object, whose ignored fields stay as they are.

    What a manager set who may is left out, whoever else has it too.
    """
    own = fieldsets.leaves(
        fieldsets.entry_fields(live, manager=names.OBJECT_MANAGER, operation="Apply")
    )
    for pointer in ignored.pointers:
        is_ours = any(fieldsets.is_covered(path, (pointer,), live) for path in own)
        value = _value_at(live, pointer) if is_ours else _ABSENT
        content = _with_value(content, pointer, value)
    if ignored.found or ignored.wanted:
        content = _as_named(content, live, own=own, ignored=ignored)
    for path in sorted(fieldsets.owned_by(live, ignored.managers) - _KEPT):
        content = _without(content, path)
    return content


def _as_named(
    content: JsonObject, live: JsonObject, *, own: frozenset[Path], ignored: Ignored
) -> JsonObject:
    """Return a copy in which what expressions name is gone, or stands as it does where it is ours.

    An item of a list may have another place in the live object: it is found by its keys.
    """
    changed = content
    for pointer in sorted(ignored.wanted, key=_in_order, reverse=True):
        changed = _with_value(changed, pointer, _ABSENT)
    for path in sorted(own):
        if fieldsets.is_covered(path, ignored.found, live) and fieldsets.has(path, live):
            changed = _put(changed, path, live)
    for path in _IDENTITY:
        if fieldsets.has(path, content):
            changed = _put(changed, path, content)
    return changed


def _in_order(pointer: Pointer) -> list[tuple[int, str]]:
    return [(int(token) if token.isdecimal() else -1, token) for token in pointer]


def _put(node: JsonValue, path: Path, source: JsonValue) -> JsonValue:
    """Return a copy with what another object has at a path, and with the way to it."""
    element, rest = path[0], path[1:]
    if element.startswith("f:"):
        name, fields = element[2:], node if isinstance(node, dict) else {}
        value = source[name]
        return {**fields, name: _put(fields.get(name), rest, value) if rest else value}
    items = node if isinstance(node, list) else []
    item = next(it for n, it in enumerate(source) if fieldsets.is_item(element, it, str(n)))
    places = [n for n, it in enumerate(items) if fieldsets.is_item(element, it, str(n))]
    place = places[0] if places else len(items)
    held = items[place] if places else _bare(element, item)
    changed = _put(held, rest, item) if rest else held
    return [*items[:place], changed, *items[place + 1 :]]


def _bare(element: str, item: JsonValue) -> JsonValue:
    """Return an item of a list with nothing but what it is found by."""
    return json.loads(element[2:]) if element.startswith("k:") else item


def _without(node: JsonValue, path: Path) -> JsonValue:
    """Return a copy without what is at a path; the keys by which an item is found stay."""
    element, rest = path[0], path[1:]
    if isinstance(node, dict) and element.startswith("f:") and element[2:] in node:
        others = {key: item for key, item in node.items() if key != element[2:]}
        return {**others, element[2:]: _without(node[element[2:]], rest)} if rest else others
    if not isinstance(node, list):
        return node
    is_key = element.startswith("k:") and rest and rest[0][2:] in json.loads(element[2:])
    changed = []
    for place, item in enumerate(node):
        if not fieldsets.is_item(element, item, str(place)) or is_key:
            changed.append(item)
        elif rest:
            changed.append(_without(item, rest))
    return changed


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
