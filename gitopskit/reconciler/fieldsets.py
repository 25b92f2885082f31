"""Field sets: who set which field, as ``metadata.managedFields`` records it.

Pure. A set is the decoded ``fieldsV1``: nested mappings whose keys are path elements (``f:`` a
field, ``k:`` a list item by its keys, ``v:`` one by its value, ``i:`` one by its place, ``.`` the
container itself). A leaf is a path that ends in an empty mapping.
Source: sigs.k8s.io/structured-merge-diff, fieldpath serialisation.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.application import Pointer

Path = tuple[str, ...]
"""Path elements from the root to a leaf."""

_ITSELF: Final = "."


def entry_fields(content: JsonObject, *, manager: str, operation: str) -> JsonObject:
    """Return the set of a manager's entry for the main resource; empty where there is none."""
    for entry in entries(content):
        if entry.get("manager") == manager and entry.get("operation") == operation:
            return fields_of(entry)
    return {}


def entries(content: JsonObject) -> Iterator[JsonObject]:
    """Yield the entries of an object's managers for the main resource, not its subresources."""
    for entry in (content.get("metadata") or {}).get("managedFields") or ():
        if not entry.get("subresource"):
            yield entry


def fields_of(entry: JsonObject) -> JsonObject:
    """Return the set of one entry."""
    fields = entry.get("fieldsV1")
    return fields if isinstance(fields, dict) else {}


def owned_by(content: JsonObject, managers: Collection[str]) -> frozenset[Path]:
    """Return the leaves that some managers set, also through subresources but the status."""
    found: set[Path] = set()
    for entry in (content.get("metadata") or {}).get("managedFields") or ():
        if entry.get("manager") in managers and entry.get("subresource") != "status":
            found |= leaves(fields_of(entry))
    return frozenset(found)


def leaves(fields: JsonObject) -> frozenset[Path]:
    """Return the leaves; owning a container of other leaves is no leaf of its own."""
    return frozenset(_leaves(fields, ()))


def union(first: JsonObject, second: JsonObject) -> JsonObject:
    """Return a set that owns what either owns."""
    merged = dict(first)
    for element, inner in second.items():
        merged[element] = union(merged[element], inner) if element in merged else inner
    return merged


def split(
    fields: JsonObject, is_wanted: Callable[[Path], bool], prefix: Path = ()
) -> tuple[JsonObject, JsonObject]:
    """Return what is wanted and the rest; a container itself goes with its wanted leaves."""
    wanted: JsonObject = {}
    rest: JsonObject = {}
    for element, inner in fields.items():
        path = (*prefix, element)
        if element == _ITSELF:
            continue
        if _is_leaf(inner):
            (wanted if is_wanted(path) else rest)[element] = inner
            continue
        for side, part in zip((wanted, rest), split(inner, is_wanted, path), strict=True):
            if part:
                side[element] = part
    if _ITSELF in fields:
        (wanted or rest)[_ITSELF] = {}
    return wanted, rest


def digest(paths: Iterable[Path]) -> str:
    """Return a hash that is equal for equal sets of paths."""
    return hashlib.sha256(json.dumps(sorted(paths)).encode()).hexdigest()


def is_covered(path: Path, pointers: Iterable[Pointer], content: JsonObject) -> bool:
    """Tell whether a path lies at or below one of the JSON pointers in that object."""
    return any(_covers(pointer, path, content) for pointer in pointers)


def has(path: Path, content: JsonValue) -> bool:
    """Tell whether an object has something at a path."""
    if not path:
        return True
    element = path[0]
    if element.startswith("f:"):
        return isinstance(content, dict) and any(
            has(path[1:], inner) for name, inner in content.items() if name == element[2:]
        )
    items = content if isinstance(content, list) else []
    return any(
        has(path[1:], item)
        for place, item in enumerate(items)
        if is_item(element, item, str(place))
    )


def readable(path: Path) -> str:
    """Return a path as people write it, without the values that list items are found by."""
    return ".".join(part[2:] if part.startswith("f:") else "[]" for part in path)


def _leaves(fields: JsonObject, prefix: Path) -> Iterator[Path]:
    for element, inner in fields.items():
        if element == _ITSELF:
            continue
        if _is_leaf(inner):
            yield (*prefix, element)
        else:
            yield from _leaves(inner, (*prefix, element))


def _is_leaf(inner: JsonObject) -> bool:
    return not set(inner) - {_ITSELF}


def _covers(pointer: Pointer, path: Path, content: JsonValue) -> bool:
    if not pointer:
        return True
    if not path:
        return False
    token, element = pointer[0], path[0]
    if element.startswith("f:"):
        inner = content.get(token) if isinstance(content, dict) else None
        return element[2:] == token and _covers(pointer[1:], path[1:], inner)
    item = _item(content, token)
    return is_item(element, item, token) and _covers(pointer[1:], path[1:], item)


def _item(content: JsonValue, token: str) -> JsonValue:
    if isinstance(content, list) and token.isdecimal() and int(token) < len(content):
        return content[int(token)]
    return None


def is_item(element: str, item: JsonValue, token: str) -> bool:
    """Tell whether a path element means that item of a list; ``token`` is its place."""
    kind, _, text = element.partition(":")
    if kind == "k" and isinstance(item, dict):
        return all(item.get(key) == value for key, value in json.loads(text).items())
    if kind == "v" and item is not None:
        return bool(json.loads(text) == item)
    return kind == "i" and text == token
