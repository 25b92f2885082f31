"""Comparison, logic and access: the functions that Go's text/template brings along.

Source: pkg.go.dev/text/template, "Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.values import (
    Map,
    Slice,
    Uint8,
    is_absent,
    is_nil,
    is_true,
    kind_name,
    type_name,
)

if TYPE_CHECKING:
    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_VALUE: Final = Parameter.VALUE
_WORK_PER_COMPARISON: Final = 16


def deep_equal(one: Value, other: Value, budget: Budget) -> bool:
    """Whether two values are of the same types and equal, down to their last item.

    Source: pkg.go.dev/reflect, DeepEqual.

    Raises:
        TemplateRefused: there is too much to compare.
    """
    budget.work(_WORK_PER_COMPARISON)
    if is_absent(one) or is_absent(other) or type(one) is not type(other):
        return is_absent(one) and is_absent(other)
    if isinstance(one, Slice) and isinstance(other, Slice):
        return _equal_slices(one, other, budget)
    if isinstance(one, Map) and isinstance(other, Map):
        return one is other or _equal_maps(one, other, budget)
    return one == other


def _equal_slices(one: Slice, other: Slice, budget: Budget) -> bool:
    if _shape(one) != _shape(other):
        return False
    budget.descend()
    is_same = one.array is other.array and one.start == other.start
    is_equal = is_same or all(deep_equal(*pair, budget) for pair in zip(one, other, strict=True))
    budget.ascend()
    return is_equal


def _equal_maps(one: Map, other: Map, budget: Budget) -> bool:
    if _shape(one) != _shape(other) or one.entries.keys() != other.entries.keys():
        return False
    budget.descend()
    is_equal = all(deep_equal(one.entries[key], other.entries[key], budget) for key in one.entries)
    budget.ascend()
    return is_equal


def _shape(value: Slice | Map) -> tuple[str, bool, int]:
    return value.element, value.is_nil, len(value)


def _basic_kind(value: Value) -> str:
    """Return the kind by which values are compared; all integers but bytes are of one."""
    name = kind_name(value)
    return {"int64": "int", "slice": "", "map": "", "invalid": ""}.get(name, name)


def _eq(first: Value, *others: Value) -> bool:
    if not others:
        raise TemplateFailed("there is nothing to compare with")
    return any(_equal(first, other) for other in others)


def _equal(one: Value, other: Value) -> bool:
    kinds = {_basic_kind(one), _basic_kind(other)}
    if kinds == {"int", "uint8"} or (len(kinds) == 1 and "" not in kinds):
        return one == other
    if len(kinds) > 1:
        if is_absent(one) or is_absent(other):
            return False
        raise _incomparable(one, other)
    if kind_name(one) != kind_name(other) and not (is_absent(one) or is_absent(other)):
        raise _incomparable(one, other)
    if is_nil(one) or is_nil(other):
        return is_nil(one) and is_nil(other)
    raise TemplateFailed(f"a {type_name(one)} cannot be compared")


def _incomparable(one: Value, other: Value) -> TemplateFailed:
    return TemplateFailed(f"a {type_name(one)} cannot be compared with a {type_name(other)}")


def _ne(one: Value, other: Value) -> bool:
    return not _equal(one, other)


def _lt(one: Value, other: Value) -> bool:
    kinds = {_basic_kind(one), _basic_kind(other)}
    is_mixed = kinds == {"int", "uint8"}
    if not is_mixed and (len(kinds) > 1 or not kinds.isdisjoint(("", "bool"))):
        raise TemplateFailed(f"a {type_name(one)} has no order with a {type_name(other)}")
    return bool(one < other)  # type: ignore[operator]  # of one kind, that has an order


def _le(one: Value, other: Value) -> bool:
    return _lt(one, other) or _equal(one, other)


def _gt(one: Value, other: Value) -> bool:
    return not _le(one, other)


def _ge(one: Value, other: Value) -> bool:
    return not _lt(one, other)


def _not(value: Value) -> bool:
    return not is_true(value)


def _len(value: Value) -> int:
    if not isinstance(value, bytes | Slice | Map):
        raise TemplateFailed(f"a {type_name(value)} has no length")
    return len(value)


def _index(item: Value, *indexes: Value) -> Value:
    if is_absent(item):
        raise TemplateFailed("nothing has no items")
    for index in indexes:
        item = _item(item, index)
    return item


def _item(value: Value, index: Value) -> Value:
    if isinstance(value, Map):
        if not isinstance(index, bytes):
            raise TemplateFailed(f"a map has keys of type string, not {type_name(index)}")
        return value.entries.get(index, b"" if value.element == "string" else None)
    if not isinstance(value, bytes | Slice):
        raise TemplateFailed(f"a {type_name(value)} has no items")
    if not isinstance(index, int) or isinstance(index, bool):
        raise TemplateFailed(f"an index is an integer, not a {type_name(index)}")
    if not 0 <= index < len(value):
        raise TemplateFailed("an index is out of range")
    return Uint8(value[index]) if isinstance(value, bytes) else value.at(index)


COMPARING: Final = {
    "and": Function(bool, (_VALUE,), _VALUE),  # never run: expressions.py evaluates the arguments
    "or": Function(bool, (_VALUE,), _VALUE),  # of these two only as far as it must
    "not": Function(_not, (_VALUE,)),
    "eq": Function(_eq, (_VALUE,), _VALUE),
    "ne": Function(_ne, (_VALUE, _VALUE)),
    "lt": Function(_lt, (_VALUE, _VALUE)),
    "le": Function(_le, (_VALUE, _VALUE)),
    "gt": Function(_gt, (_VALUE, _VALUE)),
    "ge": Function(_ge, (_VALUE, _VALUE)),
    "len": Function(_len, (_VALUE,)),
    "index": Function(_index, (_VALUE,), _VALUE),
}
