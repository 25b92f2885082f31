"""The text of a value that needs no YAML library: mappings of plain texts, as most manifests are.

Owns nothing that emitter.py would write differently; whatever might be is left to it. Start at
``write_plain_block``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.manifests.json_types import JsonObject, JsonValue

_PLAIN: Final = re.compile(r"[A-Za-z0-9/][-A-Za-z0-9/._+=]*")
"""Texts that no reader of YAML can divide, in which no indicator stands."""

_BLOCK: Final = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?\n)+")
"""Lines without space at their ends; the last one has its end, and no other follows."""

_QUOTED: Final = re.compile(r"[ !#-\[\]-~]*")
_LONGEST_NAME: Final = 100
"""libyaml writes a name of more than 128 bytes in another form."""


def write_plain_block(content: JsonValue, *, style_of: Callable[[str], str]) -> str:
    """Return the text that ``emit`` would return, or an empty one for what is not that simple."""
    lines: list[str] = []
    if not isinstance(content, dict) or not content or not _put(content, "", lines, style_of):
        return ""
    return "".join(lines)


def _put(
    content: JsonObject, margin: str, lines: list[str], style_of: Callable[[str], str]
) -> bool:
    for name, value in content.items():
        if not _is_plain_name(name) or style_of(name):
            return False
        if isinstance(value, str):
            text = _text_of(value, margin, style_of(value))
            if not text:
                return False
            lines.append(f"{margin}{name}: {text}\n")
        elif isinstance(value, dict) and value:
            lines.append(f"{margin}{name}:\n")
            if not _put(value, f"{margin}  ", lines, style_of):
                return False
        else:
            return False
    return True


def _text_of(value: str, margin: str, style: str) -> str:
    if not style:
        return value if _PLAIN.fullmatch(value) else ""
    if style == '"':
        return f'"{value}"' if _QUOTED.fullmatch(value) else ""
    if not _BLOCK.fullmatch(value):
        return ""
    indented = value[:-1].replace("\n", f"\n{margin}  ")
    return f"|\n{margin}  {indented}"


@lru_cache(maxsize=4096)
def _is_plain_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _PLAIN.fullmatch(name) is not None
