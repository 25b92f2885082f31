"""What a template consists of once it is read.

``offset`` is where a node begins, in characters of the whole text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from gitopskit.gotemplate.literals import Number


@dataclass(frozen=True, slots=True)
class Text:
    """What is written as it stands."""

    offset: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a truth, or a nil (None)."""

    offset: int
    value: bytes | bool | None


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number; which type it has depends on where it stands."""

    offset: int
    number: Number


@dataclass(frozen=True, slots=True)
class Dot:
    """The current value."""

    offset: int


@dataclass(frozen=True, slots=True)
class Field:
    """Fields of the current value: ``.a.b``."""

    offset: int
    names: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable and fields of it: ``$x.a.b``."""

    offset: int
    name: str
    names: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """Fields of what a term comes to: ``(…).a.b``."""

    offset: int
    term: Operand
    names: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Identifier:
    """The name of a function."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """An operand and its arguments."""

    offset: int
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each the last argument of the next, and the variables that get the result."""

    offset: int
    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    is_assignment: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is written, unless it goes to a variable."""

    offset: int
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch:
    """``if`` or ``with``: with ``with``, the pipeline's value is the current one inside."""

    offset: int
    is_with: bool
    pipeline: Pipeline
    body: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Range:
    """``range``: the body once for each item."""

    offset: int
    pipeline: Pipeline
    body: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Leave:
    """``break`` or ``continue``."""

    offset: int
    is_break: bool


@dataclass(frozen=True, slots=True)
class Call:
    """``template``: another template in this place."""

    offset: int
    name: bytes
    pipeline: Pipeline | None


Operand: TypeAlias = (
    "Literal | NumberLiteral | Dot | Field | Variable | Chain | Identifier | Pipeline"
)
Node: TypeAlias = "Text | Action | Branch | Range | Leave | Call"
Block: TypeAlias = "tuple[Node, ...]"
