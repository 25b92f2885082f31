"""Functions that choose between values, and that ask what they are.

Source: masterminds.github.io/sprig, "Default Functions", "Type Functions", "Flow Control
Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate.comparing import deep_equal
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.values import is_true, kind_name, type_name

if TYPE_CHECKING:
    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_ANY: Final = Parameter.ANY
_STRING: Final = Parameter.STRING


def _default(fallback: Value, *given: Value) -> Value:
    return given[0] if given and is_true(given[0]) else fallback


def _empty(value: Value) -> bool:
    return not is_true(value)


def _coalesce(*values: Value) -> Value:
    return next(filter(is_true, values), None)


def _all(*values: Value) -> bool:
    return all(map(is_true, values))


def _any(*values: Value) -> bool:
    return any(map(is_true, values))


def _ternary(yes: Value, no: Value, condition: bool) -> Value:  # noqa: FBT001 -- as templates call it
    return yes if condition else no


def _fail(_: bytes) -> Value:
    raise TemplateFailed("the template says that this is an error")


def _hello() -> bytes:
    return b"Hello!"


def _type_of(value: Value) -> bytes:
    return type_name(value).encode()


def _type_is(name: bytes, value: Value) -> bool:
    return name == _type_of(value)


def _kind_of(value: Value) -> bytes:
    return kind_name(value).encode()


def _kind_is(name: bytes, value: Value) -> bool:
    return name == _kind_of(value)


def _deep_equal(budget: Budget, one: Value, other: Value) -> bool:
    return deep_equal(one, other, budget)


def _type_is_like(name: bytes, value: Value) -> bool:
    return _type_of(value) in (name, b"*" + name)


CHOOSING: Final = {
    "default": Function(_default, (_ANY,), _ANY),
    "empty": Function(_empty, (_ANY,)),
    "coalesce": Function(_coalesce, (), _ANY),
    "all": Function(_all, (), _ANY),
    "any": Function(_any, (), _ANY),
    "ternary": Function(_ternary, (_ANY, _ANY, Parameter.BOOL)),
    "fail": Function(_fail, (_STRING,)),
    "hello": Function(_hello),
    "typeOf": Function(_type_of, (_ANY,)),
    "typeIs": Function(_type_is, (_STRING, _ANY)),
    "typeIsLike": Function(_type_is_like, (_STRING, _ANY)),
    "kindOf": Function(_kind_of, (_ANY,)),
    "kindIs": Function(_kind_is, (_STRING, _ANY)),
    "deepEqual": Function(_deep_equal, (_ANY, _ANY), is_charged=True),
}
