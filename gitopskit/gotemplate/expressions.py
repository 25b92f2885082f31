"""What a pipeline comes to: fields, variables, literals and calls.

Source: pkg.go.dev/text/template, "Arguments", "Pipelines" and "Functions".
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate import nodes
from gitopskit.gotemplate.arguments import assign, assign_nil, assign_number, ideal
from gitopskit.gotemplate.function import Parameter
from gitopskit.gotemplate.places import located, place
from gitopskit.gotemplate.values import INVALID, Map, Slice, is_true, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.function import Function
    from gitopskit.gotemplate.nodes import Command, Operand, Pipeline
    from gitopskit.gotemplate.values import Value


class _Missing(enum.Enum):
    """That no earlier part of the pipeline hands a value on; nil is one."""

    MISSING = "missing"


_Handed: TypeAlias = "Value | _Missing"
_MISSING: Final = _Missing.MISSING
_SHORT_CIRCUITS: Final = {"and": False, "or": True}
"""The functions that return the first argument of that truth, and look at no further ones."""


class Expressions:
    """Evaluates pipelines of one text; ``variables`` is a stack, the last of a name counts."""

    def __init__(self, text: str, *, functions: Mapping[str, Function], budget: Budget) -> None:
        """Keep what evaluation needs; ``text`` is that of the nodes, for places."""
        self._text = text
        self._functions = functions
        self._budget = budget
        self._operands: dict[type, Callable[..., Value]] = {
            nodes.Field: self._field,
            nodes.Variable: self._variable,
            nodes.Chain: self._chain,
            nodes.Identifier: self._call,
            nodes.Pipeline: self._parenthesis,
            nodes.Dot: self._dot,
            nodes.Literal: self._literal,
            nodes.NumberLiteral: self._number,
        }
        self.variables: list[tuple[str, Value]] = []

    def pipeline(self, dot: Value, pipeline: Pipeline) -> Value:
        """Return what a pipeline comes to, which its variables hold from then on.

        Raises:
            TemplateFailed: it cannot be evaluated; the error has the place.
        """
        value = self._command(dot, pipeline.commands[0], _MISSING)
        for command in pipeline.commands[1:]:
            value = self._command(dot, command, value)
        for name in pipeline.variables:
            if pipeline.is_assignment:
                self.assign(name, value, pipeline.offset)
            else:
                self.variables.append((name, value))
        return value

    def assign(self, name: str, value: Value, offset: int) -> None:
        """Give a variable another value.

        Raises:
            TemplateFailed: there is none of that name here.
        """
        self.variables[self._index(name, offset)] = (name, value)

    def fail(self, what: str, offset: int) -> NoReturn:
        """Tell what is wrong at an offset.

        Raises:
            TemplateFailed: always.
        """
        raise TemplateFailed(what, where=place(self._text, offset))

    def _command(self, dot: Value, command: Command, final: _Handed) -> Value:
        """Return what a command comes to; a nil loses its type on the way."""
        self._budget.step()
        first, *rest = command.operands
        value = self._operands[type(first)](dot, first, rest, final)
        return INVALID if value is None else value

    def _index(self, name: str, offset: int) -> int:
        for index in range(len(self.variables) - 1, -1, -1):
            if self.variables[index][0] == name:
                return index
        return self.fail(f"the variable {name} is not defined", offset)

    def _argument(self, dot: Value, operand: Operand, parameter: Parameter) -> Value:
        try:
            if isinstance(operand, nodes.NumberLiteral):
                return assign_number(operand.number, parameter)
            if isinstance(operand, nodes.Literal) and operand.value is None:
                return assign_nil(parameter)
            return assign(self._operand(dot, operand), parameter)
        except TemplateFailed as error:
            raise located(error, place(self._text, operand.offset)) from None

    def _operand(self, dot: Value, operand: Operand) -> Value:
        return self._operands[type(operand)](dot, operand, (), _MISSING)

    def _call(
        self, dot: Value, node: nodes.Identifier, rest: Sequence[Operand], final: _Handed
    ) -> Value:
        function = self._functions[node.name]
        parameters = function.parameters(len(rest) + (final is not _MISSING))
        if parameters is None:
            self.fail(f"`{node.name}` takes another number of arguments", node.offset)
        if node.name in _SHORT_CIRCUITS:
            return self._short_circuit(dot, rest, final, stops_at=_SHORT_CIRCUITS[node.name])
        arguments = [
            self._argument(dot, operand, parameter)
            for operand, parameter in zip(rest, parameters, strict=False)
        ]
        try:
            if final is not _MISSING:
                arguments.append(assign(final, parameters[-1]))
            return self._run(function, arguments)
        except TemplateFailed as error:
            what = f"`{node.name}`: {error.what}"
            told = type(error)(what, where=place(self._text, node.offset), hint=error.hint)
            raise told from None

    def _run(self, function: Function, arguments: Sequence[Value]) -> Value:
        budget = self._budget
        for argument in arguments:
            if isinstance(argument, bytes):
                budget.work(len(argument))
            elif isinstance(argument, Slice | Map):
                budget.glance(len(argument))
        before = (budget,) if function.is_charged else ()
        result = function.run(*before, *arguments)
        if isinstance(result, bytes):
            budget.make(len(result))
        elif isinstance(result, Slice):
            budget.items(len(result))
        return result

    def _short_circuit(
        self, dot: Value, rest: Sequence[Operand], final: _Handed, *, stops_at: bool
    ) -> Value:
        value: Value = INVALID
        for operand in rest:
            value = self._argument(dot, operand, Parameter.VALUE)
            if is_true(value) is stops_at:
                return value
        return value if final is _MISSING else final

    def _field(
        self, dot: Value, node: nodes.Field, rest: Sequence[Operand], final: _Handed
    ) -> Value:
        return self._fields(dot, node, has_arguments=bool(rest) or final is not _MISSING)

    def _variable(
        self, _: Value, node: nodes.Variable, rest: Sequence[Operand], final: _Handed
    ) -> Value:
        value = self.variables[self._index(node.name, node.offset)][1]
        if not node.names:
            self._refuse_arguments(node, rest, final)
        return self._fields(value, node, has_arguments=bool(rest) or final is not _MISSING)

    def _chain(
        self, dot: Value, node: nodes.Chain, rest: Sequence[Operand], final: _Handed
    ) -> Value:
        receiver = self._operand(dot, node.term)
        return self._fields(receiver, node, has_arguments=bool(rest) or final is not _MISSING)

    def _fields(
        self,
        receiver: Value,
        node: nodes.Field | nodes.Variable | nodes.Chain,
        *,
        has_arguments: bool,
    ) -> Value:
        """Return a field of a field of …; one of nothing is nothing, while one of nil fails."""
        last = len(node.names) - 1
        for index, name in enumerate(node.names):
            if receiver is INVALID:
                return INVALID
            if not isinstance(receiver, Map):
                what = f"a {type_name(receiver)} has no field {name.decode()}"
                self.fail(what, node.offset)
            if has_arguments and index == last:
                self.fail("a field takes no arguments", node.offset)
            receiver = receiver.entries.get(name, INVALID)
        return receiver

    def _parenthesis(
        self, dot: Value, node: Pipeline, rest: Sequence[Operand], final: _Handed
    ) -> Value:
        self._refuse_arguments(node, rest, final)
        self._budget.descend()
        value = self.pipeline(dot, node)
        self._budget.ascend()
        return value

    def _dot(self, dot: Value, node: nodes.Dot, rest: Sequence[Operand], final: _Handed) -> Value:
        self._refuse_arguments(node, rest, final)
        return dot

    def _literal(
        self, _: Value, node: nodes.Literal, rest: Sequence[Operand], final: _Handed
    ) -> Value:
        self._refuse_arguments(node, rest, final)
        if node.value is None:
            self.fail("nil alone has no value", node.offset)
        return node.value

    def _number(
        self, _: Value, node: nodes.NumberLiteral, rest: Sequence[Operand], final: _Handed
    ) -> Value:
        self._refuse_arguments(node, rest, final)
        try:
            return ideal(node.number)
        except TemplateFailed as error:
            raise located(error, place(self._text, node.offset)) from None

    def _refuse_arguments(self, node: Operand, rest: Sequence[Operand], final: _Handed) -> None:
        if rest or final is not _MISSING:
            self.fail("only a function takes arguments", node.offset)
