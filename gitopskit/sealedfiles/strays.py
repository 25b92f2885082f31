"""Items that are set outside of a SealedSecret: by a patch, or in a text inside another object.

Pure. Only a renderer knows in which SealedSecret they end up, so their keys cannot be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.manifests.findings import Finding
from gitopskit.sealedfiles.candidates import ITEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.documents import Document
    from gitopskit.manifests.edit import Pointer
    from gitopskit.manifests.json_types import JsonValue

STRAY: Final = "sealed-stray"

_WORD: Final = ITEMS.decode()
_DEFINITION: Final = "CustomResourceDefinition"
_HINT: Final = "move the items into a SealedSecret of their own, or leave this file out"


def stray_in(document: Document) -> Finding | None:
    """Return the finding about the first place of a document that sets items, if there is one.

    Definitions and schemas only name the field; a text alone, as notes are, sets nothing.
    """
    if not isinstance(document.content, dict | list) or _is_schema(document.content):
        return None
    place = next(_places(document.content, ()), None)
    if place is None:
        return None
    position = document.locate(place)
    return Finding(
        path=document.path,
        line=position.line,
        column=position.column,
        rule=STRAY,
        severity="warning",
        message=f"`{_WORD}` outside of a SealedSecret, so its keys cannot be told",
        hint=_HINT,
    )


def unreadable_stray(path: str) -> Finding:
    """Return the finding about a file that mentions items and is no YAML or JSON."""
    return Finding(
        path=path,
        rule=STRAY,
        severity="warning",
        message=f"`{_WORD}` in what is no YAML or JSON, so its keys cannot be told",
        hint=_HINT,
    )


def _is_schema(content: JsonValue) -> bool:
    if not isinstance(content, dict):
        return False
    if "kind" in content:
        return bool(content["kind"] == _DEFINITION)
    return "$schema" in content or isinstance(content.get("properties"), dict)


def _places(value: JsonValue, at: Pointer) -> Iterator[Pointer]:
    if isinstance(value, dict):
        for key, each in value.items():
            if _WORD in key:
                yield (*at, key)
            else:
                yield from _places(each, (*at, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _places(each, (*at, number))
    elif isinstance(value, str) and _WORD in value:
        yield at
