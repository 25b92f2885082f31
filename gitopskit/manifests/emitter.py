"""libyaml's emitter: one value to the text of one document. Imports PyYAML, as events.py does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.manifests.json_types import JsonValue

_STRING_TAG: Final = "tag:yaml.org,2002:str"
_DOCUMENT_END: Final = "\n...\n"
_NO_LINE_BREAKING: Final = -1


class _Emitter(yaml.CSafeDumper):
    """Writes plain JSON values only; everything else is refused by its base class."""

    style_of: Callable[[str], str]

    def ignore_aliases(self, _data: JsonValue) -> bool:
        """Write a value out each time it occurs: an alias surprises people and Git."""
        return True


def emit(content: JsonValue, *, style_of: Callable[[str], str]) -> str:
    """Return a value as one YAML document in block style, ending in a newline.

    ``style_of`` says how a string is written: ``|``, a quote, or empty for unquoted where the
    syntax allows it. What it leaves unquoted is read back as that string by libyaml.

    Raises:
        yaml.representer.RepresenterError: the value is not plain JSON.
    """
    stream = io.StringIO()
    emitter = _Emitter(
        stream,
        default_flow_style=False,
        allow_unicode=True,
        sort_keys=False,
        width=_NO_LINE_BREAKING,
    )
    emitter.style_of = style_of
    try:
        emitter.open()
        emitter.represent(content)
        emitter.close()
    finally:
        emitter.dispose()
    text = stream.getvalue()
    return text[: -len("...\n")] if text.endswith(_DOCUMENT_END) else text


def _represent_string(emitter: Any, text: str) -> yaml.ScalarNode:  # noqa: ANN401 -- the stubs' Representer has no style_of
    node: yaml.ScalarNode = emitter.represent_scalar(
        _STRING_TAG, text, style=emitter.style_of(text)
    )
    return node


_Emitter.add_representer(str, _represent_string)
