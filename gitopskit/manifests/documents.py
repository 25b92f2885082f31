"""YAML and JSON text to values that know where they are written.

Owns Manifest, the limits' defaults and the choice between YAML and JSON. Scalars follow kubectl
(scalars.py); edits of text are edit.py's, new text is write.py's. Start at ``read_documents``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import MalformedDocument
from gitopskit.manifests.identity import ObjectRef
from gitopskit.manifests.json_stream import NotJson, looks_like_json, read_json_stream
from gitopskit.manifests.plain_lines import read_plain_lines
from gitopskit.manifests.positions import Position
from gitopskit.manifests.source import Limits, Source, open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.manifests.outline import Outline

__all__ = [
    "Document",
    "Limits",
    "Manifest",
    "Position",
    "expand_lists",
    "read_documents",
    "read_value",
    "read_values",
]

_DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of any shape and where it is written.

    ``index`` counts the documents of the text from 0, empty ones included; ``position`` is that
    of the first node. ``path`` is as the caller gave it, ``-`` for standard input.
    """

    content: JsonValue = field(repr=False)  # it may hold a Secret
    path: str
    index: int
    position: Position
    _source: Source | None = field(default=None, repr=False, compare=False)
    _prefix: tuple[str | int, ...] = field(default=(), repr=False, compare=False)

    @property
    def where(self) -> str:
        """Return ``path:line:column`` of the first node."""
        return f"{self.path}:{self.position}"

    def pointer(self, pointer: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """Return the pointer of a part from the root of the document in the text.

        It differs from the given one for an item of a ``List``: the item is not the root.
        """
        return (*self._prefix, *pointer)

    def locate(self, pointer: tuple[str | int, ...]) -> Position:
        """Return where a part is written: its name in a mapping, itself in a list.

        What is not written out (defaults, merged and aliased values) is at its nearest ancestor.
        """
        if self._source is None or not (pointer or self._prefix):
            return self.position
        return self._source.locate(self.index, self.pointer(pointer)) or self.position

    def where_of(self, pointer: tuple[str | int, ...]) -> str:
        """Return ``path:line:column`` of a part, as ``locate`` finds it."""
        return f"{self.path}:{self.locate(pointer)}"

    def position_of(self, offset: int) -> Position:
        """Return the position of an offset in the text, as the outline tells it."""
        return self.position if self._source is None else self._source.lines.at(offset)

    def is_written_in(self, text: str) -> bool:
        """Whether this is a whole document that was read from a text of these very characters."""
        return self._source is not None and not self._prefix and self._source.text == text

    def outline(self) -> Outline | None:
        """Return what is written where in this document, or None where that cannot be told."""
        return None if self._source is None else self._source.outline(self.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Document):
    """One Kubernetes object, or any other mapping, and where it is written."""

    content: JsonObject = field(repr=False)

    @property
    def ref(self) -> ObjectRef:
        """Which object it is."""
        return ObjectRef.of(self.content)

    @property
    def api_version(self) -> str:
        """The apiVersion, or an empty string."""
        return _text(self.content.get("apiVersion"))

    @property
    def kind(self) -> str:
        """The kind, or an empty string."""
        return _text(self.content.get("kind"))

    @property
    def name(self) -> str:
        """The name, or an empty string."""
        return _text(self._metadata.get("name"))

    @property
    def namespace(self) -> str:
        """The namespace, or an empty string."""
        return _text(self._metadata.get("namespace"))

    @property
    def _metadata(self) -> JsonObject:
        metadata = self.content.get("metadata")
        return metadata if isinstance(metadata, dict) else {}


def read_documents(
    text: str | bytes, *, path: str, limits: Limits = _DEFAULT_LIMITS
) -> tuple[Manifest, ...]:
    """Return the mappings of a text of many YAML documents or JSON values; empty ones are skipped.

    A ``List`` is one mapping here; ``expand_lists`` takes it apart.

    Raises:
        MalformedDocument: the text cannot be read, breaks a limit, or holds something else than
            mappings; ``where`` is ``path:line:col``.
    """
    return tuple(map(as_manifest, read_values(text, path=path, limits=limits)))


def read_values(
    text: str | bytes, *, path: str, limits: Limits = _DEFAULT_LIMITS
) -> tuple[Document, ...]:
    """Return the documents of a text, whatever their shape; empty ones are skipped.

    Raises:
        MalformedDocument: the text cannot be read, or breaks a limit.
    """
    source = open_source(text, path=path, limits=limits)
    return tuple(
        Document(
            content=content,
            path=path,
            index=index,
            position=position,
            _source=source,
        )
        for index, (content, position) in enumerate(_read(source))
        if content is not None
    )


def read_value(text: str | bytes, *, path: str, limits: Limits = _DEFAULT_LIMITS) -> JsonValue:
    """Return the only document of a text, whatever its shape; None if there is none.

    Raises:
        MalformedDocument: the text cannot be read, breaks a limit, or has several documents.
    """
    documents = read_values(text, path=path, limits=limits)
    if len(documents) > 1:
        raise MalformedDocument("only one document is expected here", where=documents[1].where)
    return documents[0].content if documents else None


def as_manifest(document: Document) -> Manifest:
    """Return a document that is a mapping as a manifest.

    Raises:
        MalformedDocument: it is something else.
    """
    if not isinstance(document.content, dict):
        raise MalformedDocument(
            f"a manifest is a mapping, this is a {_shape(document.content)}", where=document.where
        )
    return Manifest(
        content=document.content,
        path=document.path,
        index=document.index,
        position=document.position,
        _source=document._source,  # noqa: SLF001 -- the same class, one level up
        _prefix=document._prefix,  # noqa: SLF001 -- the same class, one level up
    )


def expand_lists(manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """Return the manifests with the items of each ``List`` in its place.

    Raises:
        MalformedDocument: an item is not a mapping.
    """
    return tuple(item for manifest in manifests for item in _expand(manifest))


def _expand(manifest: Manifest) -> Iterator[Manifest]:
    items = manifest.content.get("items")
    if not manifest.kind.endswith("List") or not isinstance(items, list):
        yield manifest
        return
    for number, item in enumerate(items):
        pointer = ("items", number)
        position = manifest.locate(pointer)
        part = replace(manifest, content=item, position=position, _prefix=manifest.pointer(pointer))
        yield from _expand(as_manifest(part))


def _read(source: Source) -> list[tuple[JsonValue, Position]]:
    if not looks_like_json(source.text):
        return read_plain_lines(source) or _compose(source)
    try:
        return read_json_stream(source)
    except NotJson as error:
        not_json = source.malformed(str(error), offset=error.offset)
    try:
        return _compose(source)
    except MalformedDocument as not_yaml:
        raise max(not_json, not_yaml, key=_place) from None


def _compose(source: Source) -> list[tuple[JsonValue, Position]]:
    from gitopskit.manifests.compose import compose  # noqa: PLC0415 -- PyYAML takes 12 ms

    return compose(source)


def _place(error: MalformedDocument) -> tuple[int, ...]:
    return tuple(int(part) for part in error.where.rsplit(":", 2)[1:])


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _shape(value: JsonValue) -> str:
    return "list" if isinstance(value, list) else "single value"
