"""Characters as Go's package unicode knows them: white space, letters, and case one by one."""

from __future__ import annotations

import unicodedata
from typing import Final

from gitopskit.errors import TemplateRefused

SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space. Source: pkg.go.dev/unicode, IsSpace."""

_LAST_OF_PLANE: Final = 0xFFFF
_NONCHARACTERS: Final = 0xFFFE
_MORE_NONCHARACTERS: Final = range(0xFDD0, 0xFDF0)
"""Source: Unicode Standard, section 23.7."""


def is_inside_word(character: str) -> bool:
    """Whether a letter after this one is inside of the same word: for title case."""
    if character.isascii():
        return character.isalnum() or character == "_"
    return character not in SPACES


def is_letter_or_digit(character: str) -> bool:
    """Whether it is a letter or a decimal digit of any script."""
    category = unicodedata.category(character)
    return category[0] == "L" or category == "Nd"


def is_printable(character: str) -> bool:
    """Whether Go shows a character as it is: letters, marks, numbers, signs and the plain space.

    Raises:
        TemplateRefused: it is none that this Python knows, while newer versions of Go may.
    """
    if character.isprintable():
        return True
    code = ord(character)
    is_never_assigned = code & _LAST_OF_PLANE >= _NONCHARACTERS or code in _MORE_NONCHARACTERS
    if unicodedata.category(character) == "Cn" and not is_never_assigned:
        raise TemplateRefused("a character newer than this program is not supported here")
    return False


def strip_spaces(text: bytes) -> bytes:
    """Return a text without the white space at its ends."""
    whole = text.decode(errors="surrogateescape").strip(SPACES)
    return whole.encode(errors="surrogateescape")


def upper(text: str) -> str:
    """Return a text in upper case, one character for each; what has no such form stays."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """Return a text in lower case, one character for each."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def title(character: str) -> str:
    """Return one character in title case; what has no such form stays."""
    mapped = character.title()
    return mapped if len(mapped) == 1 else character


def _upper(character: str) -> str:
    mapped = character.upper()
    return mapped if len(mapped) == 1 else title(character)


def _lower(character: str) -> str:
    return character.lower()[0]
