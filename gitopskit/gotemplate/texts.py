"""Functions of texts.

A width or a position counts bytes, as in Go. What looks at characters refuses what is not UTF-8,
because Go alters it without a word.

Source: masterminds.github.io/sprig, "String Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate import unicode_text
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.values import Map, Slice

if TYPE_CHECKING:
    from gitopskit.gotemplate.budget import Budget

_STRING: Final = Parameter.STRING
_INT: Final = Parameter.INT

_WORK_PER_CHARACTER: Final = 8
_ELLIPSIS: Final = b"..."
_LEAST_ABBREVIATION: Final = 4
_LEAST_BOTH_ENDS: Final = 7


def _decoded(budget: Budget, text: bytes) -> str:
    budget.work(_WORK_PER_CHARACTER * len(text))
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise TemplateRefused("bytes that are not UTF-8 are not supported here") from None


def _upper(budget: Budget, text: bytes) -> bytes:
    return unicode_text.upper(_decoded(budget, text)).encode()


def _lower(budget: Budget, text: bytes) -> bytes:
    return unicode_text.lower(_decoded(budget, text)).encode()


def _title(budget: Budget, text: bytes) -> bytes:
    made: list[str] = []
    is_inside = False
    for character in _decoded(budget, text):
        made.append(character if is_inside else unicode_text.title(character))
        is_inside = unicode_text.is_inside_word(character)
    return "".join(made).encode()


def _untitle(budget: Budget, text: bytes) -> bytes:
    made: list[str] = []
    is_inside = False
    for character in _decoded(budget, text):
        is_space = character in unicode_text.SPACES
        made.append(character if is_inside or is_space else unicode_text.lower(character))
        is_inside = not is_space
    return "".join(made).encode()


def _trim(text: bytes) -> bytes:
    return unicode_text.strip_spaces(text)


def _trim_all(budget: Budget, characters: bytes, text: bytes) -> bytes:
    return _decoded(budget, text).strip(_decoded(budget, characters)).encode()


def _trim_prefix(prefix: bytes, text: bytes) -> bytes:
    return text.removeprefix(prefix)


def _trim_suffix(suffix: bytes, text: bytes) -> bytes:
    return text.removesuffix(suffix)


def _nospace(budget: Budget, text: bytes) -> bytes:
    return b"".join(_ascii(budget, text).split())


def _initials(budget: Budget, text: bytes) -> bytes:
    return b"".join(word[:1] for word in _ascii(budget, text).split())


def _swapcase(budget: Budget, text: bytes) -> bytes:
    made = bytearray()
    begins_word = True
    for letter in _ascii(budget, text).decode():
        begins_upper = begins_word and letter.islower()
        made += (letter.upper() if begins_upper else letter.swapcase()).encode()
        begins_word = letter.isspace()
    return bytes(made)


def _ascii(budget: Budget, text: bytes) -> bytes:
    """Return the text, which has no other letters: these functions take bytes for characters.

    What Python takes for white space beyond Go's is refused, too.
    """
    budget.work(_WORK_PER_CHARACTER * len(text))
    if not text.isascii() or not _SEPARATORS.isdisjoint(text):
        raise TemplateRefused("letters beyond ASCII are not supported here")
    return text


_SEPARATORS: Final = frozenset(b"\x1c\x1d\x1e\x1f")


def _trunc(count: int, text: bytes) -> bytes:
    if count >= 0:
        return text[:count]
    return text[count:] if len(text) + count > 0 else text


def _substr(start: int, end: int, text: bytes) -> bytes:
    size = len(text)
    if start < 0:
        first, last = 0, end
    else:
        first, last = start, end if 0 <= end <= size else size
    if not 0 <= first <= last <= size:
        raise TemplateFailed("a position is outside of the text")
    return text[first:last]


def _abbrev(width: int, text: bytes) -> bytes:
    return _abbreviated(text, 0, width) if width >= _LEAST_ABBREVIATION else text


def _abbrevboth(left: int, right: int, text: bytes) -> bytes:
    is_too_narrow = right < _LEAST_ABBREVIATION or (left > 0 and right < _LEAST_BOTH_ENDS)
    return text if is_too_narrow else _abbreviated(text, left, right)


def _abbreviated(text: bytes, offset: int, width: int) -> bytes:
    """Return a part of the text around an offset, with dots where something is left out."""
    size, kept = len(text), width - len(_ELLIPSIS)
    if size <= width:
        return text
    offset = min(offset, size - kept)
    if offset <= _LEAST_ABBREVIATION:
        return text[:kept] + _ELLIPSIS
    if offset + kept < size:
        return _ELLIPSIS + _abbreviated(text[offset:], 0, kept)
    return _ELLIPSIS + text[size - kept :]


def _repeat(budget: Budget, count: int, text: bytes) -> bytes:
    if count < 0:
        raise TemplateFailed("a count is negative")
    budget.make(count * len(text))
    return count * text


def _indent(budget: Budget, spaces: int, text: bytes) -> bytes:
    padding = _repeat(budget, spaces, b" ")
    return padding + _replace(budget, b"\n", b"\n" + padding, text)


def _nindent(budget: Budget, spaces: int, text: bytes) -> bytes:
    return b"\n" + _indent(budget, spaces, text)


def _replace(budget: Budget, old: bytes, new: bytes, text: bytes) -> bytes:
    if not old:
        characters = _decoded(budget, text)
        budget.make((len(characters) + 1) * len(new) + len(text))
        return new + b"".join([character.encode() + new for character in characters])
    budget.make(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def _plural(one: bytes, many: bytes, count: int) -> bytes:
    return one if count == 1 else many


def _contains(part: bytes, text: bytes) -> bool:
    return part in text


def _has_prefix(prefix: bytes, text: bytes) -> bool:
    return text.startswith(prefix)


def _has_suffix(suffix: bytes, text: bytes) -> bool:
    return text.endswith(suffix)


def _split_list(budget: Budget, separator: bytes, text: bytes) -> Slice:
    return Slice.of(_parts(budget, separator, text, -1), "string")


def _split(budget: Budget, separator: bytes, text: bytes) -> Map:
    return _numbered(_parts(budget, separator, text, -1))


def _splitn(budget: Budget, separator: bytes, count: int, text: bytes) -> Map:
    return _numbered(_parts(budget, separator, text, count) if count else [])


def _numbered(parts: list[bytes]) -> Map:
    return Map("string", {b"_%d" % index: part for index, part in enumerate(parts)})


def _parts(budget: Budget, separator: bytes, text: bytes, most: int) -> list[bytes]:
    """Return the parts between separators, at most so many if that is positive."""
    if separator:
        budget.items(text.count(separator) + 1)
        return text.split(separator, most - 1 if most > 0 else -1)
    characters = [character.encode() for character in _decoded(budget, text)]
    budget.items(len(characters))
    if not 0 < most < len(characters):
        return characters
    return [*characters[: most - 1], b"".join(characters[most - 1 :])]


TEXTS: Final = {
    "upper": Function(_upper, (_STRING,), is_charged=True),
    "lower": Function(_lower, (_STRING,), is_charged=True),
    "title": Function(_title, (_STRING,), is_charged=True),
    "untitle": Function(_untitle, (_STRING,), is_charged=True),
    "swapcase": Function(_swapcase, (_STRING,), is_charged=True),
    "trim": Function(_trim, (_STRING,)),
    "trimAll": Function(_trim_all, (_STRING, _STRING), is_charged=True),
    "trimall": Function(_trim_all, (_STRING, _STRING), is_charged=True),
    "trimPrefix": Function(_trim_prefix, (_STRING, _STRING)),
    "trimSuffix": Function(_trim_suffix, (_STRING, _STRING)),
    "nospace": Function(_nospace, (_STRING,), is_charged=True),
    "initials": Function(_initials, (_STRING,), is_charged=True),
    "trunc": Function(_trunc, (_INT, _STRING)),
    "substr": Function(_substr, (_INT, _INT, _STRING)),
    "abbrev": Function(_abbrev, (_INT, _STRING)),
    "abbrevboth": Function(_abbrevboth, (_INT, _INT, _STRING)),
    "repeat": Function(_repeat, (_INT, _STRING), is_charged=True),
    "indent": Function(_indent, (_INT, _STRING), is_charged=True),
    "nindent": Function(_nindent, (_INT, _STRING), is_charged=True),
    "replace": Function(_replace, (_STRING, _STRING, _STRING), is_charged=True),
    "plural": Function(_plural, (_STRING, _STRING, _INT)),
    "contains": Function(_contains, (_STRING, _STRING)),
    "hasPrefix": Function(_has_prefix, (_STRING, _STRING)),
    "hasSuffix": Function(_has_suffix, (_STRING, _STRING)),
    "splitList": Function(_split_list, (_STRING, _STRING), is_charged=True),
    "split": Function(_split, (_STRING, _STRING), is_charged=True),
    "splitn": Function(_splitn, (_STRING, _INT, _STRING), is_charged=True),
}
