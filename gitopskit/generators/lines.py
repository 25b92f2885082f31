"""Short texts that become a part of one line of a file, and must not begin another."""

from __future__ import annotations

from typing import Final

from gitopskit.errors import InputError

_LONGEST: Final = 255


def require_line(text: str, *, what: str) -> str:
    """Return the text if it can stand in a line: 1 to 255 characters, all of them printable.

    Raises:
        InputError: it cannot; the message names ``what`` and does not quote the text.
    """
    if not 1 <= len(text) <= _LONGEST or not text.isprintable():
        raise InputError(
            f"the {what} is empty, too long, or not printable",
            hint=f"use 1 to {_LONGEST} characters without controls and line ends",
        )
    return text
