"""YAML events to plain values, by kubectl's rules and within limits.

Owns merge keys, aliases, duplicate names and the budget of nodes. Scalars are scalars.py's.
Start at ``compose``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.events import (
    ALIAS,
    DOCUMENT_START,
    MAPPING_END,
    MAPPING_START,
    SCALAR,
    SEQUENCE_END,
    STREAM_END,
    UnreadableText,
    events_of,
    explain,
    is_merge,
)
from gitopskit.manifests.scalars import ScalarError, resolve, resolve_key, resolve_plain
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from gitopskit.errors import MalformedDocument
    from gitopskit.manifests.events import Event
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.manifests.positions import Position
    from gitopskit.manifests.source import Source

_UNFINISHED: Final = object()
"""What an anchor stands for until its node has ended."""

_LONGEST_NAME: Final = 80
_HINT: Final = "check quotes, brackets and indentation, here and on the line before"


def compose(source: Source) -> list[tuple[JsonValue, Position]]:
    """Return the documents of a YAML text, each with the position of its first node.

    Raises:
        MalformedDocument: the text cannot be read, names a field twice, or breaks a limit.
    """
    composer = _Composer(source)
    try:
        return composer.documents()
    except UnreadableText as error:
        what, offset = explain(error, source.text, source.lines)
        is_tab = source.text[offset : offset + 1] == "\t"
        hint = "indent with spaces" if is_tab else _HINT
        raise source.malformed(what, offset=offset, hint=hint) from error


class _Composer:
    """Builds the values of one text; one use only."""

    __slots__ = ("_anchors", "_budget", "_limits", "_next", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._limits = source.limits
        self._budget = source.limits.aliases
        self._next = events_of(source.text)
        self._anchors: dict[str, JsonValue] = {}

    def documents(self) -> list[tuple[JsonValue, Position]]:
        found: list[tuple[JsonValue, Position]] = []
        while type(event := self._next()) is not STREAM_END:
            if type(event) is not DOCUMENT_START:
                continue
            first = self._next()
            if len(found) == self._limits.documents:
                raise self._malformed(f"more than {self._limits.documents} documents", first)
            self._anchors = {}
            value = self._node(first, 1)
            found.append((value, self._source.lines.at_mark(first.start_mark)))
        return found

    def _node(self, event: Event, depth: int) -> JsonValue:
        kind = type(event)
        if kind is SCALAR:
            value = event.value if event.style and event.tag is None else self._scalar(event)
        elif kind is ALIAS:
            return self._expand(event, depth)
        elif depth > self._limits.depth:
            raise self._malformed(f"more than {self._limits.depth} levels of nesting", event)
        else:
            if event.anchor is not None:
                self._anchors[event.anchor] = _UNFINISHED
            is_mapping = kind is MAPPING_START
            value = self._mapping(depth) if is_mapping else self._sequence(depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _scalar(self, event: Event) -> JsonValue:
        if event.tag is None:
            value = resolve_plain(event.value)
            if type(value) is not float:
                return value
        try:
            return resolve(event.value, tag=event.tag, is_plain=not event.style)
        except ScalarError as error:
            raise self._malformed(str(error), event) from error

    def _sequence(self, depth: int) -> list[JsonValue]:
        items = []
        while type(event := self._next()) is not SEQUENCE_END:
            items.append(self._node(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> JsonObject:
        content: JsonObject = {}
        written: set[str] | None = None
        while type(event := self._next()) is not MAPPING_END:
            if is_merge(event):
                written = set(content) if written is None else written
                self._merge(content, self._next(), depth)
                continue
            name = self._name(event)
            if name in (content if written is None else written):
                shown = scrub(name, limit=_LONGEST_NAME)
                raise self._malformed(f'the field "{shown}" is there twice', event)
            content[name] = self._node(self._next(), depth + 1)
            if written is not None:
                written.add(name)
        return content

    def _name(self, event: Event) -> str:
        if type(event) is not SCALAR:
            raise self._malformed("only a scalar can name a field", event)
        if event.tag is None and event.style:
            return event.value
        try:
            if event.tag is None:
                return _plain_name(event.value)
            return resolve_key(event.value, tag=event.tag, is_plain=not event.style)
        except ScalarError as error:
            raise self._malformed(str(error), event) from error

    def _merge(self, content: JsonObject, event: Event, depth: int) -> None:
        """Add the fields of ``<<``; they win over what is written before it, as in kubectl."""
        value = self._node(event, depth + 1)
        is_list = isinstance(value, list) and type(event) is not ALIAS
        mappings = value if is_list else [value]
        if not all(isinstance(mapping, dict) for mapping in mappings):
            raise self._malformed("<< takes a mapping or a list of mappings", event)
        for mapping in reversed(mappings):
            content.update(mapping)

    def _expand(self, event: Event, depth: int) -> JsonValue:
        if event.anchor not in self._anchors:
            raise self._malformed("there is no anchor of this name before", event)
        value = self._anchors[event.anchor]
        if value is _UNFINISHED:
            raise self._malformed("an anchor contains itself", event)
        return self._copy(value, event, depth)

    def _copy(self, value: JsonValue, event: Event, depth: int) -> JsonValue:
        self._budget -= 1
        if self._budget < 0:
            limit = self._limits.aliases
            raise self._malformed(f"the aliases stand for more than {limit} values", event)
        if not isinstance(value, dict | list):
            return value
        if depth > self._limits.depth:
            raise self._malformed(f"more than {self._limits.depth} levels of nesting", event)
        if isinstance(value, list):
            return [self._copy(item, event, depth + 1) for item in value]
        return {name: self._copy(item, event, depth + 1) for name, item in value.items()}

    def _malformed(self, what: str, event: Event) -> MalformedDocument:
        offset = self._source.lines.offset(event.start_mark)
        return self._source.malformed(what, offset=offset)


@lru_cache(maxsize=4096)
def _plain_name(text: str) -> str:
    """Return the name that an unquoted scalar gives; the same few names make up most of a file."""
    return resolve_key(text, tag=None, is_plain=True)
