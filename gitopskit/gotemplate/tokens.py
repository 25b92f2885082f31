"""The pieces of a template: texts outside of actions, and words inside.

Trimming of spaces beside a delimiter is done here; nobody after this sees it.

Source: pkg.go.dev/text/template, "Text and spaces".
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate.places import place
from gitopskit.gotemplate.unicode_text import is_letter_or_digit

if TYPE_CHECKING:
    from gitopskit.gotemplate.budget import Budget


class Kind(enum.Enum):
    """What a piece is."""

    TEXT = "text"
    LEFT = "{{"
    RIGHT = "}}"
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


class Token(NamedTuple):
    """One piece, where it begins, in characters, and whether a space stands before it."""

    kind: Kind
    text: str
    offset: int
    follows_space: bool = False


_KEYWORDS: Final = frozenset(
    ["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"]
)
_WORDS: Final = {
    **dict.fromkeys(_KEYWORDS, Kind.KEYWORD),
    "true": Kind.BOOL,
    "false": Kind.BOOL,
    "nil": Kind.NIL,
}

_LEFT: Final = "{{"
_SPACES: Final = " \t\r\n"
_LEFT_TRIM: Final = re.compile(r"-[ \t\r\n]")
_RIGHT: Final = re.compile(r"(?:[ \t\r\n]-\}\}[ \t\r\n]*|\}\})")
_AFTER_WORD: Final = re.compile(r"[ \t\r\n.,|:()]|\}\}|\Z")
_BETWEEN: Final = r"(?:[ \t\r\n](?!-\}\}))*"
_USUAL: Final = re.compile(
    rf"""{_BETWEEN}(?:
      (?P<RIGHT> {_RIGHT.pattern} )
    | (?P<FIELD> \.[A-Za-z_]\w* (?={_AFTER_WORD.pattern}) )
    | (?P<VARIABLE> \$\w* (?={_AFTER_WORD.pattern}) )
    | (?P<WORD> [A-Za-z_]\w* (?={_AFTER_WORD.pattern}) )
    | (?P<STRING> " (?: \\. | [^"\\\n] )* " | ` [^`]* ` )
    | (?P<DECLARE> := ) | (?P<ASSIGN> = ) | (?P<PIPE> \| ) | (?P<OPEN> \( ) | (?P<CLOSE> \) )
    )""",
    re.VERBOSE | re.ASCII,
)
_UNUSUAL: Final = re.compile(
    rf"""{_BETWEEN}(?:
      (?P<number> (?: [+-] | (?=\.?[0-9]) )
        (?: 0[xX] [0-9a-fA-F_]* (?:\.[0-9a-fA-F_]*)? (?:[pP][+-]?[0-9_]*)?
          | 0[oO] [0-7_]* (?:\.[0-7_]*)?
          | 0[bB] [01_]* (?:\.[01_]*)?
          | [0-9_]* (?:\.[0-9_]*)? (?:[eE][+-]?[0-9_]*)?
        ) i? )
    | (?P<rune> ' (?: \\. | [^'\\\n] )* ' )
    | (?P<name> [.$]\w* | \w+ )
    | (?P<other> . )
    )""",
    re.VERBOSE,
)
_KINDS: Final = {name: Kind[name] for name in _USUAL.groupindex}


def tokens(text: str, budget: Budget) -> list[Token]:
    """Return the pieces of a template, an END last; each is a step of the budget.

    Raises:
        TemplateFailed: an action or a comment does not end, or holds what is no word.
        TemplateRefused: a number is complex, or there are too many pieces.
    """
    found: list[Token] = []
    position = 0
    while (left := text.find(_LEFT, position)) >= 0:
        inside = left + len(_LEFT)
        trims = bool(_LEFT_TRIM.match(text, inside))
        before = text[position:left].rstrip(_SPACES) if trims else text[position:left]
        if before:
            found.append(Token(Kind.TEXT, before, position))
        inside += 2 * trims
        if text.startswith("/*", inside):
            budget.step()
            position = _comment_end(text, inside)
        else:
            found.append(Token(Kind.LEFT, _LEFT, left))
            position = _action(text, inside, found, budget)
    if position < len(text):
        found.append(Token(Kind.TEXT, text[position:], position))
    found.append(Token(Kind.END, "", len(text)))
    return found


def _comment_end(text: str, start: int) -> int:
    end = text.find("*/", start + 2)
    right = _RIGHT.match(text, end + 2) if end >= 0 else None
    if right is None:
        raise TemplateFailed("a comment does not end with `*/}}`", where=place(text, start))
    return right.end()


def _action(text: str, begin: int, found: list[Token], budget: Budget) -> int:
    """Add what is inside of an action and its RIGHT; return where the text goes on."""
    position, depth = begin, 0
    left = found[-1].offset
    while match := _USUAL.match(text, position) or _UNUSUAL.match(text, position):
        budget.step()
        token = _token(text, match)
        found.append(token)
        position = match.end()
        if token.kind is Kind.OPEN:
            depth += 1
        elif token.kind is Kind.CLOSE:
            depth -= 1
            if depth < 0:
                raise TemplateFailed("a parenthesis closes none", where=place(text, token.offset))
        elif token.kind is Kind.RIGHT:
            if depth:
                raise TemplateFailed("a parenthesis is not closed", where=place(text, left))
            return position
    raise TemplateFailed("an action does not end with `}}`", where=place(text, left))


def _token(text: str, match: re.Match[str]) -> Token:
    group = match.lastgroup or ""
    word = match[group]
    end = match.end()
    kind = _KINDS.get(group)
    if kind is None:
        kind = _unusual_kind(text, word, end, group=group)
    elif kind is Kind.WORD:
        kind = _WORDS.get(word, kind)
    offset = end - len(word)
    return Token(kind, word, offset, offset > match.start())


def _unusual_kind(text: str, word: str, end: int, *, group: str) -> Kind:
    if group == "name":
        return _name_kind(text, word, end)
    offset = end - len(word)
    if group == "other":
        if not (word.isascii() and word.isprintable()):
            raise TemplateFailed("a character that no action holds", where=place(text, offset))
        if word in "\"'`:":
            raise TemplateFailed(f"after {word} something is missing", where=place(text, offset))
        return Kind.CHARACTER
    after = text[end : end + 1]
    if group == "number" and after in ("+", "-"):
        raise TemplateRefused("complex numbers are not supported", where=place(text, offset))
    if group == "number" and _is_letter_or_digit(after):
        raise TemplateFailed("this is no number", where=place(text, offset))
    return Kind.NUMBER


def _name_kind(text: str, word: str, end: int) -> Kind:
    is_known = word.isascii() or all(map(_is_letter_or_digit, word.lstrip(".$")))
    if not _AFTER_WORD.match(text, end) or not is_known:
        raise TemplateFailed("a word holds a character that none has", where=place(text, end))
    return Kind.DOT if word == "." else _FIRST_LETTERS.get(word[0], Kind.WORD)


_FIRST_LETTERS: Final = {"$": Kind.VARIABLE, ".": Kind.FIELD}


def _is_letter_or_digit(character: str) -> bool:
    return character == "_" or (bool(character) and is_letter_or_digit(character))
