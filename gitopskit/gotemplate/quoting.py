"""Texts and characters between quotes, as Go source has them.

Source: pkg.go.dev/strconv, Quote and QuoteToASCII.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.gotemplate.unicode_text import are_printable, is_printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED: Final = dict(zip("\a\b\f\n\r\t\v\\", "abfnrtv\\", strict=True))
_SURROGATES: Final = range(0xD800, 0xE000)
_BYTES: Final = range(0xDC80, 0xDD00)
"""What stands for bytes that are no UTF-8, once they are decoded with ``surrogateescape``."""

_LAST_SHORT: Final = 0xFFFF
_DELETE: Final = 0x7F
_LARGEST_BYTE: Final = 0xFF
_REPLACEMENT: Final = "\ufffd"
_LARGEST_RUNE: Final = 0x10FFFF


def quote(text: bytes, *, is_ascii: bool = False) -> bytes:
    """Return a text between double quotes; with ``is_ascii``, all else is escaped."""
    plain = text.decode(errors="surrogateescape")
    if not is_ascii and are_printable(plain) and '"' not in plain and "\\" not in plain:
        return b'"%b"' % text
    return "".join(['"', *_escaped(plain, '"', is_ascii=is_ascii), '"']).encode()


def quote_rune(code: int, *, is_ascii: bool = False) -> bytes:
    """Return a character between single quotes."""
    return "".join(["'", *_escaped(rune(code), "'", is_ascii=is_ascii), "'"]).encode()


def rune(code: int) -> str:
    """Return the character of a code point, or U+FFFD where there is none."""
    is_valid = 0 <= code <= _LARGEST_RUNE and code not in _SURROGATES
    return chr(code) if is_valid else _REPLACEMENT


def can_backquote(text: bytes) -> bool:
    """Whether a text can stand between backquotes: one line of UTF-8 without controls."""
    plain = text.decode(errors="surrogateescape")
    return not any(
        (character < " " and character != "\t")
        or character in "`\x7f\ufeff"
        or ord(character) in _BYTES
        for character in plain
    )


def _escaped(text: str, mark: str, *, is_ascii: bool) -> Iterator[str]:
    for character in text:
        code = ord(character)
        if character in (mark, "\\"):
            yield "\\" + character
        elif character in _NAMED:
            yield "\\" + _NAMED[character]
        elif (character.isascii() or not is_ascii) and is_printable(character):
            yield character
        else:
            yield _numbered(code)


def _numbered(code: int) -> str:
    if code in _BYTES:
        return f"\\x{code & _LARGEST_BYTE:02x}"
    if code < ord(" ") or code == _DELETE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_SHORT else f"\\U{code:08x}"
