"""What is written where: a document's nodes with the offsets of their text, nothing expanded.

Owns libyaml's events as a tree of spans, for error positions and for edits. Values are not
resolved (compose.py does that); only the names of fields are. Offsets count characters from the
beginning of the whole text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.manifests.events import (
    ALIAS,
    DOCUMENT_START,
    MAPPING_END,
    MAPPING_START,
    SCALAR,
    SEQUENCE_END,
    SEQUENCE_START,
    STREAM_END,
    Event,
    UnreadableText,
    events_of,
    is_merge,
)
from gitopskit.manifests.positions import LineIndex, Mark
from gitopskit.manifests.scalars import ScalarError, resolve_key

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""JSON writes characters beyond U+FFFF as two of these; libyaml refuses them."""

_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ud800-\udfff]|[\ufffe\uffff]"
)
"""What libyaml refuses and JSON allows inside strings; one set of them all takes 6 ms to compile.

Source: YAML 1.1, c-printable.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One node: its kind, the span of its text, and its children.

    ``style`` is a scalar's quote or block sign, and ``{`` or ``[`` of a collection in flow style;
    empty otherwise. The span begins at the anchor or the tag, and that of a block collection ends
    where the next token begins. ``anchor`` is the name that an alias uses for it, of an alias the
    name that it uses; empty without one.
    """

    kind: Literal["scalar", "mapping", "sequence", "alias"]
    start: int
    end: int
    style: str = ""
    anchor: str = ""
    tag: str | None = None
    entries: tuple[Entry, ...] = ()
    items: tuple[Outline, ...] = ()

    def find(self, part: str | int) -> Entry | Outline | None:
        """Return the entry or the item of that name or index, as written here."""
        if isinstance(part, str):
            named = [entry for entry in self.entries if entry.name == part]
            return named[-1] if named else None
        return self.items[part] if 0 <= part < len(self.items) else None

    def locate(self, pointer: Sequence[str | int]) -> int:
        """Return the offset of the deepest part of a pointer: of a field's name, of an item."""
        node, offset = self, self.start
        for part in pointer:
            found = node.find(part)
            if found is None:
                break
            offset = found.start
            node = found.value if isinstance(found, Entry) else found
        return offset

    def along(self, pointer: Sequence[str | int]) -> Iterator[Outline]:
        """Give the nodes on the way to a part, as far as it is written here, and all of that."""
        node = self
        for part in pointer:
            yield node
            found = node.find(part)
            if found is None:
                return
            node = found.value if isinstance(found, Entry) else found
        yield from node.nodes()

    def nodes(self) -> Iterator[Outline]:
        """Give this node and all below it, names of fields included, in the order of the text."""
        yield self
        for entry in self.entries:
            yield from entry.key.nodes()
            yield from entry.value.nodes()
        for item in self.items:
            yield from item.nodes()

    def first_alias_of(self, starts: Container[int]) -> Outline | None:
        """Return the first alias that stands for one of the nodes that begin at these offsets."""
        anchors: dict[str, int] = {}
        for node in self.nodes():
            if node.kind == "alias" and anchors.get(node.anchor) in starts:
                return node
            if node.kind != "alias" and node.anchor:
                anchors[node.anchor] = node.start
        return None

    def first_repeated(self) -> Entry | None:
        """Return the first field whose name its mapping has had before."""
        names: set[str] = set()
        for entry in self.entries:
            if entry.name in names:
                return entry
            names.update((entry.name,) if entry.name is not None else ())
        children = (*(entry.value for entry in self.entries), *self.items)
        return next(filter(None, (child.first_repeated() for child in children)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field of a mapping; ``name`` is None for ``<<`` and for what cannot be a name."""

    name: str | None
    is_merge: bool = False
    key: Outline
    value: Outline

    @property
    def start(self) -> int:
        """The offset of the field's name."""
        return self.key.start


class _TooDeep(Exception):
    """More levels than the limit."""


def read_outlines(text: str, start: int, *, depth: int) -> list[Outline | None]:
    """Return the outline of each document of a text that begins at ``start`` of a larger one.

    A text that libyaml cannot read, or that is nested too deeply, gives what was read before the
    fault and then None.
    """
    readable = _UNPRINTABLE.sub("?", _SURROGATE.sub("?" * 6, text))
    reader = _Reader(readable, start, depth=depth)
    outlines: list[Outline | None] = []
    try:
        while (outline := reader.next_document()) is not None:
            outlines.append(outline)
    except (UnreadableText, _TooDeep):
        outlines.append(None)
    return outlines


class _Reader:
    """Builds outlines from the events of one text."""

    def __init__(self, text: str, start: int, *, depth: int) -> None:
        self._next = events_of(text)
        self._lines = LineIndex(text)
        self._start = start
        self._depth = depth

    def next_document(self) -> Outline | None:
        kind = None
        while kind not in (DOCUMENT_START, STREAM_END):
            kind = type(self._next())
        return self._node(self._next(), 0) if kind is DOCUMENT_START else None

    def _node(self, event: Event, depth: int) -> Outline:
        if depth > self._depth:
            raise _TooDeep
        kind = type(event)
        if kind is MAPPING_START:
            return self._mapping(event, depth)
        if kind is SEQUENCE_START:
            return self._sequence(event, depth)
        is_alias = kind is ALIAS
        return Outline(
            kind="alias" if is_alias else "scalar",
            start=self._offset(event.start_mark),
            end=self._offset(event.end_mark),
            style="" if is_alias else event.style or "",
            anchor=event.anchor or "",
            tag=None if is_alias else event.tag,
        )

    def _mapping(self, event: Event, depth: int) -> Outline:
        entries = []
        while type(key_event := self._next()) is not MAPPING_END:
            key = self._node(key_event, depth + 1)
            value = self._node(self._next(), depth + 1)
            entries.append(
                Entry(name=_name(key_event), is_merge=is_merge(key_event), key=key, value=value)
            )
        return Outline(
            kind="mapping",
            start=self._offset(event.start_mark),
            end=self._offset(key_event.end_mark),
            style="{" if event.flow_style else "",
            anchor=event.anchor or "",
            tag=event.tag,
            entries=tuple(entries),
        )

    def _sequence(self, event: Event, depth: int) -> Outline:
        items = []
        while type(item := self._next()) is not SEQUENCE_END:
            items.append(self._node(item, depth + 1))
        return Outline(
            kind="sequence",
            start=self._offset(event.start_mark),
            end=self._offset(item.end_mark),
            style="[" if event.flow_style else "",
            anchor=event.anchor or "",
            tag=event.tag,
            items=tuple(items),
        )

    def _offset(self, mark: Mark) -> int:
        return self._start + self._lines.offset(mark)


def _name(event: Event) -> str | None:
    if type(event) is not SCALAR or is_merge(event):
        return None
    try:
        return resolve_key(event.value, tag=event.tag, is_plain=not event.style)
    except ScalarError:
        return None
