"""The short way to write simple values: it writes what libyaml writes, or leaves it to that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.manifests.emitter import emit
from gitopskit.manifests.plain_block import write_plain_block
from gitopskit.manifests.write import _style_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

_WORDS: Final = (
    *(
        "",
        "a",
        "kind",
        "v1",
        "apps/v1",
        "AgB+/0==",
        "10.0.0.1",
        "1.0",
        "true",
        "null",
        "~",
        "-",
        "=",
    ),
    *("a b", " a", "a ", "a: b", "a #b", "#", '"', "'", "\\", "a\\b", "{", "[a]", "*a", "&a", "%"),
    *(
        "a\n",
        "a\nb\n",
        "a\nb",
        "\n",
        "a\n\n",
        " a\n",
        "a \n",
        "a\n b\n",
        "a\n\nb\n",
        "\ta\n",
        "é\n",
    ),
    *(
        "a\tb",
        "a\rb",
        "é",
        "\x85",
        "\u2028",
        "\x00",
        "\x7f",
        "x" * 100,
        "x" * 101,
        "x" * 200,
        "1e3",
    ),
)
_text = st.sampled_from(_WORDS) | st.text(max_size=6) | st.text("ab \n:#\"'-/", max_size=8)
_value = st.recursive(
    _text | st.booleans() | st.integers() | st.none(),
    lambda inner: st.dictionaries(_text, inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=12,
)


@settings(max_examples=2000, deadline=None)
@given(st.dictionaries(_text, _value, max_size=4) | _value)
def test_what_is_written_is_what_libyaml_writes(content: JsonValue) -> None:
    text = write_plain_block(content, style_of=_style_of)

    assert text in ("", emit(content, style_of=_style_of))


@pytest.mark.parametrize(
    "content",
    [
        {"a": "b"},
        {"a": ""},
        {"a": "true", "b": {"c": {"d": "e\nf g\n"}}, "h": "AgB+/0=="},
    ],
)
def test_simple_values_are_written_the_short_way(content: JsonValue) -> None:
    text = write_plain_block(content, style_of=_style_of)

    assert text == emit(content, style_of=_style_of)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        "a",
        {"a": {}},
        {"a": ["b"]},
        {"a": True},
        {"a b": "c"},
        {"a": "b c"},
        {"true": "c"},
        {"a": "b: c"},
        {"a": "1 \\ 2\t"},
        {"a": "b\n\n"},
        {"a": {"b": None}},
    ],
)
def test_all_else_is_left_to_libyaml(content: JsonValue) -> None:
    assert not write_plain_block(content, style_of=_style_of)
