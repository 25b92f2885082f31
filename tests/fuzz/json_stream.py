"""Concatenated JSON: the values that Python's own reader gives, or a refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitopskit.errors import MalformedDocument
from gitopskit.manifests.documents import Limits
from gitopskit.manifests.json_stream import NotJson, read_json_stream
from gitopskit.manifests.source import Source, open_source
from gitopskit.manifests.write import dump_json
from tests.fuzz.judgement import is_same, require_told

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue


def check(data: bytes) -> None:
    """Raise where reading fails with another error, or gives other values."""
    try:
        source, values = _read(data)
    except MalformedDocument as error:
        require_told(error)
        return
    except NotJson:
        return
    written = [
        json.loads(source.text[start:end], object_pairs_hook=_unique) for start, end in source.cuts
    ]
    assert len(written) == len(values)
    assert all(map(_agrees, values, written))
    _, again = _read("".join(map(dump_json, values)).encode())
    assert is_same(again, values)


def _read(data: bytes) -> tuple[Source, list[JsonValue]]:
    source = open_source(data, path="text", limits=Limits())
    return source, [value for value, _ in read_json_stream(source)]


def _unique(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    """Return an object whose names differ, as those of every object that was read must."""
    content = dict(pairs)
    assert len(content) == len(pairs)
    return content


def _agrees(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are equal, integers beyond 64 bits as floats."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = list(map(_whole, other))
        return list(one) == names and all(map(_agrees, one.values(), other.values()))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_agrees, one, other))
    if isinstance(other, str):
        return bool(one == _whole(other))
    return is_same(one, float(other) if isinstance(one, float) else other)


def _whole(text: str) -> str:
    """Return a text with U+FFFD for each half of a surrogate pair."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
