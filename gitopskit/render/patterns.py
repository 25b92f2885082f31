"""Patterns of paths, as an Application's ``include`` and ``exclude`` write them.

Pure. ``*`` and ``?`` stand for slashes too, ``[ab]`` for one of several characters, ``{a,b}`` for
one of several texts. Source: Argo CD's directory applications, whose globs know no separator.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

from gitopskit.errors import RenderFailed

_LONGEST: Final = 1024
_MOST: Final = 256


def compile_pattern(pattern: str, *, where: str) -> tuple[str, ...]:
    """Return the patterns without braces that a pattern stands for; an empty one for none.

    Raises:
        RenderFailed: it is too long, stands for too many, has an open brace or a backslash.
    """
    if len(pattern) > _LONGEST:
        raise _wrong(f"a pattern is longer than {_LONGEST} characters", where)
    if "\\" in pattern:
        raise _wrong(f"the pattern {pattern!r} has a backslash", where)
    found: tuple[str, ...] = ()
    waiting = [pattern] if pattern else []
    while waiting:
        text = waiting.pop()
        parts = _first_braces(text, where=where)
        if parts is None:
            found = (*found, text)
        else:
            before, choices, after = parts
            waiting += [before + choice + after for choice in reversed(choices)]
        if len(found) + len(waiting) > _MOST:
            raise _wrong(f"the pattern {pattern!r} stands for more than {_MOST}", where)
    return found


def matches(patterns: tuple[str, ...], path: str) -> bool:
    """Tell whether one of the patterns is about the whole of a path."""
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _first_braces(text: str, *, where: str) -> tuple[str, list[str], str] | None:
    """Return what is before, in and after the first braces, the inner part cut at its commas."""
    start = text.find("{")
    if start < 0:
        return None
    depth, begin, choices = 1, start + 1, []
    for index in range(start + 1, len(text)):
        letter = text[index]
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if (letter == "," and depth == 1) or depth == 0:
            choices.append(text[begin:index])
            begin = index + 1
        if depth == 0:
            return text[:start], choices, text[index + 1 :]
    raise _wrong(f"the pattern {text!r} has an open brace", where)


def _wrong(what: str, where: str) -> RenderFailed:
    return RenderFailed(what, where=where, hint="correct the Application's include or exclude")
