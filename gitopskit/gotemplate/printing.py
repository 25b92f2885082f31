"""Values as text where nothing says how: ``%v`` of Go's package fmt.

Source: pkg.go.dev/fmt, "Printing"; pkg.go.dev/text/template, "Actions" for ``<no value>``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.gotemplate.floats import shortest
from gitopskit.gotemplate.values import INVALID, Map, Slice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

NOTHING: Final = b"<no value>"
NIL: Final = b"<nil>"


def print_value(value: Value, budget: Budget) -> bytes:
    """Return what an action writes for a value."""
    return NOTHING if value is INVALID else plain(value, budget)


def print_all(values: Iterable[Value], budget: Budget) -> bytes:
    """Return values in one text, a space between two neighbours of which neither is a string."""
    pieces: list[bytes] = []
    was_string = True
    for value in values:
        is_string = isinstance(value, bytes)
        if not is_string and not was_string:
            pieces.append(b" ")
        pieces.append(plain(value, budget))
        was_string = is_string
    return b"".join(pieces)


def plain(value: Value, budget: Budget) -> bytes:
    """Return a value as ``%v`` prints it.

    Raises:
        TemplateRefused: that is too much or too deep.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, float):
        return shortest(value).encode()
    if isinstance(value, Slice):
        return b"[%b]" % _joined((plain(item, budget) for item in value), len(value), budget)
    if isinstance(value, Map):
        entries = value.in_order()
        pairs = (b"%b:%b" % (key, plain(item, budget)) for key, item in entries)
        return b"map[%b]" % _joined(pairs, len(entries), budget)
    return b"%d" % value if isinstance(value, int) else NIL


def _joined(pieces: Iterable[bytes], count: int, budget: Budget) -> bytes:
    """Return pieces in one text, counted as they are made: they may hold the same over and over."""
    budget.descend()
    budget.items(count)
    made: list[bytes] = []
    for piece in pieces:
        budget.make(len(piece))
        made.append(piece)
    budget.ascend()
    return b" ".join(made)
