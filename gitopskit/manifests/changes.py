"""Edits of one document as a tree, and the content that they must give.

Owns which edits contradict each other and what is made on the way. Knows nothing of text: edit.py
proves that the text then says the same. Start at ``change_of``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.manifests.json_types import JsonObject, JsonValue

Pointer: TypeAlias = tuple[str | int, ...]
"""The names and indices that lead to a value, from the root of a document."""


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


class ImpossibleChange(Exception):
    """An edit that no text could fulfil: what is wrong, and the pointer it is wrong at."""

    def __init__(self, what: str, pointer: Pointer) -> None:
        """Keep both."""
        super().__init__(what)
        self.what = what
        self.pointer = pointer


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one value: the new one, ``REMOVED``, or changes of its parts.

    ``parts`` are in the order in which the edits were given; ``value`` counts without parts only.
    """

    pointer: Pointer
    value: JsonValue | Removed = field(default=None, repr=False)
    parts: Mapping[str | int, Change] = field(default_factory=dict)

    @property
    def is_removal(self) -> bool:
        """Whether nothing is left of the value."""
        return self.value is REMOVED

    def applied(self, content: JsonValue) -> JsonValue:
        """Return what a value becomes; missing mappings are made, nothing is changed in place.

        Raises:
            ImpossibleChange: a part has no parent, or is to be removed and is not there.
        """
        if self.is_removal:
            raise ImpossibleChange("a whole document cannot be removed", self.pointer)
        if not self.parts:
            return self.value
        if content is None or isinstance(content, dict):
            return self._fields(content or {})
        return self._items(content if isinstance(content, list) else None)

    def _fields(self, content: JsonObject) -> JsonObject:
        fields = dict(content)
        for name, part in self.parts.items():
            if not isinstance(name, str) or (part.is_removal and name not in content):
                raise self._impossible(name)
            if part.is_removal:
                del fields[name]
            else:
                fields[name] = part.applied(content.get(name))
        return fields

    def _items(self, content: list[JsonValue] | None) -> list[JsonValue]:
        items: list[JsonValue] = list(content or ())
        length = len(items)
        for index, part in sorted(self.parts.items(), key=_index):
            is_new = index == len(items) and not part.is_removal
            if content is None or not isinstance(index, int) or not (0 <= index < length or is_new):
                raise self._impossible(index)
            if is_new:
                items.append(None)
            items[index] = REMOVED if part.is_removal else part.applied(items[index])
        return [item for item in items if item is not REMOVED]

    def _impossible(self, part: str | int) -> ImpossibleChange:
        if self.parts[part].is_removal:
            return ImpossibleChange(f"there is no value {part!r} to remove", self.pointer)
        return ImpossibleChange(f"there is nothing that could hold {part!r}", self.pointer)


def change_of(edits: Sequence[Edit], pointer: Pointer = ()) -> Change:
    """Return the edits of one document, at least one, as the change of the value at a pointer.

    Raises:
        ImpossibleChange: two edits are about the same value, or one is inside another.
    """
    depth = len(pointer)
    groups: dict[str | int, list[Edit]] = {}
    for edit in edits:
        if len(edit.pointer) > depth:
            groups.setdefault(edit.pointer[depth], []).append(edit)
        elif len(edits) > 1:
            raise ImpossibleChange("two edits are about the same value", pointer)
    if not groups:
        return Change(pointer=pointer, value=edits[0].value)
    return Change(
        pointer=pointer,
        parts={part: change_of(group, (*pointer, part)) for part, group in groups.items()},
    )


def _index(part: tuple[str | int, Change]) -> tuple[bool, int]:
    """Return the order of the parts of a list; names, which it cannot have, come last."""
    return (False, part[0]) if isinstance(part[0], int) else (True, 0)
