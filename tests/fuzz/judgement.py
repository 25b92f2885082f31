"""What a refusal must say, and when two values are the same."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.errors import GitopskitError
    from gitopskit.manifests.json_types import JsonValue

_MOST_POINTERS: Final = 40


def require_told(error: GitopskitError) -> None:
    """Fail unless an error says what happened and where, as errors do here."""
    assert error.what
    assert not error.what.endswith("."), error.what
    assert error.where, error.what


def is_same(one: JsonValue, other: JsonValue, *, in_order: bool = True) -> bool:
    """Whether two values are equal, with their fields in the same order; true is not 1.

    A number beyond what a float tells apart may be a float here and an integer there: YAML turns
    whole floats into integers, as kubectl does.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        names = (list(one), list(other)) if in_order else (one.keys(), other.keys())
        return names[0] == names[1] and all(
            is_same(one[name], other[name], in_order=in_order) for name in one
        )
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(is_same(*pair, in_order=in_order) for pair in pairs)
    if isinstance(one, float) and type(other) is int:
        return one == float(other)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def some_pointers(content: JsonValue) -> list[tuple[str | int, ...]]:
    """Return pointers to the first parts of a value, the value itself first."""
    return list(islice(_pointers(content, ()), _MOST_POINTERS))


def _pointers(
    content: JsonValue, pointer: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    yield pointer
    if isinstance(content, dict):
        for key, child in content.items():
            yield from _pointers(child, (*pointer, key))
    elif isinstance(content, list):
        for index, child in enumerate(content):
            yield from _pointers(child, (*pointer, index))
