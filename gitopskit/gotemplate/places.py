"""Places in a template, for errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitopskit.errors import TemplateFailed


def place(text: str, offset: int) -> str:
    """Return ``line:column`` of an offset in characters, both from 1."""
    line = text.count("\n", 0, offset) + 1
    return f"{line}:{offset - text.rfind(chr(10), 0, offset)}"


def located(error: TemplateFailed, where: str) -> TemplateFailed:
    """Return an error of the same class with a place; one that has a place keeps it."""
    return type(error)(error.what, where=error.where or where, hint=error.hint)
