"""What a function of templates is: what it takes and what it does.

Go checks arguments by their declared types before a call, so the declaration is part of what a
function is.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.gotemplate.values import Value


class Parameter(enum.Enum):
    """The declared type of an argument, with the name that errors give it.

    VALUE takes what it gets as it is, ANY takes everything and tells no nils apart.
    """

    STRING = "a string"
    INT = "an int"
    FLOAT = "a float64"
    BOOL = "a bool"
    MAP = "a map[string]interface {}"
    ANY = "anything"
    VALUE = "any value"


@dataclass(frozen=True, slots=True)
class Function:
    """Python code for a function of Go: ``rest`` is the type of further arguments, if it has any.

    With ``is_charged`` it gets the budget first, because it may cost more than its arguments and
    its result show.
    """

    run: Callable[..., Value]
    fixed: tuple[Parameter, ...] = ()
    rest: Parameter | None = None
    is_charged: bool = False

    def parameters(self, count: int) -> tuple[Parameter, ...] | None:
        """Return the types of that many arguments, or None if it does not take so many."""
        further = count - len(self.fixed)
        if self.rest is None:
            return self.fixed if further == 0 else None
        return (*self.fixed, *[self.rest] * further) if further >= 0 else None
