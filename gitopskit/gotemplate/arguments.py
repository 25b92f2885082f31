"""Whether a value may be an argument, by Go's rules of assignment.

Source: pkg.go.dev/text/template, "Arguments"; go.dev/ref/spec, "Assignability".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate.function import Parameter
from gitopskit.gotemplate.values import INVALID, Map, is_absent, type_name

if TYPE_CHECKING:
    from gitopskit.gotemplate.literals import Number
    from gitopskit.gotemplate.values import Value

_EXACT: Final[dict[Parameter, type]] = {
    Parameter.STRING: bytes,
    Parameter.INT: int,
    Parameter.FLOAT: float,
    Parameter.BOOL: bool,
}


def assign(value: Value, parameter: Parameter) -> Value:
    """Return a value as the function gets it.

    Raises:
        TemplateFailed: it has another type; there are no conversions.
    """
    if parameter is Parameter.VALUE:
        return value
    if parameter is Parameter.ANY:
        return None if value is INVALID else value
    if parameter is Parameter.MAP:
        if value is INVALID:
            return Map(is_nil=True)
        is_fitting = isinstance(value, Map) and value.element == "any"
    else:
        is_fitting = type(value) is _EXACT[parameter]
    if not is_fitting:
        found = "a key that is missing" if is_absent(value) else f"a {type_name(value)}"
        raise TemplateFailed(f"{parameter.value} is wanted, and {found} is given")
    return value


def assign_nil(parameter: Parameter) -> Value:
    """Return a written nil as the function gets it.

    Raises:
        TemplateFailed: its type has no nil.
    """
    if parameter is Parameter.ANY:
        return None
    return assign(INVALID, parameter)


def assign_number(number: Number, parameter: Parameter) -> Value:
    """Return a written number as the function gets it: of the type that is wanted, if it fits.

    Raises:
        TemplateFailed: it does not fit.
    """
    if parameter is Parameter.FLOAT:
        return number.real
    if parameter is Parameter.INT and number.integer is not None:
        return number.integer
    return assign(ideal(number), parameter)


def ideal(number: Number) -> Value:
    """Return a number where nothing says its type: a float64 if it is written as one, or an int.

    Raises:
        TemplateFailed: it is an integer beyond those of Go.
    """
    if number.is_float:
        return number.real
    if number.integer is None:
        raise TemplateFailed("a number overflows int")
    return number.integer
