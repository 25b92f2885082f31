"""The values that a chart is rendered with: files, values and parameters, merged into one mapping.

Pure. They are merged here and not by Helm, so that no value is ever an argument of a program.
Source: Helm 3, pkg/cli/values and pkg/strvals; a test compares with Helm itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.manifests.json_types import JsonObject, JsonValue

Step = str | int

_DEEPEST: Final = 30
_LONGEST_LIST: Final = 65536
_STEP: Final = re.compile(r"\[([0-9]{1,5})\]")
_WHOLE_NUMBER: Final = re.compile(r"[+-]?[1-9][0-9]{0,18}")
_LARGEST: Final = 2**63
_WORDS: Final[dict[str, bool | int | None]] = {"true": True, "false": False, "null": None, "0": 0}


def merge(first: JsonObject, second: JsonObject) -> JsonObject:
    """Return both mappings in one: mappings in them are merged, all else is the second's."""
    merged = dict(first)
    for name, value in second.items():
        before = merged.get(name)
        is_deep = isinstance(before, dict) and isinstance(value, dict)
        merged[name] = merge(before, value) if is_deep else value  # type: ignore[arg-type]  # both
    return merged


def with_parameter(values: JsonObject, name: str, value: JsonValue) -> JsonObject:
    """Return the values with one more, at a path such as ``image.tag`` or ``ports[0].name``.

    Raises:
        RenderFailed: the name is no such path, or leads into what is no mapping or list.
    """
    changed = _placed(values, parse_path(name), value, name=name)
    if not isinstance(changed, dict):
        raise _wrong(name, "does not begin with a name")
    return changed


def parse_path(name: str) -> tuple[Step, ...]:
    r"""Return the steps of a path; a backslash keeps a dot or a bracket in a name.

    Raises:
        RenderFailed: it is no path.
    """
    steps: list[Step] = []
    text, index, is_after_name = "", 0, False
    while index < len(name):
        letter = name[index]
        step = _STEP.match(name, index)
        if letter == "\\" and index + 1 < len(name):
            text, index = text + name[index + 1], index + 2
        elif letter == "[" and step and (text or is_after_name):
            steps += [text, int(step[1])] if text else [int(step[1])]
            text, index, is_after_name = "", step.end(), True
        elif letter == "." and (text or is_after_name):
            steps += [text] if text else []
            text, index, is_after_name = "", index + 1, False
        elif letter in ".[]=," or is_after_name:
            raise _wrong(name, "is no path of a value")
        else:
            text, index = text + letter, index + 1
    steps += [text] if text else []
    if not (text or is_after_name) or len(steps) > _DEEPEST:
        raise _wrong(name, "is no path of a value")
    return tuple(steps)


def parse_value(text: str, *, is_text: bool) -> JsonValue:
    """Return what a parameter's text means: a number, true, null, a list as in ``{a,b}``, a text.

    Raises:
        RenderFailed: a list goes on after its end.
    """
    if text.startswith("{") and text.endswith("}"):
        inner = text[1:-1]
        if "}" in re.sub(r"\\.", "", inner):
            raise RenderFailed("a parameter's list goes on after its end")
        return [_typed(item, is_text=is_text) for item in _items(inner)]
    return _typed(_unescaped(text), is_text=is_text)


def texts_of(value: JsonValue) -> Iterator[str]:
    """Yield every text and number in a value, each of which may be secret."""
    if isinstance(value, dict):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _placed(node: JsonValue, steps: tuple[Step, ...], value: JsonValue, *, name: str) -> JsonValue:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        if node is not None and not isinstance(node, dict):
            raise _wrong(name, f"leads into what is no mapping, at {step}")
        mapping = node or {}
        return {**mapping, step: _placed(mapping.get(step), rest, value, name=name)}
    if node is not None and not isinstance(node, list):
        raise _wrong(name, f"leads into what is no list, at [{step}]")
    if step > _LONGEST_LIST:
        raise _wrong(name, f"has an index above {_LONGEST_LIST}")
    items = [*(node or []), *[None] * (step + 1 - len(node or []))]
    items[step] = _placed(items[step], rest, value, name=name)
    return items


def _items(inner: str) -> Iterable[str]:
    item = ""
    letters = iter(inner)
    for letter in letters:
        if letter == "\\":
            item += next(letters, "")
        elif letter == ",":
            yield item
            item = ""
        else:
            item += letter
    yield item


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.?)", r"\1", text, flags=re.DOTALL)


def _typed(text: str, *, is_text: bool) -> JsonValue:
    if is_text:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE_NUMBER.fullmatch(text) and -_LARGEST <= int(text) < _LARGEST:
        return int(text)
    return text


def _wrong(name: str, what: str) -> RenderFailed:
    return RenderFailed(f"helm.parameters: {name[:120]!r} {what}")
