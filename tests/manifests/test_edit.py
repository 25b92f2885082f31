from __future__ import annotations

import pytest

from gitopskit.manifests.edit import remove_value, set_value

TEXT = """\
# head
apiVersion: v1  # version
metadata:
  name: "x" # the name
  labels: # all
    # inner
    a: 'b'
    c: d
spec:
- name: a # first
  image: web:1 # {"$imagepolicy": "shop:web"}
-
  name: b
- x
args: [a, "b", {c: d}]
text: | # note
  one
  two

# behind
empty:
last: {}"""


def _changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came, what is common at both ends left out."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


@pytest.mark.parametrize(
    ("pointer", "value", "old", "new"),
    [
        pytest.param(
            ("metadata", "name"),
            "y z",
            ['  name: "x" # the name'],
            ['  name: "y z" # the name'],
            id="in double quotes",
        ),
        pytest.param(
            ("metadata", "labels", "a"),
            "it's",
            ["    a: 'b'"],
            ["    a: 'it''s'"],
            id="in single quotes",
        ),
        pytest.param(
            ("spec", 0, "image"),
            "web:2",
            ['  image: web:1 # {"$imagepolicy": "shop:web"}'],
            ['  image: web:2 # {"$imagepolicy": "shop:web"}'],
            id="beside a marker",
        ),
        pytest.param(("spec", 2), "yes", ["- x"], ['- "yes"'], id="quotes where needed"),
        pytest.param(("spec", 2), {"a": [1]}, ["- x"], ["- a:", "  - 1"], id="mapping in an item"),
        pytest.param(
            ("spec", 1),
            {"a": 1},
            ["-", "  name: b"],
            ["- a: 1"],
            id="mapping below its dash",
        ),
        pytest.param(
            ("metadata", "labels"),
            {"q": 1},
            ["    a: 'b'", "    c: d"],
            ["    q: 1"],
            id="mapping for a mapping",
        ),
        pytest.param(
            ("metadata", "labels"),
            "s",
            ["  labels: # all", "    # inner", "    a: 'b'", "    c: d"],
            ["  labels: s # all", "    # inner"],
            id="scalar for a mapping",
        ),
        pytest.param(
            ("apiVersion",),
            ["q"],
            ["apiVersion: v1  # version"],
            ["apiVersion:  # version", "- q"],
            id="list for a scalar",
        ),
        pytest.param(
            ("text",),
            "new\nlines",
            ["text: | # note", "  one", "  two"],
            ["text: |- # note", "  new", "  lines"],
            id="literal for a literal",
        ),
        pytest.param(
            ("text",),
            5,
            ["text: | # note", "  one", "  two"],
            ["text: 5 # note"],
            id="number for a literal",
        ),
        pytest.param(("empty",), {"a": 1}, [], ["  a: 1"], id="into nothing"),
        pytest.param(
            ("empty", "a", "b"),
            1,
            [],
            ["  a:", "    b: 1"],
            id="path into nothing",
        ),
        pytest.param(
            ("args", 2, "c"),
            "e",
            ['args: [a, "b", {c: d}]'],
            ['args: [a, "b", {c: e}]'],
            id="plain in flow",
        ),
        pytest.param(
            ("args", 1),
            "no",
            ['args: [a, "b", {c: d}]'],
            ['args: [a, "no", {c: d}]'],
            id="quoted in flow",
        ),
        pytest.param(
            ("args", 3),
            {"a": [None]},
            ['args: [a, "b", {c: d}]'],
            ['args: [a, "b", {c: d}, {"a": [null]}]'],
            id="item added in flow",
        ),
        pytest.param(
            ("args", 2, "z z"),
            True,
            ['args: [a, "b", {c: d}]'],
            ['args: [a, "b", {c: d, "z z": true}]'],
            id="field added in flow",
        ),
        pytest.param(
            ("last", "a", "b"), "q", ["last: {}"], ['last: {"a": {"b": "q"}}'], id="into empty flow"
        ),
        pytest.param(("new",), 1, [], ["new: 1"], id="field at the end"),
        pytest.param(
            ("metadata", "annotations", "x/y"),
            "on",
            [],
            ["  annotations:", '    x/y: "on"'],
            id="field in the middle",
        ),
        pytest.param(("spec", 3), ["n"], [], ['- - "n"'], id="item at the end"),
    ],
)
def test_set_changes_these_lines_only(
    pointer: tuple[str | int, ...], value: object, old: list[str], new: list[str]
) -> None:
    text = TEXT + "\n"

    edited = set_value(text, document=0, pointer=pointer, value=value)

    assert _changed(text, edited) == (old, new)


@pytest.mark.parametrize(
    ("pointer", "old", "new"),
    [
        pytest.param(("metadata", "name"), ['  name: "x" # the name'], [], id="field"),
        pytest.param(
            ("spec", 0, "name"),
            ["- name: a # first", "  image"],
            ["- image"],
            id="first of an item",
        ),
        pytest.param(("spec", 1), ["-", "  name: b"], [], id="item"),
        pytest.param(("spec", 1, "name"), ["-", "  name: b"], ["- {}"], id="only field of an item"),
        pytest.param(("args", 0), ["args: [a,"], ["args: ["], id="first in flow"),
        pytest.param(("args", 2), ['args: [a, "b", {'], ['args: [a, "b"]'], id="last in flow"),
        pytest.param(
            ("args", 2, "c"), ["args: [a,"], ['args: [a, "b", {}]'], id="only one in flow"
        ),
        pytest.param(("text",), ["text: | # note", "  one", "  two"], [], id="literal"),
        pytest.param(("empty",), ["empty:"], [], id="empty value"),
    ],
)
def test_remove_takes_these_lines_only(
    pointer: tuple[str | int, ...], old: list[str], new: list[str]
) -> None:
    edited = remove_value(TEXT, document=0, pointer=pointer)

    went, came = _changed(TEXT, edited)
    assert [line.startswith(start) for line, start in zip(went, old, strict=True)] == [True] * len(
        old
    )
    assert [line.startswith(start) for line, start in zip(came, new, strict=True)] == [True] * len(
        new
    )


@pytest.mark.parametrize(
    ("text", "document", "pointer", "value", "expected"),
    [
        pytest.param(
            "a: 1\r\nb:\r\n  c: 2\r\n",
            0,
            ("b", "d"),
            {"x": "l\nm"},
            "a: 1\r\nb:\r\n  c: 2\r\n  d:\r\n    x: |-\r\n      l\r\n      m\r\n",
            id="crlf",
        ),
        pytest.param(
            "\ufeffa: 1\n---\nb: 1", 1, ("c",), 2, "\ufeffa: 1\n---\nb: 1\nc: 2", id="second"
        ),
        pytest.param("\ufeffa: 1\n---\nb: 1", 0, ("a",), 2, "\ufeffa: 2\n---\nb: 1", id="bom"),
        pytest.param(
            "a: 1\n---\n---\nb: 1", 2, ("b",), 2, "a: 1\n---\n---\nb: 2", id="after empty"
        ),
        pytest.param(
            '{\n  "a": 1,\n  "b": [1, 2]\n}\n',
            0,
            ("c",),
            "é",
            '{\n  "a": 1,\n  "b": [1, 2],\n  "c": "é"\n}\n',
            id="json",
        ),
        pytest.param(
            '{"a":1}\n{"x":{}}', 1, ("x", "y"), 1, '{"a":1}\n{"x":{"y": 1}}', id="json stream"
        ),
        pytest.param('{"a": null}', 0, ("a",), "A", '{"a": "A"}', id="text for null in json"),
        pytest.param('{"a": "b"}', 0, ("a",), "é", '{"a": "é"}', id="text for text in json"),
        pytest.param("{a: 'b'}", 0, ("a",), "c", "{a: 'c'}", id="quotes stay in flow"),
        pytest.param("{a, b: 1}", 0, ("a",), 1, "{a: 1, b: 1}", id="flow name alone"),
        pytest.param("{'a':, b: 1}", 0, ("a",), 1, "{'a': 1, b: 1}", id="flow without value"),
        pytest.param(
            "k: |+\n  a\n\n\n", 0, ("z",), 1, "k: |+\n  a\n\n\nz: 1\n", id="behind kept lines"
        ),
        pytest.param("k:\n  - a\n", 0, ("k", 1), "b", "k:\n  - a\n  - b\n", id="indented list"),
        pytest.param("- a\n- - b\n", 0, (1, 0), "c", "- a\n- - c\n", id="list in a list"),
        pytest.param("a: 1 # x\n", 0, (), {"b": 2}, "b: 2 # x\n", id="root"),
        pytest.param("{a: 1}\n", 0, (), {"b": 2}, '{"b": 2}\n', id="root in flow"),
        pytest.param("a: !!str 5\n", 0, ("a",), 5, "a: 5\n", id="tag goes with its value"),
        pytest.param("? a\n: 1\n", 0, ("a",), 2, "? a\n: 2\n", id="explicit key"),
        pytest.param(
            "a:\n  # c\n  b: 1\nd: 1", 0, ("a",), [1], "a:\n  # c\n- 1\nd: 1", id="comment stays"
        ),
    ],
)
def test_set_keeps_the_form_of_the_file(
    text: str, document: int, pointer: tuple[str | int, ...], value: object, expected: str
) -> None:
    assert set_value(text, document=document, pointer=pointer, value=value) == expected


@pytest.mark.parametrize(
    ("text", "pointer", "expected"),
    [
        pytest.param(
            "a: 1\r\nb:\r\n  c: 2", ("b", "c"), "a: 1\r\nb: {}", id="crlf, no last line break"
        ),
        pytest.param("a: 1\nb: 2", ("b",), "a: 1", id="last without a line break"),
        pytest.param("\ufeffa: 1\nb: 2\n", ("a",), "\ufeffb: 2\n", id="after a byte order mark"),
        pytest.param("a: 1\n", ("a",), "{}\n", id="the only one"),
        pytest.param("? a\n? b\n", ("a",), "? b\n", id="a key without a colon"),
        pytest.param("- a\n- b", (0,), "- b", id="first item"),
        pytest.param("- - a\n  - b\n", (0, 0), "- - b\n", id="first of a nested list"),
        pytest.param("- - a\n", (0, 0), "- []\n", id="the only item"),
        pytest.param("- a\n# - c\n- b\n", (1,), "- a\n# - c\n", id="a comment like an item"),
        pytest.param("-\n- # x-y\n  - a\n- b\n", (1,), "-\n- b\n", id="an empty item before"),
        pytest.param('{"a": 1,\n "b": 2}', ("a",), '{"b": 2}', id="json"),
    ],
)
def test_remove_keeps_the_form_of_the_file(
    text: str, pointer: tuple[str | int, ...], expected: str
) -> None:
    assert remove_value(text, document=0, pointer=pointer) == expected
