"""JSON values written one after another, as kubectl reads them.

Owns the reading of JSON text into plain values; a name that is there twice is an error.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.errors import MalformedDocument
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.manifests.positions import Position
    from gitopskit.manifests.source import Source

_WHITESPACE: Final = " \t\r\n"
_LARGEST_INT64: Final = 2**63 - 1
_LONGEST_INT64: Final = 20
_USUAL_GAP: Final = 64
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\.",
    re.DOTALL,
)


class NotJson(ValueError):
    """The text is not JSON from an offset on; it may still be YAML."""

    def __init__(self, what: str, offset: int) -> None:
        """Keep why and where."""
        super().__init__(what)
        self.offset = offset


def looks_like_json(text: str) -> bool:
    """Whether a text begins as a JSON object or list does."""
    return text.lstrip(_WHITESPACE + "\ufeff")[:1] in ("{", "[")


def read_json_stream(source: Source) -> list[tuple[JsonValue, Position]]:
    """Return the values of a text, each with its position, and tell the source where they are.

    Raises:
        NotJson: the text is not JSON.
        MalformedDocument: a field is there twice, a number is too large, or a limit is broken.
    """
    text = _without_lone_surrogates(source.text)
    values: list[tuple[JsonValue, Position]] = []
    cuts: list[tuple[int, int]] = []
    offset = _skip_whitespace(text, source.lines.shift)
    while offset < len(text):
        if len(values) == source.limits.documents:
            limit = source.limits.documents
            raise source.malformed(f"more than {limit} documents", offset=offset)
        value, end = _read_one(source, text, offset)
        values.append((value, source.lines.at(offset)))
        cuts.append((offset, end))
        offset = _skip_whitespace(text, end)
    source.cuts = cuts
    return values


def _without_lone_surrogates(text: str) -> str:
    """Return JSON with U+FFFD, in as many characters, for each half of a surrogate pair.

    No UTF-8 could be written of a value with one of them. Source: Go's encoding/json, Unmarshal.
    """
    if not _SURROGATE.search(text):
        return text
    return _ESCAPE.sub(lambda match: r"\ufffd" if match["lone"] else match[0], text)


def _read_one(source: Source, text: str, offset: int) -> tuple[JsonValue, int]:
    try:
        value, end = _DECODER.raw_decode(text, offset)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        raise NotJson(f"this is not JSON: {what}", max(error.pos, offset)) from error
    except RecursionError as error:
        raise _too_deep(source, offset) from error
    except ValueError as error:
        raise _refused(source, offset, str(error)) from error
    if _is_deeper(value, source.limits.depth):
        raise _too_deep(source, offset)
    return value, end


def _skip_whitespace(text: str, offset: int) -> int:
    rest = text[offset : offset + _USUAL_GAP]
    while rest and not rest.lstrip(_WHITESPACE):
        offset += len(rest)
        rest = text[offset : offset + _USUAL_GAP]
    return offset + len(rest) - len(rest.lstrip(_WHITESPACE))


def _refused(source: Source, offset: int, what: str) -> MalformedDocument:
    source.cuts = ((offset, len(source.text)),)
    outline = source.outlines[0] if source.outlines else None
    repeated = outline.first_repeated() if outline is not None else None
    return source.malformed(what, offset=repeated.start if repeated else offset)


def _too_deep(source: Source, offset: int) -> MalformedDocument:
    return source.malformed(f"more than {source.limits.depth} levels of nesting", offset=offset)


def _is_deeper(value: JsonValue, levels: int) -> bool:
    """Whether a value has more levels of objects and lists than given; iterative on purpose."""
    row = [value]
    while row and levels >= 0:
        containers = [item for item in row if isinstance(item, dict | list)]
        if not containers:
            return False
        levels -= 1
        row = [
            child
            for item in containers
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return levels < 0


def _unique(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a field is there twice")
    return content


def _integer(text: str) -> int | float:
    value = int(text) if len(text) <= _LONGEST_INT64 else float(text)
    return value if -_LARGEST_INT64 - 1 <= value <= _LARGEST_INT64 else _float(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _constant(text: str) -> JsonValue:
    raise json.JSONDecodeError(f"there is no {text}", "", 0)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
