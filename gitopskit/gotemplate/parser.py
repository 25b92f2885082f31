"""From a text to the templates that it defines, by the grammar of Go's text/template.

Owns the actions; what is inside of them is read by reading.py. Everything that can be told without
values is told here: structure, names of variables and of functions.

Source: pkg.go.dev/text/template, "Actions" and "Nested template definitions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from gitopskit.gotemplate import nodes
from gitopskit.gotemplate.literals import unquote
from gitopskit.gotemplate.reading import Reader
from gitopskit.gotemplate.tokens import Kind
from gitopskit.gotemplate.unicode_text import strip_spaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.nodes import Block, Node
    from gitopskit.gotemplate.tokens import Token

_Closing: TypeAlias = Literal["end", "else"]


def parse(
    text: str, *, name: bytes, require_function: Callable[[str], object], budget: Budget
) -> dict[bytes, Block]:
    """Return the templates in a text by name; the text itself has ``name``.

    ``require_function`` raises for a name that is no function.

    Raises:
        TemplateFailed: the text is no template.
        TemplateRefused: it nests too deep, is too long, or what ``require_function`` raises.
    """
    parser = _Parser(Reader(text, require_function=require_function, budget=budget))
    parser.read_all(name)
    return parser.templates


class _Parser:
    """Reads actions; ``templates`` fills up with what they define."""

    def __init__(self, reader: Reader) -> None:
        """Begin at the reader's position."""
        self._reader = reader
        self._ranges = 0
        self._by_keyword: dict[str, Callable[[Token], Node | _Closing]] = {
            **dict.fromkeys(("if", "with", "range"), self._control),
            **dict.fromkeys(("break", "continue"), self._leave),
            **dict.fromkeys(("template", "block"), self._call),
            "else": self._else,
            "end": self._end,
        }
        self.templates: dict[bytes, Block] = {}

    def read_all(self, name: bytes) -> None:
        """Read to the end; what is outside of definitions becomes the template ``name``."""
        reader, whole = self._reader, list[nodes.Node]()
        while reader.peek().kind is not Kind.END:
            token = reader.take()
            if token.kind is Kind.TEXT:
                whole.append(nodes.Text(token.offset, token.text.encode()))
            elif _is_keyword(reader.peek(), "define"):
                self._define()
            else:
                node = self._action()
                if isinstance(node, str):
                    reader.fail(f"`{node}` closes nothing", token.offset)
                whole.append(node)
        self._add(name, tuple(whole), reader.peek().offset)

    def _block(self) -> tuple[Block, _Closing]:
        """Return what comes up to ``end`` or ``else``, and which of them it was."""
        reader, block = self._reader, list[nodes.Node]()
        reader.descend()
        while True:
            token = reader.peek()
            if token.kind is Kind.END:
                reader.fail("an `end` is missing", token.offset)
            reader.take()
            if token.kind is Kind.TEXT:
                block.append(nodes.Text(token.offset, token.text.encode()))
                continue
            if token.kind is not Kind.LEFT:
                reader.fail("an `else` is followed by what belongs elsewhere", token.offset)
            node = self._action()
            if isinstance(node, str):
                reader.ascend()
                return tuple(block), node
            block.append(node)

    def _action(self) -> Node | _Closing:
        """Return the action whose left delimiter is past."""
        reader = self._reader
        token = reader.peek()
        if token.kind is not Kind.KEYWORD:
            return nodes.Action(token.offset, reader.pipeline("an action", Kind.RIGHT))
        if token.text == "define":
            reader.fail("`define` stands inside of something else", token.offset)
        return self._by_keyword[token.text](reader.take())

    def _control(self, token: Token) -> Node:
        reader = self._reader
        variables = len(reader.variables)
        pipeline = reader.pipeline(token.text, Kind.RIGHT)
        self._ranges += token.text == "range"
        body, closing = self._block()
        self._ranges -= token.text == "range"
        otherwise = self._otherwise(token) if closing == "else" else None
        del reader.variables[variables:]
        if token.text == "range":
            return nodes.Range(token.offset, pipeline, body, otherwise)
        return nodes.Branch(token.offset, token.text == "with", pipeline, body, otherwise)

    def _otherwise(self, token: Token) -> Block:
        """Return what comes after ``else``; ``else if`` is an ``if`` that shares the ``end``."""
        reader = self._reader
        follower = reader.peek()
        if token.text != "range" and _is_keyword(follower, token.text):
            reader.descend()
            chained = self._control(reader.take())
            reader.ascend()
            return (chained,)
        block, closing = self._block()
        if closing != "end":
            reader.fail("a second `else`", follower.offset)
        return block

    def _else(self, token: Token) -> Literal["else"]:
        """Take the right delimiter, unless ``if`` or ``with`` follows."""
        follower = self._reader.peek()
        if not (_is_keyword(follower, "if") or _is_keyword(follower, "with")):
            self._reader.expect(Kind.RIGHT, f"`{token.text}`")
        return "else"

    def _end(self, token: Token) -> Literal["end"]:
        self._reader.expect(Kind.RIGHT, f"`{token.text}`")
        return "end"

    def _leave(self, token: Token) -> Node:
        self._reader.expect(Kind.RIGHT, f"`{token.text}`")
        if not self._ranges:
            self._reader.fail(f"`{token.text}` stands outside of `range`", token.offset)
        return nodes.Leave(token.offset, token.text == "break")

    def _call(self, token: Token) -> Node:
        reader = self._reader
        name = reader.read(unquote, reader.expect(Kind.STRING, f"`{token.text}`"))
        pipeline = None
        if token.text == "block" or reader.peek().kind is not Kind.RIGHT:
            pipeline = reader.pipeline(f"`{token.text}`", Kind.RIGHT)
        else:
            reader.take()
        if token.text == "block":
            self._definition(name, token)
        return nodes.Call(token.offset, name, pipeline)

    def _define(self) -> None:
        reader = self._reader
        token = reader.take()
        name = reader.read(unquote, reader.expect(Kind.STRING, "`define`"))
        reader.expect(Kind.RIGHT, "`define`")
        self._definition(name, token)

    def _definition(self, name: bytes, token: Token) -> None:
        """Read a body up to its ``end``; it sees no variables and no range around it."""
        reader = self._reader
        around = reader.variables, self._ranges
        reader.variables, self._ranges = ["$"], 0
        block, closing = self._block()
        if closing != "end":
            reader.fail(f"`{token.text}` has no `else`", token.offset)
        reader.variables, self._ranges = around
        self._add(name, block, token.offset)

    def _add(self, name: bytes, block: Block, offset: int) -> None:
        """Keep a definition; an empty one never replaces another, nor is it in another's way."""
        if _is_empty(self.templates.get(name, ())):
            self.templates[name] = block
        elif not _is_empty(block):
            self._reader.fail("a template is defined twice", offset)


def _is_keyword(token: Token, text: str) -> bool:
    return token.kind is Kind.KEYWORD and token.text == text


def _is_empty(block: Block) -> bool:
    return all(isinstance(node, nodes.Text) and not strip_spaces(node.text) for node in block)
