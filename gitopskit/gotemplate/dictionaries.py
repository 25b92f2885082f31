"""Functions of maps.

Go's own order of a map is another one each time; here keys come in the order of their bytes.

Source: masterminds.github.io/sprig, "Dictionaries and Dict Functions"; pkg.go.dev/dario.cat/mergo,
Merge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.printing import plain
from gitopskit.gotemplate.values import Map, Slice, is_true, type_name

if TYPE_CHECKING:
    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_ANY: Final = Parameter.ANY
_MAP: Final = Parameter.MAP
_STRING: Final = Parameter.STRING


def _dict(budget: Budget, *parts: Value) -> Map:
    made = Map()
    for index in range(0, len(parts), 2):
        key = plain(parts[index], budget)
        made.entries[key] = parts[index + 1] if index + 1 < len(parts) else b""
    return made


def _get(mapping: Map, key: bytes) -> Value:
    return mapping.entries.get(key, b"")


def _set(budget: Budget, mapping: Map, key: bytes, value: Value) -> Map:
    if mapping.is_nil:
        raise TemplateFailed("a key is set in a map that is missing")
    budget.items(1)
    mapping.entries[key] = value
    return mapping


def _unset(mapping: Map, key: bytes) -> Map:
    mapping.entries.pop(key, None)
    return mapping


def _has_key(mapping: Map, key: bytes) -> bool:
    return key in mapping.entries


def _pluck(key: bytes, *mappings: Map) -> Slice:
    return Slice.of(mapping.entries[key] for mapping in mappings if key in mapping.entries)


def _keys(*mappings: Map) -> Slice:
    return Slice.of((key for mapping in mappings for key, _ in mapping.in_order()), "string")


def _values(mapping: Map) -> Slice:
    return Slice.of(value for _, value in mapping.in_order())


def _pick(mapping: Map, *keys: bytes) -> Map:
    return Map("any", {key: mapping.entries[key] for key in keys if key in mapping.entries})


def _omit(mapping: Map, *keys: bytes) -> Map:
    kept = {key: value for key, value in mapping.entries.items() if key not in keys}
    return Map("any", kept)


def _dig(*path: Value) -> Value:
    if len(path) < _LEAST_PATH:
        raise TemplateFailed("it takes keys, a default and a map")
    *keys, default, found = path
    if not all(isinstance(key, bytes) for key in keys):
        raise TemplateFailed("a key is no string")
    for key in keys:
        if not isinstance(found, Map) or found.element != "any":
            raise TemplateFailed(f"a {type_name(found)} on the way is no map of anything")
        if key not in found.entries:
            return default
        found = found.entries[key]
    return found


_LEAST_PATH: Final = 3


def _merge(budget: Budget, target: Map, *sources: Map) -> Map:
    return _merged(budget, target, sources, overwrites=False)


def _merge_overwrite(budget: Budget, target: Map, *sources: Map) -> Map:
    return _merged(budget, target, sources, overwrites=True)


def _merged(budget: Budget, target: Map, sources: tuple[Map, ...], *, overwrites: bool) -> Map:
    if any(mapping.is_nil for mapping in (target, *sources)):
        raise TemplateRefused("merging what is missing is not supported")
    for source in sources:
        _merge_into(budget, target, source, overwrites=overwrites)
    return target


def _merge_into(budget: Budget, target: Map, source: Map, *, overwrites: bool) -> None:
    """Fill up what is empty in the target, or put the source's values over it; maps merge."""
    budget.descend()
    budget.items(len(source))
    for key, value in list(source.entries.items()):
        old = target.entries.get(key)
        if value is None:
            if overwrites:
                target.entries[key] = None
        elif isinstance(value, Map) and isinstance(old, Map):
            if any(each.element == "string" or each.is_nil for each in (value, old)):
                raise TemplateRefused("merging maps of strings, or nil, is not supported")
            _merge_into(budget, old, value, overwrites=overwrites)
            if not old.entries:
                target.entries[key] = value
        elif overwrites or not is_true(old):
            target.entries[key] = value
    budget.ascend()


_ITEMS_PER_COPY: Final = 4


def _deep_copy(budget: Budget, value: Value) -> Value:
    if value is None:
        raise TemplateRefused("a copy of nil is not supported")
    return _copied(budget, value)


def _copied(budget: Budget, value: Value) -> Value:
    if not isinstance(value, Slice | Map):
        return value
    budget.descend()
    budget.items(_ITEMS_PER_COPY * (len(value) + 1))
    copied: Slice | Map
    if isinstance(value, Slice):
        copied = Slice.of([_copied(budget, item) for item in value], value.element)
    else:
        pairs = {key: _copied(budget, item) for key, item in value.entries.items()}
        copied = Map(value.element, pairs)
    copied.is_nil = value.is_nil
    budget.ascend()
    return copied


DICTIONARIES: Final = {
    "dict": Function(_dict, (), _ANY, is_charged=True),
    "get": Function(_get, (_MAP, _STRING)),
    "set": Function(_set, (_MAP, _STRING, _ANY), is_charged=True),
    "unset": Function(_unset, (_MAP, _STRING)),
    "hasKey": Function(_has_key, (_MAP, _STRING)),
    "pluck": Function(_pluck, (_STRING,), _MAP),
    "keys": Function(_keys, (), _MAP),
    "values": Function(_values, (_MAP,)),
    "pick": Function(_pick, (_MAP,), _STRING),
    "omit": Function(_omit, (_MAP,), _STRING),
    "dig": Function(_dig, (), _ANY),
    "merge": Function(_merge, (_MAP,), _MAP, is_charged=True),
    "mustMerge": Function(_merge, (_MAP,), _MAP, is_charged=True),
    "mergeOverwrite": Function(_merge_overwrite, (_MAP,), _MAP, is_charged=True),
    "mustMergeOverwrite": Function(_merge_overwrite, (_MAP,), _MAP, is_charged=True),
    "deepCopy": Function(_deep_copy, (_ANY,), is_charged=True),
    "mustDeepCopy": Function(_deep_copy, (_ANY,), is_charged=True),
}
