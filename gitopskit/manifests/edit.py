"""Changes, inserts and removes values of a YAML or JSON text and leaves every other byte alone.

Owns the proof: each result is read again and compared with what the edits must give. A shape that
splice.py cannot handle is refused, never guessed. Start at ``apply_edits``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.manifests.changes import REMOVED, Edit, ImpossibleChange, Pointer, change_of
from gitopskit.manifests.documents import read_values
from gitopskit.manifests.pieces import LINE_BREAKS, Piece, join_pieces
from gitopskit.manifests.splice import Splicer, Unspliceable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitopskit.manifests.changes import Change
    from gitopskit.manifests.documents import Document
    from gitopskit.manifests.json_types import JsonValue

__all__ = ["REMOVED", "Edit", "Pointer", "apply_edits", "remove_value", "set_value"]

_TEXT: Final = "text"
_LAST_LINE_BREAK: Final = re.compile(r"(?:\r\n|\r|\n)\Z")


class _Unproven(Exception):
    """The edited text does not say what it should."""


def apply_edits(
    text: str,
    edits: Sequence[Edit],
    *,
    path: str = _TEXT,
    documents: Sequence[Document] | None = None,
) -> str:
    """Return the text with all edits made, and every other byte as it was.

    Missing mappings on the way are made; an index equal to the length of a list appends. New
    fields of one mapping keep the order of the edits. Comments, quotes, block scalars, anchors,
    line ends and the style of the surroundings stay; the comment on the line of a removed field
    goes with it. ``path`` is what errors call the text. ``documents`` are what ``read_values`` or
    ``read_documents`` gave for this very text, all of them; without them it is read here.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: there is no such document, parent or value, two edits are about the same
            value, the place is behind an alias or a merge, an alias refers to it, or it is in a
            shape that cannot be edited in place.
        ValueError: the documents are not from this text.
    """
    if documents is None:
        documents = read_values(text, path=path)
    elif not all(document.is_written_in(text) for document in documents):
        raise ValueError("the documents are not those of the text")
    batch = _Batch(text, documents, path=path)
    try:
        return batch.edited(edits)
    except _Unproven as error:
        raise batch.explain(batch.first_unproven(edits)) from error


def set_value(
    text: str, *, document: int, pointer: Pointer, value: JsonValue, path: str = _TEXT
) -> str:
    """Return the text with one value replaced or added, as ``apply_edits`` does it.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: there is no such document or parent, or the place cannot be edited.
    """
    return apply_edits(text, [Edit(document=document, pointer=pointer, value=value)], path=path)


def remove_value(text: str, *, document: int, pointer: Pointer, path: str = _TEXT) -> str:
    """Return the text without one field or item, as ``apply_edits`` does it.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: there is no such document or value, or the place cannot be edited.
    """
    return set_value(text, document=document, pointer=pointer, value=REMOVED, path=path)


class _Batch:
    """Edits of one text; the documents are all that it has."""

    def __init__(self, text: str, documents: Sequence[Document], *, path: str) -> None:
        self._text = text
        self._path = path
        self._documents = {document.index: document for document in documents}
        self._splicer = Splicer(text)

    def edited(self, edits: Sequence[Edit]) -> str:
        """Return the edited text.

        Raises:
            InputError: an edit is impossible or refused.
            _Unproven: the edits together do not give what they should.
        """
        expected = {index: document.content for index, document in self._documents.items()}
        pieces: list[Piece] = []
        for document, group in self._by_document(edits):
            try:
                change = change_of(group)
                expected[document.index] = change.applied(document.content)
            except ImpossibleChange as error:
                where = _where(document, error.pointer)
                raise InputError(error.what, where=where) from error
            pieces += self._pieces(document, change)
        wanted = [content for content in expected.values() if content is not None]
        for text in self._candidates(pieces):
            if self._says(text, wanted):
                return text
        raise _Unproven

    def first_unproven(self, edits: Sequence[Edit]) -> Edit:
        """Return the edit with which the edits begin to fail, of edits that do."""
        proven, failing = 0, len(edits)
        while failing - proven > 1:
            middle = (proven + failing) // 2
            try:
                self.edited(edits[:middle])
            except (InputError, _Unproven):
                failing = middle
            else:
                proven = middle
        return edits[failing - 1]

    def explain(self, edit: Edit) -> InputError:
        """Return why an edit fails that nothing forbids: most often what it means elsewhere."""
        document = self._documents[edit.document]
        outline = document.outline()
        touched = [] if outline is None else list(outline.along(edit.pointer))
        anchored = {node.start for node in touched if node.anchor and node.kind != "alias"}
        alias = None if outline is None else outline.first_alias_of(anchored)
        if alias is not None:
            return InputError(
                f"the alias *{alias.anchor} at {document.position_of(alias.start)} refers to this "
                "value and would change with it",
                where=_where(document, edit.pointer),
                hint="write the value out in place of the alias, or edit the file by hand",
            )
        if any(entry.is_merge for node in touched for entry in node.entries):
            return _elsewhere(document, edit.pointer)
        return _refused(document, edit.pointer)

    def _by_document(self, edits: Sequence[Edit]) -> Iterator[tuple[Document, list[Edit]]]:
        groups: dict[int, list[Edit]] = {}
        for edit in edits:
            groups.setdefault(edit.document, []).append(edit)
        for index, group in groups.items():
            if index not in self._documents:
                raise InputError(f"there is no document number {index + 1}", where=self._path)
            yield self._documents[index], group

    def _pieces(self, document: Document, change: Change) -> list[Piece]:
        outline = document.outline()
        if outline is None:
            raise _refused(document, change.pointer)
        try:
            return self._splicer.pieces(outline, document.content, change)
        except Unspliceable as error:
            refused = _elsewhere if error.is_elsewhere else _refused
            raise refused(document, error.pointer) from error

    def _candidates(self, pieces: Sequence[Piece]) -> Iterator[str]:
        """Give the texts that the pieces may make: as it ended before, or as the values need it."""
        try:
            edited = join_pieces(self._text, pieces)
        except ValueError:
            return
        if self._text.endswith(LINE_BREAKS):
            yield edited
        else:
            yield from (_LAST_LINE_BREAK.sub("", edited), edited, edited + self._splicer.newline)

    def _says(self, text: str, wanted: Sequence[JsonValue]) -> bool:
        try:
            documents = read_values(text, path=self._path)
        except MalformedDocument:
            return False
        return _is_same([document.content for document in documents], wanted)


def _is_same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are equal, and true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _where(document: Document, pointer: Pointer) -> str:
    return f"{document.path}:{document.locate(pointer)}"


def _elsewhere(document: Document, pointer: Pointer) -> InputError:
    return InputError(
        "a value behind an anchor, an alias or << cannot be edited in place",
        where=_where(document, pointer),
        hint="write the value out, or edit the file by hand",
    )


def _refused(document: Document, pointer: Pointer) -> InputError:
    return InputError(
        "this place cannot be edited without touching its surroundings",
        where=_where(document, pointer),
        hint="edit the file by hand",
    )
