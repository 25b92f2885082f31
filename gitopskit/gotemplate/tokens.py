"""The pieces of a template: texts outside of actions, and words inside.

Trimming of spaces beside a delimiter is done here; nobody after this sees it.

Source: pkg.go.dev/text/template, "Text and spaces".
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate.places import place

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


class Kind(enum.Enum):
    """What a piece is."""

    TEXT = "text"
    LEFT = "{{"
    RIGHT = "}}"
    SPACE = "space"
    WORD = "word"
    KEYWORD = "keyword"
    BOOL = "truth value"
    NIL = "nil"
    DOT = "."
    FIELD = "field"
    VARIABLE = "variable"
    NUMBER = "number"
    STRING = "quoted text"
    ASSIGN = "="
    DECLARE = ":="
    PIPE = "|"
    OPEN = "("
    CLOSE = ")"
    CHARACTER = "character"
    END = "end of the text"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece and where it begins, in characters."""

    kind: Kind
    text: str
    offset: int


_KEYWORDS: Final = frozenset(
    ["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"]
)
_WORDS: Final = {
    **dict.fromkeys(_KEYWORDS, Kind.KEYWORD),
    "true": Kind.BOOL,
    "false": Kind.BOOL,
    "nil": Kind.NIL,
    ".": Kind.DOT,
}
_SINGLE: Final = {"=": Kind.ASSIGN, "|": Kind.PIPE, "(": Kind.OPEN, ")": Kind.CLOSE}

_LEFT: Final = "{{"
_SPACES: Final = " \t\r\n"
_LEFT_TRIM: Final = re.compile(r"-[ \t\r\n]")
_RIGHT: Final = re.compile(r"[ \t\r\n]-\}\}[ \t\r\n]*|\}\}")
_AFTER_WORD: Final = re.compile(r"[ \t\r\n.,|:()]|\}\}|\Z")
_INSIDE: Final = re.compile(
    r"""
      (?P<space> [ \t\r\n]+ )
    | (?P<number> (?: [+-] | (?=\.?[0-9]) )
        (?: 0[xX] [0-9a-fA-F_]* (?:\.[0-9a-fA-F_]*)? (?:[pP][+-]?[0-9_]*)?
          | 0[oO] [0-7_]* (?:\.[0-7_]*)?
          | 0[bB] [01_]* (?:\.[01_]*)?
          | [0-9_]* (?:\.[0-9_]*)? (?:[eE][+-]?[0-9_]*)?
        ) i? )
    | (?P<string> " (?: \\. | [^"\\\n] )* " | ` [^`]* ` )
    | (?P<rune> ' (?: \\. | [^'\\\n] )* ' )
    | (?P<declare> := )
    | (?P<name> [.$]? \w* )
    """,
    re.VERBOSE,
)


def tokens(text: str) -> Iterator[Token]:
    """Yield the pieces of a template, an END last.

    Raises:
        TemplateFailed: an action or a comment does not end, or holds what is no word.
    """
    position = 0
    while (left := text.find(_LEFT, position)) >= 0:
        inside = left + len(_LEFT)
        trims = bool(_LEFT_TRIM.match(text, inside))
        before = text[position:left].rstrip(_SPACES) if trims else text[position:left]
        if before:
            yield Token(Kind.TEXT, before, position)
        inside += 2 * trims
        if text.startswith("/*", inside):
            position = _comment_end(text, inside)
        else:
            yield Token(Kind.LEFT, _LEFT, left)
            position = yield from _action(text, inside, left)
    if position < len(text):
        yield Token(Kind.TEXT, text[position:], position)
    yield Token(Kind.END, "", len(text))


def _comment_end(text: str, start: int) -> int:
    end = text.find("*/", start + 2)
    right = _RIGHT.match(text, end + 2) if end >= 0 else None
    if right is None:
        raise TemplateFailed("a comment does not end with `*/}}`", where=place(text, start))
    return right.end()


def _action(text: str, position: int, left: int) -> Generator[Token, None, int]:
    """Yield what is inside of an action and its RIGHT; return where the text goes on."""
    depth = 0
    while not (right := _RIGHT.match(text, position)):
        if position == len(text):
            raise TemplateFailed("an action does not end with `}}`", where=place(text, left))
        token = _word(text, position)
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        if depth < 0:
            raise TemplateFailed("a parenthesis closes none", where=place(text, position))
        yield token
        position += len(token.text)
    if depth:
        raise TemplateFailed("a parenthesis is not closed", where=place(text, left))
    yield Token(Kind.RIGHT, "}}", position)
    return right.end()


def _word(text: str, position: int) -> Token:
    match = _INSIDE.match(text, position)
    found = match[0] if match else ""
    kind = match.lastgroup if match else None
    if kind == "space":
        is_before_trim = text.startswith("-}}", position + len(found))
        return Token(Kind.SPACE, found[:-1] if is_before_trim else found, position)
    if kind == "string":
        return Token(Kind.STRING, found, position)
    if kind == "declare":
        return Token(Kind.DECLARE, found, position)
    if kind in ("number", "rune"):
        _require_end(text, position, found, is_number=kind == "number")
        return Token(Kind.NUMBER, found, position)
    return _name(text, position, found) if found else _single(text, position)


def _require_end(text: str, position: int, found: str, *, is_number: bool) -> None:
    after = text[position + len(found) : position + len(found) + 1]
    if is_number and (_is_letter_or_digit(after) or after in ("+", "-")):
        raise TemplateFailed("this is no number", where=place(text, position))


def _name(text: str, position: int, found: str) -> Token:
    end = position + len(found)
    letters = found.lstrip(".$")
    is_known = letters.isascii() or all(map(_is_letter_or_digit, letters))
    if not _AFTER_WORD.match(text, end) or not is_known:
        raise TemplateFailed("a word holds a character that none has", where=place(text, end))
    if found.startswith("$"):
        return Token(Kind.VARIABLE, found, position)
    default = Kind.FIELD if found.startswith(".") else Kind.WORD
    return Token(_WORDS.get(found, default), found, position)


def _is_letter_or_digit(character: str) -> bool:
    if not character:
        return False
    category = unicodedata.category(character)
    return character == "_" or category[0] == "L" or category == "Nd"


def _single(text: str, position: int) -> Token:
    character = text[position]
    if not (character.isascii() and character.isprintable()):
        raise TemplateFailed("a character that no action holds", where=place(text, position))
    if character in "\"'`:":
        raise TemplateFailed(f"after {character} something is missing", where=place(text, position))
    return Token(_SINGLE.get(character, Kind.CHARACTER), character, position)
