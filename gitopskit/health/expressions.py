"""Expressions: a small language over one object's fields, in which health is declared. Pure.

``status.phase == "Ready" and status.readyReplicas >= spec.replicas``. A field that is not there
makes a comparison false, whatever it compares.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitopskit.manifests.json_types import JsonObject, JsonValue

_STEP: Final = r'(?:\.[A-Za-z0-9_-]+|\["[^"\\]+"\]|\[[A-Za-z0-9_-]+=[^\]\s"]+\])'
_PATH: Final = rf"(?:status|spec|metadata){_STEP}*"
_VALUE: Final = rf'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|{_PATH}'
_TERM: Final = re.compile(
    rf"(?P<path>{_PATH})"
    rf"(?:\s+(?P<presence>exists|missing)|\s*(?P<operator>==|!=|>=|<=|>|<)\s*(?P<value>{_VALUE}))"
)
_AND: Final = re.compile(r'\s+and\s+(?=(?:[^"]*"[^"]*")*[^"]*$)')
_LONGEST: Final = 1024

_ORDERS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class _Nothing:
    """What is found where a field is not there."""


_NOTHING: Final = _Nothing()


@dataclass(frozen=True, slots=True)
class Path:
    """A way to a field: names, and pairs that choose the item of a list with such a field."""

    steps: tuple[str | tuple[str, str], ...]

    def text_in(self, content: JsonObject) -> str:
        """Return the text at the end of the path; empty where there is none."""
        found = self.find(content)
        return found if isinstance(found, str) else ""

    def find(self, content: JsonObject) -> JsonValue | _Nothing:
        """Return what is at the end of the path."""
        found: JsonValue | _Nothing = content
        for step in self.steps:
            found = _named(found, step) if isinstance(step, str) else _chosen(found, step)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    path: Path
    operator: str
    value: JsonValue | Path = None

    def holds(self, content: JsonObject) -> bool:
        found = self.path.find(content)
        if self.operator in ("exists", "missing"):
            return isinstance(found, _Nothing) is (self.operator == "missing")
        wanted = self.value.find(content) if isinstance(self.value, Path) else self.value
        if isinstance(found, _Nothing) or isinstance(wanted, _Nothing):
            return False
        if self.operator in ("==", "!="):
            return _is_same(found, wanted) is (self.operator == "==")
        return _is_number(found) and _is_number(wanted) and _ORDERS[self.operator](found, wanted)


@dataclass(frozen=True, slots=True)
class Expression:
    """Comparisons that must hold together."""

    terms: tuple[_Term, ...]

    def holds(self, content: JsonObject) -> bool:
        """Tell whether an object is as the expression says."""
        return all(term.holds(content) for term in self.terms)


def parse(text: str) -> Expression:
    """Return the expression that a text says.

    Raises:
        InputError: it says none.
    """
    if len(text) > _LONGEST:
        raise InputError(f"an expression has more than {_LONGEST} characters")
    return Expression(tuple(_term(part) for part in _AND.split(text.strip())))


def parse_path(text: str) -> Path:
    """Return the path that a text says.

    Raises:
        InputError: it says none.
    """
    if len(text) > _LONGEST or not re.fullmatch(_PATH, text):
        raise InputError(
            "not a path to a field",
            hint="status.message, or status.conditions[type=Ready].message",
        )
    first, *_ = re.split(r"[.\[]", text, maxsplit=1)
    return Path((first, *(_step(found) for found in re.findall(_STEP, text[len(first) :]))))


def _term(text: str) -> _Term:
    found = _TERM.fullmatch(text)
    if found is None:
        raise InputError(
            f"not understood: {text[:80]}",
            hint='write FIELD == "VALUE", FIELD >= NUMBER or FIELD exists, joined by and',
        )
    path = parse_path(found["path"])
    if found["presence"]:
        return _Term(path=path, operator=found["presence"])
    return _Term(path=path, operator=found["operator"], value=_value(found["value"]))


def _value(text: str) -> JsonValue | Path:
    if re.fullmatch(_PATH, text):
        return parse_path(text)
    try:
        value: JsonValue = orjson.loads(text)
    except ValueError as error:
        raise InputError(f"not a value: {text[:80]}") from error
    return value


def _step(text: str) -> str | tuple[str, str]:
    if text.startswith("."):
        return text[1:]
    inner = text[1:-1]
    if inner.startswith('"'):
        return inner[1:-1]
    key, _, value = inner.partition("=")
    return key, value


def _named(found: JsonValue | _Nothing, name: str) -> JsonValue | _Nothing:
    return found.get(name, _NOTHING) if isinstance(found, dict) else _NOTHING


def _chosen(found: JsonValue | _Nothing, pair: tuple[str, str]) -> JsonValue | _Nothing:
    key, value = pair
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict) and item.get(key) == value:
            return item
    return _NOTHING


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_same(one: JsonValue, other: JsonValue) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(one, bool) is isinstance(other, bool) and one == other
