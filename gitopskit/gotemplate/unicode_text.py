"""Characters as Go's package unicode knows them: white space, letters, and case one by one.

Go knows those of Unicode 15.0. Python's newer versions know more, which are taken for unknown here,
so that a template comes to the same bytes with every Python.
"""

from __future__ import annotations

import re
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

_LATER: Final = re.compile(
    r"["
    r"\u088f\u0897\u0c5c\u0cdc\u1acf-\u1add\u1ae0-\u1aeb\u1b4e-\u1b4f\u1b7f\u1c89-\u1c8a\u20c1"
    r"\u2427-\u2429\u2b96\u2ffc-\u2fff\u31e4-\u31e5\u31ef\ua7cb-\ua7cf\ua7d2\ua7d4"
    r"\ua7da-\ua7dc\ua7f1\ufbc3-\ufbd2\ufd90-\ufd91\ufdc8-\ufdce\U000105c0-\U000105f3"
    r"\U00010940-\U00010959\U00010d40-\U00010d65\U00010d69-\U00010d85\U00010d8e-\U00010d8f"
    r"\U00010ec2-\U00010ec7\U00010ed0-\U00010ed8\U00010efa-\U00010efc\U00011380-\U00011389"
    r"\U0001138b\U0001138e\U00011390-\U000113b5\U000113b7-\U000113c0\U000113c2\U000113c5"
    r"\U000113c7-\U000113ca\U000113cc-\U000113d5\U000113d7-\U000113d8\U000113e1-\U000113e2"
    r"\U000116d0-\U000116e3\U00011b60-\U00011b67\U00011bc0-\U00011be1\U00011bf0-\U00011bf9"
    r"\U00011db0-\U00011ddb\U00011de0-\U00011de9\U00011f5a\U00013460-\U000143fa"
    r"\U00016100-\U00016139\U00016d40-\U00016d79\U00016ea0-\U00016eb8\U00016ebb-\U00016ed3"
    r"\U00016ff2-\U00016ff6\U000187f8-\U000187ff\U00018cff\U00018d09-\U00018d1e"
    r"\U00018d80-\U00018df2\U0001cc00-\U0001ccfc\U0001cd00-\U0001ceb3\U0001ceba-\U0001ced0"
    r"\U0001cee0-\U0001cef0\U0001e5d0-\U0001e5fa\U0001e5ff\U0001e6c0-\U0001e6de"
    r"\U0001e6e0-\U0001e6f5\U0001e6fe-\U0001e6ff\U0001f6d8\U0001f777-\U0001f77a"
    r"\U0001f8b2-\U0001f8bb\U0001f8c0-\U0001f8c1\U0001f8d0-\U0001f8d8\U0001fa54-\U0001fa57"
    r"\U0001fa89-\U0001fa8a\U0001fa8e-\U0001fa8f\U0001fabe\U0001fac6\U0001fac8\U0001facd"
    r"\U0001fadc\U0001fadf\U0001fae9-\U0001faea\U0001faef\U0001fbcb-\U0001fbef\U0001fbfa"
    r"\U0002b73a-\U0002b73f\U0002cea2-\U0002cead\U0002ebf0-\U0002ee5d\U000323b0-\U00033479"
    r"]"
)
"""What came after Go's tables. Source: Unicode Character Database 17.0.0, DerivedAge, 15.1 on."""


def is_inside_word(character: str) -> bool:
    """Whether a letter after this one is inside of the same word: for title case."""
    if character.isascii():
        return character.isalnum() or character == "_"
    return character not in SPACES


def is_letter_or_digit(character: str) -> bool:
    """Whether it is a letter or a decimal digit of any script."""
    category = unicodedata.category(character)
    return (category[0] == "L" or category == "Nd") and not _LATER.match(character)


def are_printable(text: str) -> bool:
    """Whether Python and Go show every character of a text as it is."""
    return text.isprintable() and (text.isascii() or not _LATER.search(text))


def is_printable(character: str) -> bool:
    """Whether Go shows a character as it is: letters, marks, numbers, signs and the plain space.

    Raises:
        TemplateRefused: it is none that this Python or Go knows, while newer versions may.
    """
    if are_printable(character):
        return True
    code = ord(character)
    is_never_assigned = code & _LAST_OF_PLANE >= _NONCHARACTERS or code in _MORE_NONCHARACTERS
    is_unknown = unicodedata.category(character) == "Cn" or _LATER.match(character)
    if is_unknown and not is_never_assigned:
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
    return _known(mapped, character) if len(mapped) == 1 else character


def _upper(character: str) -> str:
    mapped = character.upper()
    return _known(mapped, character) if len(mapped) == 1 else title(character)


def _lower(character: str) -> str:
    return _known(character.lower()[0], character)


def _known(mapped: str, character: str) -> str:
    """Return the other form of a character, or itself where Go does not know that form."""
    return character if _LATER.match(mapped) else mapped
