"""Reading a text that needs no YAML library: block mappings of plain texts, as most manifests are.

Owns nothing that compose.py would read differently; whatever might be is left to it, every mistake
included. Start at ``read_plain_lines``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.positions import Position
from gitopskit.manifests.scalars import resolve_plain

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.manifests.source import Source

_LINE: Final = re.compile(
    r"( *)([A-Za-z/][-A-Za-z0-9/._+=]{0,100}):"
    r'(?: (?:([A-Za-z0-9/][-A-Za-z0-9/._+=]*)|"([ !#-\[\]-~]*)"))?\n'
)
"""One field: its margin, a name, and nothing, a plain text, or one in double quotes.

Left out is what an indicator, an escape, a comment or a reader's opinion could make ambiguous.
"""

_MARKER: Final = "---\n"


def read_plain_lines(source: Source) -> list[tuple[JsonValue, Position]] | None:
    """Return what ``compose`` would return, or None for a text that is not that simple."""
    text = source.text if source.text.endswith("\n") else f"{source.text}\n"
    if not text.isascii():
        return None
    reader = _Reader(text, depth=source.limits.depth)
    found: list[tuple[JsonValue, Position]] = []
    while not reader.is_at_end:
        document = reader.document()
        if document is None or len(found) == source.limits.documents:
            return None
        found.append(document)
    return found


class _Reader:
    """Reads one text from its beginning to its end; one use only."""

    __slots__ = ("_depth", "_line", "_offset", "_text")

    def __init__(self, text: str, *, depth: int) -> None:
        self._text = text
        self._depth = depth
        self._offset = 0
        self._line = 1

    @property
    def is_at_end(self) -> bool:
        return self._offset == len(self._text)

    def document(self) -> tuple[JsonObject, Position] | None:
        """Return the next document, or None where it is not simple: empty, or no mapping."""
        if self._text.startswith(_MARKER, self._offset):
            self._offset += len(_MARKER)
            self._line += 1
        position = Position(self._line, 1)
        content = self._fields()
        return (content, position) if content else None

    def _fields(self) -> JsonObject | None:
        """Return the fields up to the next marker, or None where a line is not simple."""
        tree = _Tree(self._depth)
        while not (self.is_at_end or self._text.startswith(_MARKER, self._offset)):
            match = _LINE.match(self._text, self._offset)
            if match is None or not tree.add(*match.groups()):
                return None
            self._offset = match.end()
            self._line += 1
        return tree.root


class _Tree:
    """The mappings of one document that are still open, by their margins."""

    __slots__ = ("_depth", "_margins", "_name", "_open", "root")

    def __init__(self, depth: int) -> None:
        self.root: JsonObject = {}
        self._open: list[JsonObject] = [self.root]
        self._margins = [0]
        self._depth = depth
        self._name = ""

    def add(self, margin: str, name: str, plain: str | None, quoted: str | None) -> bool:
        """Add a field; whether it is a simple one in its place."""
        size = len(margin)
        if size > self._margins[-1] and not self._nest(size):
            return False
        while size < self._margins[-1]:
            self._margins.pop()
            self._open.pop()
        content = self._open[-1]
        value = quoted if plain is None else resolve_plain(plain)
        if size != self._margins[-1] or name in content or not _is_name(name):
            return False
        content[name] = value
        self._name = name if value is None and plain is None else ""
        return type(value) is not float

    def _nest(self, size: int) -> bool:
        """Begin a mapping under the field before, which must have no value of its own."""
        if not self._name or len(self._open) == self._depth:
            return False
        content: JsonObject = {}
        self._open[-1][self._name] = content
        self._open.append(content)
        self._margins.append(size)
        return True


@lru_cache(maxsize=4096)
def _is_name(text: str) -> bool:
    """Whether a name is read as it is written; the same few names make up most of a file."""
    return resolve_plain(text) is text
