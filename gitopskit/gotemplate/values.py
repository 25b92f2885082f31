"""Go's values as Python ones, with what Go knows of them: type, kind and truth.

A Go string is ``bytes``, because it may hold any. ``int`` is Go's int; the other integer types that
can occur have classes of their own, because Go never mixes them up.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Element: TypeAlias = Literal["any", "string", "int", "[]any"]
"""What a slice or a map holds; ``any`` is an empty interface."""

_TYPE_NAMES: Final[dict[Element, str]] = {
    "any": "interface {}",
    "string": "string",
    "int": "int",
    "[]any": "[]interface {}",
}


class Absence(enum.Enum):
    """What is no value at all: a key that a map lacks, a nil that lost its type."""

    INVALID = "invalid"


INVALID: Final = Absence.INVALID


class Int64(int):
    """An int64 of Go."""

    __slots__ = ()


class Uint8(int):
    """A byte of Go, as indexing a string gives it."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Slice:
    """A view of an array that others may view too; what sorts it in place changes it for all."""

    element: Element
    array: list[Value]
    start: int = 0
    stop: int = 0
    is_nil: bool = False

    @classmethod
    def of(cls, items: Iterable[Value], element: Element = "any") -> Slice:
        """Return a slice of its own array."""
        array = list(items)
        return cls(element, array, 0, len(array))

    @classmethod
    def nil(cls, element: Element = "any") -> Slice:
        """Return the slice that is nil, which prints as empty and is null in JSON."""
        return cls(element, [], is_nil=True)

    def __len__(self) -> int:
        """Return how many items it shows."""
        return self.stop - self.start

    def __iter__(self) -> Iterator[Value]:
        """Yield the items as they are when their turn comes."""
        for index in range(self.start, self.stop):
            yield self.array[index]

    def at(self, index: int) -> Value:
        """Return one item; the index is one of ``range(len(self))``."""
        return self.array[self.start + index]


@dataclass(slots=True, eq=False)
class Map:
    """A map from strings; whoever holds it sees what others set in it."""

    element: Element = "any"
    entries: dict[bytes, Value] = field(default_factory=dict)
    is_nil: bool = False

    def __len__(self) -> int:
        """Return how many keys it has."""
        return len(self.entries)

    def in_order(self) -> list[tuple[bytes, Value]]:
        """Return keys and values as Go prints and ranges over them: by the bytes of the key."""
        return sorted(self.entries.items(), key=lambda entry: entry[0])


Value: TypeAlias = "bytes | bool | int | float | Slice | Map | Absence | None"
"""A value of Go; None is an interface that holds nothing."""


def type_name(value: Value) -> str:
    """Return the type as Go prints it with ``%T``."""
    if isinstance(value, Slice):
        return f"[]{_TYPE_NAMES[value.element]}"
    if isinstance(value, Map):
        return f"map[string]{_TYPE_NAMES[value.element]}"
    name = kind_name(value)
    return "<nil>" if name == "invalid" else name


def kind_name(value: Value) -> str:
    """Return the kind as Go's package reflect names it."""
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    return "invalid"


_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bytes, "string"),
    (bool, "bool"),
    (Int64, "int64"),
    (Uint8, "uint8"),
    (int, "int"),
    (float, "float64"),
    (Slice, "slice"),
    (Map, "map"),
)


def is_absent(value: Value) -> bool:
    """Whether it is nil without a type: as an argument for an empty interface there is one nil."""
    return value is None or value is INVALID


def is_nil(value: Value) -> bool:
    """Whether it is nil, with or without a type."""
    return is_absent(value) or (isinstance(value, Slice | Map) and value.is_nil)


def is_true(value: Value) -> bool:
    """Return the truth by which ``if`` decides: zeros of all types and what is empty are false.

    Source: pkg.go.dev/text/template, "if pipeline".
    """
    if is_absent(value):
        return False
    if isinstance(value, Slice | Map):
        return len(value) > 0
    return bool(value)
