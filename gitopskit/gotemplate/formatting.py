"""``printf``: a format and values in, text out.

Source: pkg.go.dev/fmt, "Printing" and "Format errors".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateRefused
from gitopskit.gotemplate.printing import NIL, plain
from gitopskit.gotemplate.values import is_absent, type_name
from gitopskit.gotemplate.verbs import Directive, format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_DIRECTIVE: Final = re.compile(
    rb"%(?P<flags>[#0+ -]*)(?P<width>[0-9]*)(?:\.(?P<precision>[0-9]*)(?=.))?(?P<verb>.?)",
    re.DOTALL,
)
_MOST_DIGITS: Final = 6
"""Digits of a width or precision; Go gives up at seven or eight."""


def format_all(budget: Budget, text: bytes, *values: Value) -> bytes:
    """Return a text with its directives replaced by values.

    Raises:
        TemplateRefused: a directive takes its width from an argument, or picks one by number.
    """
    pieces: list[bytes] = []
    end = used = 0
    for match in _DIRECTIVE.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        budget.step()
        if match["verb"] == b"%":
            pieces.append(b"%")
        elif not match["verb"]:
            pieces.append(b"%!(NOVERB)")
        elif used == len(values):
            pieces.append(b"%%!%b(MISSING)" % _directive(match).verb.encode())
        else:
            pieces.append(format_value(values[used], _directive(match), budget))
            used += 1
    pieces += [text[end:], _extra(values[used:], budget)]
    return b"".join(pieces)


def _directive(match: re.Match[bytes]) -> Directive:
    verb, width, precision = match["verb"], match["width"], match["precision"]
    if verb in b"*[" or not verb.isascii():
        raise TemplateRefused("`*`, `[` and letters beyond ASCII after `%` are not supported")
    if max(len(width), len(precision or b"")) > _MOST_DIGITS:
        raise TemplateRefused("a width or precision of more than six digits is not supported")
    return Directive(
        verb=verb.decode(),
        flags=frozenset(match["flags"].decode()),
        width=int(width or b"0"),
        precision=None if precision is None else int(precision or b"0"),
    )


def _extra(values: Sequence[Value], budget: Budget) -> bytes:
    """Return the complaint about values that no directive used."""
    if not values:
        return b""
    shown = [
        NIL if is_absent(value) else b"%b=%b" % (type_name(value).encode(), plain(value, budget))
        for value in values
    ]
    return b"%%!(EXTRA %b)" % b", ".join(shown)
