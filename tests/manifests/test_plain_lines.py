"""The short way to read simple texts: it reads what the long way reads, or leaves it to that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import MalformedDocument
from gitopskit.manifests.compose import compose
from gitopskit.manifests.documents import Limits
from gitopskit.manifests.plain_lines import read_plain_lines
from gitopskit.manifests.source import Source

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.manifests.positions import Position

_SHAPES: Final = sorted((Path(__file__).parent / "shapes").rglob("*.yaml"))

_WORDS: Final = (
    *("a", "b", "kind", "metadata", "null", "true", "y", "on", "No", "e", ".inf", "~", "=", "<<"),
    *("1", "0", "-1", "01", "0x1f", "0b1", "1.0", "1e3", "1e999", "1_0", "2001-01-01", "10.0.0.1"),
    *("v1", "apps/v1", "a.b/c", "YWI=", "AgB+/0==", "a-b", "-", "--", "---", "...", "a:b", "a: b"),
    *(
        "",
        " ",
        "  ",
        "#",
        " # c",
        "'x'",
        '"x"',
        '"',
        "'",
        '""',
        '"a b"',
        '"a: b"',
        '"a # b"',
        '"\\t"',
    ),
    *("|", ">", "- a", "?", "&a", "*a", "!t", "!!str", "{}", "[]", "{a: b}", "%", "@", "`", ","),
    *("\t", "\r", "é", "\ufeff", "\x0b", "\x00", "\x7f", "\x85", "\u2028", "x" * 99, "x" * 1200),
)
_MARGINS: Final = ("", "", "", " ", "  ", "  ", "    ", "      ", "\t")
_ENDS: Final = (
    "\n",
    "\n",
    "\n",
    "\n",
    "",
    "\r\n",
    " \n",
    "\n\n",
    "\n---\n",
    "\n--- a\n",
    "\n...\n",
)

_word = st.sampled_from(_WORDS)
_line = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(_MARGINS),
    _word,
    st.sampled_from((":", ": ", ": ", ": ", ":  ", "")),
    _word,
    st.sampled_from(_ENDS),
)
_simple_line = st.builds(
    "{}{}:{}\n".format,
    st.sampled_from(("", "  ", "    ")),
    st.sampled_from(("a", "b", "c", "data")),
    st.sampled_from(("", "", " x", ' "x y"', " 1", " true")),
)
_text = st.lists(_line | _simple_line | _simple_line | st.just("---\n"), max_size=12).map("".join)


def _source(text: str, limits: Limits | None = None) -> Source:
    return Source(text, path="a.yaml", limits=limits or Limits())


def _long_way(text: str) -> list[tuple[JsonValue, Position]] | None:
    try:
        return compose(_source(text))
    except MalformedDocument:
        return None


@settings(max_examples=3000, deadline=None)
@given(_text)
def test_what_is_read_is_what_the_long_way_reads(text: str) -> None:
    found = read_plain_lines(_source(text))

    assert found is None or repr(found) == repr(_long_way(text))


@pytest.mark.parametrize("path", _SHAPES, ids=lambda path: path.stem)
def test_files_of_all_shapes_are_read_as_the_long_way_reads_them(path: Path) -> None:
    text = path.read_bytes().decode()

    found = read_plain_lines(_source(text))

    assert found is None or repr(found) == repr(_long_way(text))


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n",
        "a: b",
        "---\na: b\n",
        "a:\n  b:\n    c: d\n  e: f\ng: h\n",
        "a:\nb: 1\n",
        "a: 1.0\n",
        'a: "b c"\n---\nd: true\n',
        "a: null\n",
    ],
)
def test_simple_texts_are_read_the_short_way(text: str) -> None:
    assert repr(read_plain_lines(_source(text))) == repr(_long_way(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a: é\n",
        "  a: b\n",
        "a: b\n  c: d\n",
        "a: null\n  c: d\n",
        "a:\n    b: c\n  d: e\n",
        "a: b\na: c\n",
        "true: b\n",
        "a: 1e30\n",
        "a: b\n---\n",
        "---\n---\na: b\n",
        "- a\n",
        "a: |\n  b\n",
        "# comment\na: b\n",
    ],
)
def test_all_else_is_left_to_the_long_way(text: str) -> None:
    assert read_plain_lines(_source(text)) is None


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("a:\n  b:\n    c: d\n", Limits(depth=2)),
        ("a: b\n---\nc: d\n", Limits(documents=1)),
    ],
    ids=["depth", "documents"],
)
def test_a_text_beyond_a_limit_is_left_to_the_long_way(text: str, limits: Limits) -> None:
    assert read_plain_lines(_source(text, limits)) is None
    with pytest.raises(MalformedDocument):
        compose(_source(text, limits))
