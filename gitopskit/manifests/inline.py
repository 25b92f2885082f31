"""One value on one line: unquoted where that is safe, in the quotes it replaces, or as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.write import is_plain_safe

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

_SIMPLE: Final = re.compile(r"[A-Za-z_][\w./+=-]*", re.ASCII)
UNREADABLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|[\u2028\u2029]|[\ud800-\udfff]|[\ufeff\ufffe\uffff]"
)
"""What YAML does not take as it is, or takes for a line break or a byte order mark."""


def is_simple(text: str) -> bool:
    """Whether a string needs no quotes, wherever it stands."""
    return _SIMPLE.fullmatch(text) is not None and is_plain_safe(text)


def json_text(
    value: JsonValue, *, indent: str | None = None, separators: tuple[str, str] = (", ", ": ")
) -> str:
    """Return a value as JSON that YAML reads alike."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    return UNREADABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def requoted(value: str, quote: str) -> str:
    """Return a string in quotes of this kind, or nothing if it cannot stand in them readably."""
    if not value.isprintable():
        return ""
    if quote == '"':
        return json_text(value)
    return "'" + value.replace("'", "''") + "'" if quote == "'" else ""
