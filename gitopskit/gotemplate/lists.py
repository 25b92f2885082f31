"""Functions of lists; what changes a list returns another one, as a list of anything.

Source: masterminds.github.io/sprig, "Lists and List Functions" and "String List Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate.comparing import deep_equal
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.numbers import to_int
from gitopskit.gotemplate.printing import plain
from gitopskit.gotemplate.values import Slice, is_true, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_ANY: Final = Parameter.ANY
_MOST_SLICE_BOUNDS: Final = 2


def _items(value: Value) -> Slice:
    if not isinstance(value, Slice):
        raise TemplateFailed(f"a list is wanted, and a {type_name(value)} is given")
    return value


def _list(*items: Value) -> Slice:
    return Slice.of(items)


def _append(items: Value, item: Value) -> Slice:
    return Slice.of([*_items(items), item])


def _prepend(items: Value, item: Value) -> Slice:
    return Slice.of([item, *_items(items)])


def _concat(*lists: Value) -> Slice:
    items = [item for part in lists for item in _items(part)]
    return Slice.of(items) if items else Slice.nil()


def _first(items: Value) -> Value:
    items = _items(items)
    return items.at(0) if len(items) else None


def _last(items: Value) -> Value:
    items = _items(items)
    return items.at(len(items) - 1) if len(items) else None


def _rest(items: Value) -> Slice:
    return Slice.of([*_items(items)][1:]) if len(_items(items)) else Slice.nil()


def _initial(items: Value) -> Slice:
    return Slice.of([*_items(items)][:-1]) if len(_items(items)) else Slice.nil()


def _reverse(items: Value) -> Slice:
    return Slice.of([*_items(items)][::-1])


def _compact(items: Value) -> Slice:
    return Slice.of(item for item in _items(items) if is_true(item))


def _uniq(budget: Budget, items: Value) -> Slice:
    kept: list[Value] = []
    for item in _items(items):
        if not _is_among(item, kept, budget):
            kept.append(item)
    return Slice.of(kept)


def _without(budget: Budget, items: Value, *left_out: Value) -> Slice:
    return Slice.of(item for item in _items(items) if not _is_among(item, left_out, budget))


def _has(budget: Budget, item: Value, items: Value) -> bool:
    return items is not None and _is_among(item, _items(items), budget)


def _is_among(item: Value, items: Iterable[Value], budget: Budget) -> bool:
    return any(deep_equal(item, other, budget) for other in items)


def _slice(items: Value, *bounds: Value) -> Value:
    items = _items(items)
    size = len(items)
    if not size:
        return None
    start = to_int(bounds[0]) if bounds else 0
    stop = to_int(bounds[1]) if len(bounds) >= _MOST_SLICE_BOUNDS else size
    if stop > size:
        raise TemplateRefused("a slice beyond the end of its list is not supported")
    if not 0 <= start <= stop:
        raise TemplateFailed("the bounds of a slice are out of range")
    return Slice(items.element, items.array, items.start + start, items.start + stop)


def _chunk(size: int, items: Value) -> Slice:
    if size < 1:
        raise TemplateRefused("chunks of less than one item are not supported")
    whole = [*_items(items)]
    chunks = (Slice.of(whole[start : start + size]) for start in range(0, len(whole), size))
    return Slice.of(chunks, "[]any")


def _to_strings(budget: Budget, value: Value) -> Slice:
    if isinstance(value, Slice):
        if value.element == "string":
            return value
        return Slice.of((plain(item, budget) for item in value if item is not None), "string")
    return Slice.of([] if value is None else [plain(value, budget)], "string")


def _join(budget: Budget, separator: bytes, value: Value) -> bytes:
    parts: list[bytes] = [part for part in _to_strings(budget, value) if isinstance(part, bytes)]
    budget.make(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _sort_alpha(budget: Budget, value: Value) -> Slice:
    """Return texts in order; a list that held texts before is itself sorted, as in Go."""
    if not isinstance(value, Slice):
        return Slice.of([plain(value, budget)], "string")
    texts = _to_strings(budget, value)
    budget.items(len(texts))
    in_order = sorted(text for text in texts if isinstance(text, bytes))
    texts.array[texts.start : texts.stop] = in_order
    return texts


def _named_twice(functions: dict[str, Function]) -> dict[str, Function]:
    """Return functions under their names and under ``must…``: here all fail where those do."""
    must = {f"must{name[0].upper()}{name[1:]}": each for name, each in functions.items()}
    return functions | must


LISTS: Final = {
    "list": Function(_list, (), _ANY),
    "tuple": Function(_list, (), _ANY),
    "concat": Function(_concat, (), _ANY),
    "join": Function(_join, (Parameter.STRING, _ANY), is_charged=True),
    "toStrings": Function(_to_strings, (_ANY,), is_charged=True),
    "sortAlpha": Function(_sort_alpha, (_ANY,), is_charged=True),
    **_named_twice(
        {
            "append": Function(_append, (_ANY, _ANY)),
            "push": Function(_append, (_ANY, _ANY)),
            "prepend": Function(_prepend, (_ANY, _ANY)),
            "first": Function(_first, (_ANY,)),
            "last": Function(_last, (_ANY,)),
            "rest": Function(_rest, (_ANY,)),
            "initial": Function(_initial, (_ANY,)),
            "reverse": Function(_reverse, (_ANY,)),
            "compact": Function(_compact, (_ANY,)),
            "uniq": Function(_uniq, (_ANY,), is_charged=True),
            "without": Function(_without, (_ANY,), _ANY, is_charged=True),
            "has": Function(_has, (_ANY, _ANY), is_charged=True),
            "slice": Function(_slice, (_ANY,), _ANY),
            "chunk": Function(_chunk, (Parameter.INT, _ANY)),
        }
    ),
}
