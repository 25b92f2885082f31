"""Values to new YAML and JSON text that every reader understands alike.

Owns what is quoted and how many documents are joined. Changing an existing text is edit.py's.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.plain_block import write_plain_block
from gitopskit.manifests.scalars import resolve_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.json_types import JsonValue

_MISREAD_BY_OTHERS: Final = re.compile(
    r"[-+.]?[0-9_][0-9_:.+-]*"  # base 60 in YAML 1.1, and versions that look like numbers
    r"|[-+]?[0-9_.]+[eE][-+]?[0-9]+"  # too large for kubectl's float, infinity to others
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*"  # a date to kustomize
    r"|[-+]?0(?:b[01_]+|x[0-9a-fA-F_]+)"  # a number to PyYAML, even without digits
    r"|[-+.][-+._]*"  # no number, yet some readers try to make one of it
    r"|=|<<"
)


_LINE_ENDS_OF_SOME: Final = frozenset("\x85\u2028\u2029\ufeff")
_LONGEST_NAME: Final = 64


def dump_documents(contents: Sequence[JsonValue]) -> str:
    """Return values as YAML documents in block style, joined by ``---``; the order of keys stays.

    Strings that kubectl, kustomize or a YAML 1.2 reader would take for something else are quoted,
    those of several lines are written as ``|`` where that keeps every character.

    Raises:
        TypeError: a value is not plain JSON; a Plaintext is refused like that.
    """
    return "---\n".join(
        write_plain_block(content, style_of=_style_of) or _emit(content) for content in contents
    )


def dump_json(content: JsonValue) -> str:
    """Return a value as JSON, indented by two, with a newline at the end; the order of keys stays.

    Raises:
        TypeError: the value is not plain JSON; a Plaintext is refused like that.
        ValueError: a number is infinite or not a number.
    """
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def is_plain_safe(text: str) -> bool:
    """Whether a string means itself without quotes to every reader, syntax aside."""
    return resolve_plain(text) is text and not _MISREAD_BY_OTHERS.fullmatch(text)


def _emit(content: JsonValue) -> str:
    from gitopskit.manifests.emitter import emit  # noqa: PLC0415 -- PyYAML takes 12 ms

    return emit(content, style_of=_style_of)


def _style_of(text: str) -> str:
    """Return how to write a string: ``|``, a double quote, or empty for as it is."""
    if "\r" in text or not (text.isascii() or _LINE_ENDS_OF_SOME.isdisjoint(text)):
        return '"'
    if "\n" in text:
        return "|"
    is_safe = _is_plain_safe_name(text) if len(text) <= _LONGEST_NAME else is_plain_safe(text)
    return "" if is_safe else '"'


_is_plain_safe_name: Final = lru_cache(maxsize=4096)(is_plain_safe)
"""The same few names make up most of a file."""
