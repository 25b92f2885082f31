"""Texts made fit for another language, and the functions that print: built in, or sprig's.

Source: pkg.go.dev/text/template, "Functions"; masterminds.github.io/sprig, "String Functions".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus

from gitopskit.gotemplate.formatting import format_all
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.printing import NOTHING, plain, print_all
from gitopskit.gotemplate.quoting import quote
from gitopskit.gotemplate.unicode_text import is_printable

if TYPE_CHECKING:
    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_ANY: Final = Parameter.ANY

_HTML: Final = {
    b"\0": "\ufffd".encode(),
    b'"': b"&#34;",
    b"'": b"&#39;",
    b"&": b"&amp;",
    b"<": b"&lt;",
    b">": b"&gt;",
}
_IN_HTML: Final = re.compile(b"[%b]" % re.escape(b"".join(_HTML)))
_IN_JS: Final = re.compile(r"[\\'\"<>&=\x00-\x1f]|[^\x00-\x7f]")
_BACKSLASHED: Final = frozenset("\\'\"")


def _html(budget: Budget, *values: Value) -> bytes:
    return _IN_HTML.sub(lambda match: _HTML[match[0]], _shown(values, budget))


def _js(budget: Budget, *values: Value) -> bytes:
    text = _shown(values, budget).decode(errors="surrogateescape")
    return _IN_JS.sub(_in_js, text).encode(errors="surrogateescape")


def _in_js(match: re.Match[str]) -> str:
    character = match[0]
    if character in _BACKSLASHED:
        return f"\\{character}"
    if not character.isascii() and (_is_raw_byte(character) or is_printable(character)):
        return character
    return f"\\u{ord(character):04X}"


def _is_raw_byte(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"


def _urlquery(budget: Budget, *values: Value) -> bytes:
    return quote_plus(_shown(values, budget)).encode()


def _shown(values: tuple[Value, ...], budget: Budget) -> bytes:
    """Return values in one text; a nil is shown as where an action writes it."""
    shown = print_all((NOTHING if value is None else value for value in values), budget)
    budget.work(_WORK_PER_BYTE * len(shown))
    return shown


_WORK_PER_BYTE: Final = 4
"""What looking at each character of a text costs, beside copying it."""


def _print(budget: Budget, *values: Value) -> bytes:
    return print_all(values, budget)


def _println(budget: Budget, *values: Value) -> bytes:
    return b" ".join([plain(value, budget) for value in values]) + b"\n"


def _quote(budget: Budget, *values: Value) -> bytes:
    shown = [plain(value, budget) for value in values if value is not None]
    budget.work(_WORK_PER_BYTE * sum(map(len, shown)))
    return b" ".join(map(quote, shown))


def _squote(budget: Budget, *values: Value) -> bytes:
    return b" ".join([b"'%b'" % plain(value, budget) for value in values if value is not None])


def _cat(budget: Budget, *values: Value) -> bytes:
    return b" ".join([plain(value, budget) for value in values if value is not None])


def _to_string(budget: Budget, value: Value) -> bytes:
    return plain(value, budget)


ESCAPING: Final = {
    "html": Function(_html, (), _ANY, is_charged=True),
    "js": Function(_js, (), _ANY, is_charged=True),
    "urlquery": Function(_urlquery, (), _ANY, is_charged=True),
    "print": Function(_print, (), _ANY, is_charged=True),
    "println": Function(_println, (), _ANY, is_charged=True),
    "printf": Function(format_all, (Parameter.STRING,), _ANY, is_charged=True),
    "quote": Function(_quote, (), _ANY, is_charged=True),
    "squote": Function(_squote, (), _ANY, is_charged=True),
    "cat": Function(_cat, (), _ANY, is_charged=True),
    "toString": Function(_to_string, (_ANY,), is_charged=True),
}
