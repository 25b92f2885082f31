"""The walk over the actions of a template: values in, bytes out.

Source: pkg.go.dev/text/template, "Actions" and "Variables".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate import nodes
from gitopskit.gotemplate.expressions import Expressions
from gitopskit.gotemplate.places import located, place
from gitopskit.gotemplate.printing import print_value
from gitopskit.gotemplate.values import INVALID, Map, Slice, is_true, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.function import Function
    from gitopskit.gotemplate.nodes import Block
    from gitopskit.gotemplate.values import Value


class Evaluator:
    """Renders the templates of one text."""

    def __init__(
        self,
        text: str,
        templates: Mapping[bytes, Block],
        *,
        functions: Mapping[str, Function],
        budget: Budget,
    ) -> None:
        """Keep what is needed; ``text`` is that of the templates, for places."""
        self._text = text
        self._templates = templates
        self._budget = budget
        self._expressions = Expressions(text, functions=functions, budget=budget)
        self._output: list[bytes] = []
        self._actions: dict[type, Callable[..., nodes.Leave | None]] = {
            nodes.Text: self._write_text,
            nodes.Action: self._write_value,
            nodes.Branch: self._branch,
            nodes.Range: self._range,
            nodes.Call: self._call,
            nodes.Leave: lambda node, _: node,
        }

    def render(self, name: bytes, dot: Value) -> bytes:
        """Return what a template comes to.

        Raises:
            TemplateFailed: it fails with this value; the error has the place.
        """
        self._template(name, dot)
        return b"".join(self._output)

    def _template(self, name: bytes, dot: Value) -> None:
        around = self._expressions.variables
        self._expressions.variables = [("$", dot)]
        self._walk(self._templates[name], dot)
        self._expressions.variables = around

    def _walk(self, block: Block, dot: Value) -> nodes.Leave | None:
        """Do what a block says; return the action by which it was left before its end, if any."""
        leave = None
        for node in block:
            try:
                leave = self._actions[type(node)](node, dot)
            except TemplateFailed as error:
                if error.where:
                    raise
                raise located(error, place(self._text, node.offset)) from None
            if leave is not None:
                break
        return leave

    def _walk_inside(self, block: Block, dot: Value) -> nodes.Leave | None:
        self._budget.descend()
        leave = self._walk(block, dot)
        self._budget.ascend()
        return leave

    def _write(self, text: bytes) -> None:
        self._budget.write(len(text))
        self._output.append(text)

    def _write_text(self, node: nodes.Text, _: Value) -> None:
        self._budget.step()
        self._write(node.text)

    def _write_value(self, node: nodes.Action, dot: Value) -> None:
        value = self._expressions.pipeline(dot, node.pipeline)
        if not node.pipeline.variables:
            self._write(print_value(value, self._budget))

    def _branch(self, node: nodes.Branch, dot: Value) -> nodes.Leave | None:
        mark = len(self._expressions.variables)
        value = self._expressions.pipeline(dot, node.pipeline)
        leave = None
        if is_true(value):
            leave = self._walk_inside(node.body, value if node.is_with else dot)
        elif node.otherwise is not None:
            leave = self._walk_inside(node.otherwise, dot)
        del self._expressions.variables[mark:]
        return leave

    def _range(self, node: nodes.Range, dot: Value) -> nodes.Leave | None:
        variables = self._expressions.variables
        mark = len(variables)
        value = self._expressions.pipeline(dot, node.pipeline)
        top = len(variables)
        is_empty = True
        for index, item in self._items(value, node):
            is_empty = False
            self._budget.step()
            self._set_variables(node, index, item)
            leave = self._walk_inside(node.body, item)
            del variables[top:]
            if leave is not None and leave.is_break:
                break
        leave = None
        if is_empty and node.otherwise is not None:
            leave = self._walk_inside(node.otherwise, dot)
            if leave is not None and leave.is_break:
                leave = None  # as Go has it, `break` in the `else` of a range leaves that range
        del variables[mark:]
        return leave

    def _items(self, value: Value, node: nodes.Range) -> Iterable[tuple[Value, Value]]:
        """Return indexes or keys with their items, as they are when it begins."""
        if isinstance(value, Slice):
            return enumerate(value)
        if isinstance(value, Map):
            self._budget.glance(len(value))
            return value.in_order()
        if value is INVALID:
            return ()
        if not isinstance(value, int) or isinstance(value, bool):
            self._expressions.fail(f"`range` over a {type_name(value)}", node.offset)
        if len(node.pipeline.variables) > 1:
            self._expressions.fail("`range` over a number has one variable", node.offset)
        return _counted(value)

    def _set_variables(self, node: nodes.Range, index: Value, item: Value) -> None:
        names = node.pipeline.variables
        values = (index, item) if len(names) > 1 else (item,)
        if node.pipeline.is_assignment:
            for name, value in zip(names, values, strict=False):
                self._expressions.assign(name, value, node.offset)
        elif names:
            self._expressions.variables[-len(names) :] = zip(names, values, strict=True)

    def _call(self, node: nodes.Call, dot: Value) -> None:
        if node.name not in self._templates:
            self._expressions.fail("there is no template of that name", node.offset)
        value: Value = INVALID
        if node.pipeline is not None:
            value = self._expressions.pipeline(dot, node.pipeline)
        self._budget.descend()
        self._template(node.name, value)
        self._budget.ascend()


def _counted(count: int) -> Iterator[tuple[Value, Value]]:
    """Yield the numbers below a count, each of the count's own type."""
    for number in range(count):
        yield INVALID, type(count)(number)
