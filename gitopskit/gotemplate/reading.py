"""The tokens of a template one after the other, and pipelines out of them.

Owns everything between two delimiters that is an expression; the parser owns the actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate import nodes
from gitopskit.gotemplate.budget import DEEPEST_NESTING
from gitopskit.gotemplate.literals import read_number, unquote
from gitopskit.gotemplate.places import located, place
from gitopskit.gotemplate.tokens import Kind, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.nodes import Command, Operand, Pipeline

_BEGINS_OPERAND: Final = frozenset(
    {
        *(Kind.BOOL, Kind.NUMBER, Kind.DOT, Kind.FIELD, Kind.WORD, Kind.NIL),
        *(Kind.STRING, Kind.VARIABLE, Kind.OPEN),
    }
)
_AFTER_COMMA: Final = (Kind.VARIABLE, Kind.RIGHT, Kind.CLOSE)
_NOT_EXECUTABLE: Final = (nodes.Literal, nodes.NumberLiteral, nodes.Dot)

_MOST_VARIABLES: Final = 200
"""Variables in sight at once: to find one takes a look at each."""

_T = TypeVar("_T")


class Reader:
    """A position in the tokens of a text, and the variables that are known there."""

    def __init__(
        self, text: str, *, require_function: Callable[[str], object], budget: Budget
    ) -> None:
        """Take the text apart; ``require_function`` raises for a name that is no function.

        Raises:
            TemplateFailed: the text holds what is no token.
            TemplateRefused: it is too long.
        """
        self._text = text
        self._tokens = tokens(text, budget)
        self._at = 0
        self._depth = 0
        self._require_function = require_function
        self.variables = ["$"]

    def peek(self) -> Token:
        """Return the next token without taking it."""
        return self._tokens[self._at]

    def take(self) -> Token:
        """Return the next token; the last one, END, can be taken again and again."""
        token = self._tokens[self._at]
        self._at += token.kind is not Kind.END
        return token

    def expect(self, kind: Kind, context: str) -> Token:
        """Return the next token.

        Raises:
            TemplateFailed: it is of another kind.
        """
        if self.peek().kind is not kind:
            self.refuse_next(context)
        return self.take()

    def refuse_next(self, context: str) -> NoReturn:
        """Tell that what is next has no place here.

        Raises:
            TemplateFailed: always.
        """
        token = self.peek()
        self.fail(f"{token.kind.value} has no place in {context}", token.offset)

    def fail(self, what: str, offset: int) -> NoReturn:
        """Tell what is wrong at an offset.

        Raises:
            TemplateFailed: always.
        """
        raise TemplateFailed(what, where=place(self._text, offset))

    def descend(self) -> None:
        """Go one level deeper; the caller ascends again.

        Raises:
            TemplateRefused: that is too deep.
        """
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise TemplateRefused("the template nests too deep", where=self._place(self.peek()))

    def ascend(self) -> None:
        """Come back from a level."""
        self._depth -= 1

    def pipeline(self, context: str, closing: Kind) -> Pipeline:
        """Return the pipeline that is next, and take what closes it.

        Raises:
            TemplateFailed: there is none, or it holds something that it may not.
        """
        offset = self.peek().offset
        names, is_assignment = self._declarations(context)
        commands: list[Command] = []
        while self.peek().kind is not closing:
            if self.peek().kind not in _BEGINS_OPERAND:
                self.refuse_next(context)
            commands.append(self._command())
        self.take()
        if not commands:
            self.fail(f"{context} has no value", offset)
        for command in commands[1:]:
            if isinstance(command.operands[0], _NOT_EXECUTABLE):
                self.fail("only the first part of a pipeline may be a value", command.offset)
        return nodes.Pipeline(offset, tuple(commands), tuple(names), is_assignment)

    def _declarations(self, context: str) -> tuple[list[str], bool]:
        """Take the variables before a pipeline; return them and whether they are assigned to."""
        names: list[str] = []
        while self.peek().kind is Kind.VARIABLE:
            begin = self._at
            name = self.take().text
            after = self.peek()
            is_comma = after.kind is Kind.CHARACTER and after.text == ","
            if not is_comma and after.kind not in (Kind.ASSIGN, Kind.DECLARE):
                self._at = begin
                break
            self.take()
            names.append(name)
            self._declare(name, after)
            if not is_comma:
                return names, after.kind is Kind.ASSIGN
            if context != "range" or len(names) > 1:
                self.fail(f"{context} declares too many variables", after.offset)
            if self.peek().kind not in _AFTER_COMMA:
                self.refuse_next("a list of variables")
        return names, False

    def _declare(self, name: str, token: Token) -> None:
        self.variables.append(name)
        if len(self.variables) > _MOST_VARIABLES:
            what = "the template has too many variables"
            raise TemplateRefused(what, where=self._place(token))

    def _command(self) -> Command:
        """Return operands with spaces between them; a ``|`` after them is taken, too."""
        first = self.peek()
        operands = [self._operand()]
        while self.peek().kind in _BEGINS_OPERAND and self.peek().follows_space:
            operands.append(self._operand())
        if self.peek().kind is Kind.PIPE:
            self.take()
        elif self.peek().kind not in (Kind.RIGHT, Kind.CLOSE):
            self.refuse_next("an operand")
        return nodes.Command(first.offset, tuple(operands))

    def _operand(self) -> Operand:
        """Return a term with the fields that follow it at once."""
        offset = self.peek().offset
        term = self._term(self.take())
        names: list[bytes] = []
        while self.peek().kind is Kind.FIELD and not self.peek().follows_space:
            names.append(self.take().text[1:].encode())
        if not names:
            return term
        match term:
            case nodes.Field(_, first):
                return nodes.Field(offset, (*first, *names))
            case nodes.Variable(_, name):
                return nodes.Variable(offset, name, tuple(names))
            case nodes.Literal() | nodes.NumberLiteral() | nodes.Dot():
                self.fail("a value has no fields", offset)
        return nodes.Chain(offset, term, tuple(names))

    def _term(self, token: Token) -> Operand:
        offset = token.offset
        match token.kind:
            case Kind.WORD:
                self.read(self._require_function, token)
                return nodes.Identifier(offset, token.text)
            case Kind.VARIABLE:
                if token.text not in self.variables:
                    self.fail(f"the variable {token.text} is not defined", offset)
                return nodes.Variable(offset, token.text)
            case Kind.FIELD:
                return nodes.Field(offset, (token.text[1:].encode(),))
            case Kind.DOT:
                return nodes.Dot(offset)
            case Kind.OPEN:
                return self._parenthesis()
        return self._literal(token)

    def _parenthesis(self) -> Operand:
        self.descend()
        pipeline = self.pipeline("a parenthesis", Kind.CLOSE)
        self.ascend()
        return pipeline

    def _literal(self, token: Token) -> Operand:
        match token.kind:
            case Kind.BOOL:
                return nodes.Literal(token.offset, token.text == "true")
            case Kind.NUMBER:
                return nodes.NumberLiteral(token.offset, self.read(read_number, token))
            case Kind.STRING:
                return nodes.Literal(token.offset, self.read(unquote, token))
        return nodes.Literal(token.offset, None)

    def read(self, reader: Callable[[str], _T], token: Token) -> _T:
        """Return what a reader makes of a token's text.

        Raises:
            TemplateFailed: the reader's error, with the place.
        """
        try:
            return reader(token.text)
        except TemplateFailed as error:
            raise located(error, self._place(token)) from None

    def _place(self, token: Token) -> str:
        return place(self._text, token.offset)
