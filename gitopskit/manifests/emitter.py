"""libyaml's emitter: one value to the text of one document. Imports PyYAML, as events.py does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import yaml
from yaml import _yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from gitopskit.manifests.json_types import JsonValue

    Emit: TypeAlias = Callable[[yaml.Event], None]

_DOCUMENT_END: Final = "\n...\n"
_NO_LINE_BREAKING: Final = -1
_IMPLICIT: Final = (True, True)
_MAPPING_START: Final = yaml.MappingStartEvent(None, None, implicit=True, flow_style=False)
_MAPPING_END: Final = yaml.MappingEndEvent()
_SEQUENCE_START: Final = yaml.SequenceStartEvent(None, None, implicit=True, flow_style=False)
_SEQUENCE_END: Final = yaml.SequenceEndEvent()
_WORDS: Final = {None: "null", True: "true", False: "false"}


def emit(content: JsonValue, *, style_of: Callable[[str], str]) -> str:
    """Return a value as one YAML document in block style, ending in a newline.

    ``style_of`` says how a string is written: ``|``, a quote, or empty for unquoted where the
    syntax allows it. What it leaves unquoted is read back as that string by libyaml. A value is
    written out each time it occurs: an alias surprises people and Git.

    Raises:
        TypeError: the value is not plain JSON.
    """
    stream = io.StringIO()
    emitter = _yaml.CEmitter(stream, allow_unicode=True, width=_NO_LINE_BREAKING)
    emitter.emit(yaml.StreamStartEvent())
    emitter.emit(yaml.DocumentStartEvent(explicit=False))
    _put(content, style_of, emitter.emit)
    emitter.emit(yaml.DocumentEndEvent(explicit=False))
    emitter.emit(yaml.StreamEndEvent())
    text = stream.getvalue()
    return text[: -len("...\n")] if text.endswith(_DOCUMENT_END) else text


def _put(content: JsonValue, style_of: Callable[[str], str], emit: Emit) -> None:
    """Emit the events of a value: PyYAML's representer makes the same ones in thrice the time."""
    if isinstance(content, str):
        emit(yaml.ScalarEvent(None, None, _IMPLICIT, content, style=style_of(content) or None))
    elif isinstance(content, dict):
        emit(_MAPPING_START)
        for name, value in content.items():
            _put(name, style_of, emit)
            _put(value, style_of, emit)
        emit(_MAPPING_END)
    elif isinstance(content, list):
        emit(_SEQUENCE_START)
        for value in content:
            _put(value, style_of, emit)
        emit(_SEQUENCE_END)
    else:
        emit(yaml.ScalarEvent(None, None, _IMPLICIT, _text_of(content)))


def _text_of(content: JsonValue) -> str:
    """Return a number or a word as YAML writes it."""
    if content is None or isinstance(content, bool):
        return _WORDS[content]
    if isinstance(content, float):
        return _text_of_float(content)
    if isinstance(content, int):
        return str(content)
    raise TypeError(f"a {type(content).__name__} has no form in YAML")


def _text_of_float(number: float) -> str:
    """Return a float; without a point before the exponent YAML 1.1 takes it for a string."""
    text = repr(number).lower()
    return text.replace("e", ".0e", 1) if "." not in text and "e" in text else text
