"""Edits of arbitrary text: exactly that value changes, or the edit is refused.

The first byte chooses how many edits there are; four bytes for each choose what is done, in which
document, where, and with which value. The rest is the text.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.manifests.documents import read_values
from gitopskit.manifests.edit import REMOVED, Edit, apply_edits
from tests.fuzz.judgement import is_same, require_told, some_pointers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.documents import Document
    from gitopskit.manifests.edit import Pointer
    from gitopskit.manifests.json_types import JsonValue

_MOST_EDITS: Final = 3
_CHOICES: Final = 4
_CHILDREN: Final = (None, "new", "two words", 0, 1)
_VALUES: Final[tuple[Any, ...]] = (
    "word",
    "",
    "two words: # 'and' \"more\"",
    "one\ntwo\n",
    "  indented\n\ttab\n\n",
    "yes",
    "0x1F",
    7,
    -0.5,
    True,
    None,
    {},
    [],
    {"a": {"b": "c"}, "": []},
    ["x", ["y", {"z": "\u00e9\u2028\U0001f600"}]],
)


def check(data: bytes) -> None:
    """Raise where an edit changes another value, or fails with another error than its own."""
    end = 1 + _CHOICES * (data[0] % _MOST_EDITS + 1) if data else 0
    text = data[end:].decode(errors="replace")
    try:
        documents = read_values(text, path="text")
    except MalformedDocument:
        return
    if documents and len(data) >= end:
        choices = [data[at : at + _CHOICES] for at in range(1, end, _CHOICES)]
        _check_edits(text, documents, [_edit(documents, each) for each in choices])


def _edit(documents: Sequence[Document], choices: bytes) -> Edit:
    action, document, place, number = choices
    found = documents[document % len(documents)]
    pointers = some_pointers(found.content)
    pointer = pointers[place % len(pointers)]
    if action % 2:
        return Edit(document=found.index, pointer=pointer, value=REMOVED)
    child = _CHILDREN[action // 2 % len(_CHILDREN)]
    pointer = pointer if child is None else (*pointer, child)
    return Edit(document=found.index, pointer=pointer, value=_VALUES[number % len(_VALUES)])


def _check_edits(text: str, documents: Sequence[Document], edits: Sequence[Edit]) -> None:
    try:
        edited = apply_edits(text, edits, path="text", documents=documents)
    except InputError as error:
        require_told(error)
        return
    wanted = [_edited(document, edits) for document in documents]
    after = [document.content for document in read_values(edited, path="text")]
    # Without order: what an edit takes from an anchor may come to a mapping by another merge.
    assert is_same([each for each in wanted if each is not None], after, in_order=False)
    _require_around(edited, text, documents, {edit.document for edit in edits})


def _edited(document: Document, edits: Sequence[Edit]) -> JsonValue:
    """Return what a document must be; the indexes of removed items are those before any edit."""
    content = copy.deepcopy(document.content)
    own = [edit for edit in edits if edit.document == document.index]
    for edit in own:
        if edit.value is not REMOVED:
            content = _with(content, edit.pointer, edit.value)
    removed = [edit.pointer for edit in own if edit.value is REMOVED]
    for pointer in sorted(removed, reverse=True):  # so that the later items of a list go first
        parent = content
        for part in pointer[:-1]:
            parent = parent[part]
        del parent[pointer[-1]]
    return content


def _with(content: JsonValue, pointer: Pointer, value: JsonValue) -> JsonValue:
    if not pointer:
        return copy.deepcopy(value)
    copied, part = copy.copy({} if content is None else content), pointer[0]
    if isinstance(copied, list) and part == len(copied):
        copied.append(None)
    old = copied.get(part) if isinstance(copied, dict) else copied[part]
    copied[part] = _with(old, pointer[1:], value)
    return copied


def _require_around(
    edited: str, text: str, documents: Sequence[Document], changed: set[int]
) -> None:
    """Fail unless what is before the first changed document and after the last is as it was."""
    numbers = [number for number, each in enumerate(documents) if each.index in changed]
    (start,) = _starts(documents[numbers[0] : numbers[0] + 1])
    after = _starts(documents[numbers[-1] + 1 :])
    assert edited.startswith(text[:start].rstrip(" \t"))
    assert edited.endswith(text[after[0] :] if after else "")


def _starts(documents: Sequence[Document]) -> list[int]:
    """Return where documents begin; JSON that YAML cannot read does not tell."""
    outlines = [document.outline() for document in documents]
    return [outline.start for outline in outlines if outline is not None]
