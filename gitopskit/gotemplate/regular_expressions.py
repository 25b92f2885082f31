"""Regular expressions, by RE2 alone: it takes time in proportion to the text, whatever is asked.

Owns the rules by which Go's package regexp walks over matches; RE2 finds one at a time.

Source: pkg.go.dev/regexp; github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import re2

from gitopskit.errors import TemplateRefused
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.values import Slice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.gotemplate.budget import Budget

_STRING: Final = Parameter.STRING
_INT: Final = Parameter.INT

_LONGEST_PATTERN: Final = 1000
_MOST_MEMORY_BYTES: Final = 1 << 20
_LARGEST_PROGRAM: Final = 10_000
_PROGRAM_PER_WORK: Final = 16
_WORK_PER_INSTRUCTION: Final = 32
_WORK_PER_COMPILATION: Final = 4096
_WORK_PER_PATTERN_BYTE: Final = 1024
_WORK_PER_CLASS: Final = 32 << 10
"""Of Unicode: RE2 lists its ranges even where nothing of them is left in the program."""

_WORK_PER_SEARCH: Final = 64
_ANY_BYTE: Final = re.compile(rb"\\C")
_CLASS: Final = re.compile(rb"\\p", re.IGNORECASE)
_REFERENCE: Final = re.compile(rb"\$(?:(\$)|\{(\w+)\}|(\w+))")
_NUMBER: Final = re.compile(rb"0|[1-9][0-9]{0,7}")
_SPECIAL: Final = re.compile(rb"[\\.+*?()|\[\]{}^$]")
_WIDTHS: Final = ((0x80, 1), (0xE0, 2), (0xF0, 3))


class _Expression:
    """A compiled expression, and the budget that its searches are taken from."""

    def __init__(self, budget: Budget, pattern: bytes) -> None:
        """Compile a pattern.

        Raises:
            TemplateRefused: RE2 does not know it, or Go and RE2 do not take it alike.
        """
        if len(pattern) > _LONGEST_PATTERN or _ANY_BYTE.search(pattern):
            raise TemplateRefused("an expression this long, or with `\\C`, is not supported")
        classes = len(_CLASS.findall(pattern))
        budget.work(_WORK_PER_COMPILATION + _WORK_PER_PATTERN_BYTE * len(pattern))
        budget.work(_WORK_PER_CLASS * classes)
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MOST_MEMORY_BYTES
        try:
            self._compiled = re2.compile(pattern, options)
        except re2.error:
            raise TemplateRefused("this is no regular expression of RE2") from None
        re2.purge()  # it would keep the last 128, and with them what values may be in some
        size = self._compiled.programsize
        if size > _LARGEST_PROGRAM:
            raise TemplateRefused("a regular expression that repeats so much is not supported")
        budget.work(_WORK_PER_INSTRUCTION * size)
        self._budget = budget
        self._cost = 1 + size // _PROGRAM_PER_WORK

    def search(self, text: bytes, position: int = 0) -> Any:  # noqa: ANN401 -- RE2 has no types
        """Return the first match at or after a position, or None."""
        self._budget.work(self._cost * (len(text) - position) + _WORK_PER_SEARCH)
        return self._compiled.search(text, position)

    def matches(self, text: bytes) -> Iterator[Any]:
        """Yield one match after the other; none that is empty and follows another at once."""
        position, last_end = 0, -1
        while position <= len(text) and (match := self.search(text, position)):
            start, end = match.span()
            if end > position or start != last_end:
                self._budget.items(1)
                yield match
            position = end if end > position else position + _width(text, position)
            last_end = end

    def expand(self, match: Any, template: bytes) -> bytes:  # noqa: ANN401 -- RE2 has no types
        """Return a replacement, with ``$1`` and ``${name}`` replaced by what the groups matched."""
        if b"$" not in template:
            return template
        if not template.isascii():
            raise TemplateRefused("`$` beside letters beyond ASCII is not supported")
        return _REFERENCE.sub(lambda reference: self._referred(match, reference), template)

    def _referred(self, match: Any, reference: re.Match[bytes]) -> bytes:  # noqa: ANN401 -- RE2 has no types
        if reference[1]:
            return b"$"
        name = reference[2] or reference[3]
        group = int(name) if _NUMBER.fullmatch(name) else self._compiled.groupindex.get(name, -1)
        is_known = 0 <= group <= self._compiled.groups
        return (match[group] or b"") if is_known else b""


def _width(text: bytes, position: int) -> int:
    """Return the bytes of the character at a position of UTF-8, one at the end."""
    first = text[position] if position < len(text) else 0
    return next((width for limit, width in _WIDTHS if first < limit), 4)


def _require_utf8(text: bytes) -> bytes:
    try:
        text.decode()
    except UnicodeDecodeError:
        raise TemplateRefused("bytes that are not UTF-8 are not supported here") from None
    return text


def _match(budget: Budget, pattern: bytes, text: bytes) -> bool:
    return _Expression(budget, pattern).search(_require_utf8(text)) is not None


def _find(budget: Budget, pattern: bytes, text: bytes) -> bytes:
    match = _Expression(budget, pattern).search(_require_utf8(text))
    return bytes(match[0]) if match else b""


def _find_all(budget: Budget, pattern: bytes, text: bytes, most: int) -> Slice:
    matches = _Expression(budget, pattern).matches(_require_utf8(text))
    found = [match[0] for match in islice(matches, most if most >= 0 else None)]
    return Slice.of(found, "string") if found else Slice.nil("string")


def _replace_all(budget: Budget, pattern: bytes, text: bytes, template: bytes) -> bytes:
    expression = _Expression(budget, pattern)
    pieces: list[bytes] = []
    end = 0
    for match in expression.matches(_require_utf8(text)):
        replacement = expression.expand(match, template)
        budget.make(len(replacement))
        pieces += [text[end : match.start()], replacement]
        end = match.end()
    return b"".join([*pieces, text[end:]])


def _replace_all_literal(budget: Budget, pattern: bytes, text: bytes, literal: bytes) -> bytes:
    return _replace_all(budget, pattern, text, literal.replace(b"$", b"$$"))


def _split(budget: Budget, pattern: bytes, text: bytes, most: int) -> Slice:
    expression = _Expression(budget, pattern)
    if most == 0:
        return Slice.nil("string")
    if pattern and not text:
        return Slice.of([b""], "string")
    parts: list[bytes] = []
    begin = end = 0
    for match in islice(expression.matches(_require_utf8(text)), most if most > 0 else None):
        if len(parts) == most - 1:
            break
        end = match.start()
        if match.end():
            parts.append(text[begin:end])
        begin = match.end()
    if end != len(text):
        parts.append(text[begin:])
    return Slice.of(parts, "string")


def _quote_meta(text: bytes) -> bytes:
    return _SPECIAL.sub(rb"\\\g<0>", text)


_MATCH: Final = Function(_match, (_STRING, _STRING), is_charged=True)
_FIND: Final = Function(_find, (_STRING, _STRING), is_charged=True)
_FIND_ALL: Final = Function(_find_all, (_STRING, _STRING, _INT), is_charged=True)
_REPLACE: Final = Function(_replace_all, (_STRING, _STRING, _STRING), is_charged=True)
_REPLACE_LITERAL: Final = Function(
    _replace_all_literal, (_STRING, _STRING, _STRING), is_charged=True
)
_SPLIT: Final = Function(_split, (_STRING, _STRING, _INT), is_charged=True)

REGULAR_EXPRESSIONS: Final = {
    "regexMatch": _MATCH,
    "mustRegexMatch": _MATCH,
    "regexFind": _FIND,
    "mustRegexFind": _FIND,
    "regexFindAll": _FIND_ALL,
    "mustRegexFindAll": _FIND_ALL,
    "regexReplaceAll": _REPLACE,
    "mustRegexReplaceAll": _REPLACE,
    "regexReplaceAllLiteral": _REPLACE_LITERAL,
    "mustRegexReplaceAllLiteral": _REPLACE_LITERAL,
    "regexSplit": _SPLIT,
    "mustRegexSplit": _SPLIT,
    "regexQuoteMeta": Function(_quote_meta, (_STRING,)),
}
