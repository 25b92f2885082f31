"""Which bytes may hold a word as YAML or JSON, told before anything is parsed.

Pure. Most files of a tree are neither, and parsing all of them would take minutes.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

SEALED: Final = b"SealedSecret"
ITEMS: Final = b"encryptedData"

_SPELLED_OTHERWISE: Final = (
    re.compile(rb"\\(?:(?:x|u00|U000000)[4-7]|\r|\n|\xc2\x85|\xe2\x80[\xa8\xa9])"),
    re.compile(rb"!(?:!(?:b|%62)|<)"),
    re.compile(rb"%TAG"),
)
"""An escaped ASCII letter, an escaped line break, which a double-quoted string drops, or a tag
that may be ``!!binary``, behind which a text is in base64.

Each begins with a fixed character, without which the search takes twice as long.
Source: YAML 1.2 sections 5.7, 6.9.1 and 7.3.1, yaml.org/type/binary, RFC 8259 section 7.
"""

_ENCODINGS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks of encodings that others read YAML in. Source: YAML 1.2 section 5.2."""


def in_utf8(data: bytes) -> bytes:
    """Return a text in UTF-8, whatever encoding its byte order mark announces."""
    for mark, encoding in _ENCODINGS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").encode(errors="replace")
    return data


def mentions(data: bytes, word: bytes) -> bool:
    """Whether a word is written out in a text."""
    return word in in_utf8(data)


def may_spell(data: bytes, *words: bytes) -> bool:
    """Whether one of some ASCII words may be in a text: written out or otherwise."""
    text = in_utf8(data)
    return any(word in text for word in words) or any(
        pattern.search(text) for pattern in _SPELLED_OTHERWISE
    )
