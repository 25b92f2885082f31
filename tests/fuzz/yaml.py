"""YAML and JSON: documents that can be located and written again, or a refusal with a place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import MalformedDocument
from gitopskit.manifests.documents import as_manifest, expand_lists, read_value, read_values
from gitopskit.manifests.write import dump_documents, dump_json
from tests.fuzz.judgement import is_same, require_told, some_pointers

if TYPE_CHECKING:
    from gitopskit.manifests.documents import Document

_PLACE: Final = re.compile(r"text(:[1-9]\d*:[1-9]\d*)?")


def check(data: bytes) -> None:
    """Raise where reading fails with another error, or a value does not survive being written."""
    try:
        documents = read_values(data, path="text")
    except MalformedDocument as error:
        _require_place(error)
        return
    for document in documents:
        _check_places(document)
        _check_lists(document)
        wrapped = {"v": document.content}  # a text is JSON to us where it begins like an object
        assert is_same(wrapped, read_value(dump_json(wrapped), path="json"))
    contents = [document.content for document in documents]
    again = [document.content for document in read_values(dump_documents(contents), path="yaml")]
    assert is_same(contents, again)


def _require_place(error: MalformedDocument) -> None:
    require_told(error)
    assert _PLACE.fullmatch(error.where), error.where


def _check_places(document: Document) -> None:
    document.outline()
    for pointer in some_pointers(document.content):
        assert document.locate(pointer) >= document.position


def _check_lists(document: Document) -> None:
    try:
        for manifest in expand_lists([as_manifest(document)]):
            assert manifest.position >= document.position
            str(manifest.ref)
    except MalformedDocument as error:
        require_told(error)
