"""Changes, inserts and removes a value of a YAML or JSON text and leaves every other byte alone.

Owns the way to the place and the proof: each result is read again and compared with what the
change must give. A shape that splice.py cannot handle is refused, never guessed. Start at
``set_value``.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.manifests.documents import read_values
from gitopskit.manifests.outline import Entry
from gitopskit.manifests.splice import Place, Splicer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.documents import Document
    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.manifests.outline import Outline

Pointer: TypeAlias = tuple[str | int, ...]

_TEXT: Final = "text"


class Removed(Enum):
    """The type of ``REMOVED``, which stands where no value is to be left."""

    REMOVED = "removed"


REMOVED: Final = Removed.REMOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One value to set in a document of a text, or to remove from it (``REMOVED``).

    ``document`` counts from 0 as ``Manifest.index`` does, and ``pointer`` begins at the root of
    that document, as ``Document.pointer`` gives it. An index is one of the list as it is now.
    """

    document: int
    pointer: Pointer
    value: JsonValue | Removed = field(repr=False)  # it may hold a Secret


def apply_edits(
    text: str,
    edits: Sequence[Edit],
    *,
    path: str = _TEXT,
    documents: Sequence[Document] | None = None,  # noqa: ARG001 -- read again for each edit so far
) -> str:
    """Return the text with all edits made, and every other byte as it was.

    ``documents`` are what ``read_values`` or ``read_documents`` gave for this very text, all of
    them; without them the text is read here.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: there is no such document, parent or value, two edits overlap, or a place
            cannot be edited.
    """
    _require_apart(edits, path=path)
    for edit in edits:
        if edit.value is not REMOVED:
            text = set_value(
                text, document=edit.document, pointer=edit.pointer, value=edit.value, path=path
            )
    removed = [edit for edit in edits if edit.value is REMOVED]
    for edit in sorted(removed, key=_order, reverse=True):
        text = remove_value(text, document=edit.document, pointer=edit.pointer, path=path)
    return text


def _order(edit: Edit) -> list[str]:
    return [str(part).zfill(9) for part in edit.pointer]


def _require_apart(edits: Sequence[Edit], *, path: str) -> None:
    places = [(edit.document, *edit.pointer) for edit in edits]
    seen = set(places)
    inside = any(place[:length] in seen for place in places for length in range(1, len(place)))
    if inside or len(seen) < len(places):
        raise InputError("two edits are about the same value", where=path)


def set_value(
    text: str, *, document: int, pointer: Pointer, value: JsonValue, path: str = _TEXT
) -> str:
    """Return the text with one value replaced or added.

    ``document`` counts from 0 as ``Manifest.index`` does. Missing mappings on the way are made; an
    index equal to the length of a list appends. Comments, quotes, line ends and the style of the
    surroundings stay. ``path`` is what errors call the text.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: there is no such document or parent, or the place is behind an anchor, an
            alias or a merge, or in a shape that cannot be edited in place.
    """
    documents = read_values(text, path=path)
    found = _find(documents, document, path=path)
    expected = _put(copy.deepcopy(found.content), pointer, value)
    place, rest = _walk(found, pointer)
    splicer = Splicer(text)
    is_new = bool(rest) and place.node.kind != "scalar"
    for part in reversed(rest[1:] if is_new else rest):
        value = {part: value}
    try:
        if is_new:
            edited = splicer.add(place.node, rest[0], value)
        else:
            edited = splicer.replace(place, value)
    except (ValueError, IndexError) as error:
        raise _refused(found, pointer) from error
    return _proven(edited, documents, found, pointer, expected)


def remove_value(text: str, *, document: int, pointer: Pointer, path: str = _TEXT) -> str:
    """Return the text without one field or item; the comment on its line goes with it.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: there is no such document or value, or the place is behind an anchor, an
            alias or a merge, or in a shape that cannot be edited in place.
    """
    documents = read_values(text, path=path)
    found = _find(documents, document, path=path)
    expected = _drop(copy.deepcopy(found.content), pointer)
    place, _ = _walk(found, pointer)
    try:
        edited = Splicer(text).remove(place)
    except (ValueError, IndexError) as error:
        raise _refused(found, pointer) from error
    return _proven(edited, documents, found, pointer, expected)


def _find(documents: Sequence[Document], index: int, *, path: str) -> Document:
    for document in documents:
        if document.index == index:
            return document
    raise InputError(f"there is no document number {index + 1}", where=path)


def _walk(document: Document, pointer: Pointer) -> tuple[Place, Pointer]:
    """Return the deepest existing place of a pointer, and the part of it that is missing."""
    outline = document.outline()
    if outline is None:
        raise _refused(document, pointer)
    place = Place(node=outline)
    for depth, part in enumerate(pointer):
        _require_own(place.node, document, pointer[:depth])
        found = place.node.find(part)
        if found is None:
            return place, pointer[depth:]
        place = _step(place, found)
    _require_own(place.node, document, pointer)
    return place, ()


def _step(place: Place, found: Entry | Outline) -> Place:
    if isinstance(found, Entry):
        index = place.node.entries.index(found)
        return Place(node=found.value, parent=place, entry=found, index=index)
    return Place(node=found, parent=place, index=place.node.items.index(found))


def _require_own(node: Outline, document: Document, pointer: Pointer) -> None:
    """Refuse a node whose text has a meaning elsewhere too, or comes from elsewhere."""
    if node.kind == "alias" or node.has_anchor or any(entry.is_merge for entry in node.entries):
        raise InputError(
            "a value behind an anchor, an alias or << cannot be edited in place",
            where=f"{document.path}:{document.locate(pointer)}",
            hint="write the value out, or edit the file by hand",
        )


def _put(content: JsonValue, pointer: Pointer, value: JsonValue) -> JsonValue:
    """Return the content with a value set; makes missing mappings."""
    if not pointer:
        return value
    part, rest = pointer[0], pointer[1:]
    if isinstance(part, str) and (content is None or isinstance(content, dict)):
        fields = content or {}
        return {**fields, part: _put(fields.get(part), rest, value)}
    if isinstance(part, int) and isinstance(content, list) and 0 <= part <= len(content):
        old = content[part] if part < len(content) else None
        return [*content[:part], _put(old, rest, value), *content[part + 1 :]]
    raise InputError(f"there is nothing that could hold {part!r}")


def _drop(content: JsonValue, pointer: Pointer) -> JsonValue:
    """Return the content without a value."""
    if not pointer:
        raise InputError("a whole document cannot be removed")
    parent = content
    try:
        for part in pointer[:-1]:
            parent = parent[part]
        del parent[pointer[-1]]
    except (KeyError, IndexError, TypeError) as error:
        raise InputError(f"there is no value {pointer[-1]!r} to remove") from error
    return content


def _proven(
    edited: str,
    documents: Sequence[Document],
    found: Document,
    pointer: Pointer,
    expected: JsonValue,
) -> str:
    """Return the edited text once it reads as expected, and all other documents as before."""
    try:
        after = [document.content for document in read_values(edited, path=found.path)]
    except MalformedDocument as error:
        raise _refused(found, pointer) from error
    wanted = [expected if each is found else each.content for each in documents]
    if not _is_same(after, [each for each in wanted if each is not None]):
        raise _refused(found, pointer)
    return edited


def _is_same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are equal, and true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _refused(document: Document, pointer: Pointer) -> InputError:
    return InputError(
        "this place cannot be edited without touching its surroundings",
        where=f"{document.path}:{document.locate(pointer)}",
        hint="edit the file by hand",
    )
