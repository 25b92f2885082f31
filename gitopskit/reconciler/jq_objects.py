"""What expressions of jq are handed of an object, and what the paths that they name mean. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.application import Pointer

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def handed(content: JsonObject) -> JsonObject:
    """Return an object without managedFields, and a Secret without any of its values."""
    metadata = {**(content.get("metadata") or {})}
    metadata.pop("managedFields", None)
    if content.get("kind") != "Secret":
        return {**content, "metadata": metadata}
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {
        name: value for name, value in annotations.items() if name != _LAST_APPLIED
    }
    emptied: JsonObject = {
        name: dict.fromkeys(content.get(name) or {}, "")
        for name in ("data", "stringData")
        if name in content
    }
    return {**content, "metadata": metadata, **emptied}


def pointers_of(paths: Iterable[list[JsonValue]], content: JsonObject) -> tuple[Pointer, ...]:
    """Return the places that paths mean, without those below others and without the object itself.

    Source: the manual of jq, "path(f)": names of fields, places in lists (negative ones count from
    the end), and slices of lists.
    """
    found = {pointer for path in paths for pointer in _pointers(path, content) if pointer}
    return tuple(sorted(it for it in found if not _is_below_one(it, found)))


def _pointers(path: list[JsonValue], node: JsonValue) -> Iterator[Pointer]:
    if not path:
        yield ()
        return
    element, rest = path[0], path[1:]
    for token in _tokens(element, node):
        inner: JsonValue = None
        if isinstance(node, dict):
            inner = node.get(token)
        elif isinstance(node, list) and int(token) < len(node):
            inner = node[int(token)]
        for pointer in _pointers(rest, inner):
            yield (token, *pointer)


def _tokens(element: JsonValue, node: JsonValue) -> list[str]:
    if isinstance(element, str):
        return [] if isinstance(node, list) else [element]
    length = len(node) if isinstance(node, list) else 0
    if isinstance(element, dict):
        start, end = (element.get(name) for name in ("start", "end"))
        return [str(place) for place in range(length)[start:end]]
    if isinstance(element, int):
        place = element if element >= 0 else element + length
        return [str(place)] if 0 <= place < length else []
    return []


def _is_below_one(pointer: Pointer, others: set[Pointer]) -> bool:
    return any(pointer[:length] in others for length in range(1, len(pointer)))
