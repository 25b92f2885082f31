"""Replacing: an object has nothing but what Git says, where that is asked for.

Pure. What anybody else set becomes ours, so that the apply that follows takes away what Git does
not have. What stays is what no manifest replaces: the status, what is set through a subresource,
finalizers, owners, fields that others may set, and what the server fills in by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import fieldsets
from gitopskit.reconciler.observation import divided, is_permitted

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.application import Ignored
    from gitopskit.reconciler.fieldsets import Path

_ABSENT: Final = object()
_METADATA: Final = ("f:labels", "f:annotations")
"""What of the metadata is replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The managedFields in which we own what is to go, and the object without it."""

    fields: list[JsonObject]
    rest: JsonObject


def replacement(live: JsonObject, wanted: JsonObject, *, ignored: Ignored) -> Replacement | None:
    """Return how to take away what Git does not have, or None where there is nothing."""

    def is_let_be(entry: JsonObject) -> bool:
        return bool(entry.get("subresource")) or entry.get("manager") in ignored.managers

    def is_kept(path: Path) -> bool:
        is_ignored = fieldsets.is_covered(path, ignored.places, live)
        return is_ignored or is_permitted(path, live) or _stays(path)

    taken, fields = divided(live, is_let_be=is_let_be, is_kept=is_kept)
    rest = _without(live, taken, wanted)
    return None if rest == live else Replacement(fields=fields, rest=rest)


def _stays(path: Path) -> bool:
    is_of_server = path[0] in ("f:apiVersion", "f:kind", "f:status")
    return is_of_server or (
        path[0] == "f:metadata" and path[1:2] not in [(it,) for it in _METADATA]
    )


def _without(node: JsonValue, fields: JsonObject, wanted: JsonValue) -> JsonValue:
    """Return a copy without the fields of a set that are not wanted."""
    if isinstance(node, dict):
        kept = {
            name: _inner(inner, fields.get(f"f:{name}"), _at(wanted, name))
            for name, inner in node.items()
        }
        return {name: inner for name, inner in kept.items() if inner is not _ABSENT}
    if not isinstance(node, list):
        return node
    items = []
    for place, item in enumerate(node):
        element = next((it for it in fields if fieldsets.is_item(it, item, str(place))), "")
        items.append(_inner(item, fields.get(element), _item(wanted, element)))
    return [item for item in items if item is not _ABSENT]


def _inner(inner: JsonValue, fields: JsonObject | None, wanted: JsonValue) -> JsonValue:
    """Return what is left of a field or an item, whose own part of the set this is."""
    if fields is None:
        return inner
    is_owned = not fields or "." in fields
    if wanted is _ABSENT and is_owned:
        return _ABSENT
    rest = _without(inner, fields, wanted)
    return _ABSENT if wanted is _ABSENT and rest in ({}, []) else rest


def _at(wanted: JsonValue, name: str) -> JsonValue:
    return wanted.get(name, _ABSENT) if isinstance(wanted, dict) else _ABSENT


def _item(wanted: JsonValue, element: str) -> JsonValue:
    """Return the wanted item that an element of a set means."""
    items = wanted if isinstance(wanted, list) else []
    found = (it for place, it in enumerate(items) if fieldsets.is_item(element, it, str(place)))
    return next(found, _ABSENT)
