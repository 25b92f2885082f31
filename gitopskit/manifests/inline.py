"""One value on one line: unquoted where that is safe, in the quotes it replaces, or as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.write import is_plain_safe

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

_SIMPLE: Final = re.compile(r"[A-Za-z_][\w./+=-]*", re.ASCII)
_UNREADABLE: Final = re.compile(
    r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What JSON leaves as it is in a string and YAML does not take, or takes for a line break."""


def is_simple(text: str) -> bool:
    """Whether a string needs no quotes, wherever it stands."""
    return _SIMPLE.fullmatch(text) is not None and is_plain_safe(text)


def json_text(
    value: JsonValue, *, indent: str | None = None, separators: tuple[str, str] = (", ", ": ")
) -> str:
    """Return a value as JSON that YAML reads alike."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    return _UNREADABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def requoted(value: str, quote: str) -> str:
    """Return a string in quotes of this kind, or nothing if it cannot stand in them readably."""
    if not value.isprintable():
        return ""
    if quote == '"':
        return json_text(value)
    return "'" + value.replace("'", "''") + "'" if quote == "'" else ""
