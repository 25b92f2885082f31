"""What a new value looks like in the place of an old one: block scalars, anchors, tags, layout."""

from __future__ import annotations

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.block_scalars import read_block_scalar
from gitopskit.manifests.documents import read_values
from gitopskit.manifests.edit import REMOVED, remove_value, set_value

LONG = "AgB" + "q7Rk/+" * 120 + "x=="


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        pytest.param("k: AgBa\n  b\n# c\n", LONG, f"k: {LONG}\n# c\n", id="plain"),
        pytest.param('k: "AgBa\n\n  b" # c\n', LONG, f'k: "{LONG}" # c\n', id="double quotes"),
        pytest.param("k: 'AgBa\n  b' # c\n", LONG, f"k: '{LONG}' # c\n", id="single quotes"),
        pytest.param(
            "k:\n  AgBa\n  b\nz: 1", LONG, f"k:\n  {LONG}\nz: 1", id="on lines of its own"
        ),
        pytest.param("k: |\n  AgBa\n  b\nz: 1", f"{LONG}\n", f"k: |\n  {LONG}\nz: 1", id="literal"),
        pytest.param(
            "k: |- # c\n    AgBa\n    b\n\nz: 1\n",
            LONG,
            f"k: |- # c\n    {LONG}\n\nz: 1\n",
            id="literal with a comment",
        ),
        pytest.param("- >-\n  AgBa\n  b\n- 1\n", LONG, f"- >-\n  {LONG}\n- 1\n", id="folded"),
        pytest.param("- >\n\n  AgBa\n  b\n", f"\n{LONG}\n", f"- >\n\n  {LONG}\n", id="blank line"),
        pytest.param("k: |+\n  a\n\n\nz: 1", "b\n", "k: |+\n  b\nz: 1", id="keep, shorter"),
        pytest.param("k: |+\n  a\n\nz: 1", "b\n\n\n", "k: |+\n  b\n\n\nz: 1", id="keep, longer"),
        pytest.param("k: |+\n  a\n\nz: 1", "b", "k: |-\n  b\nz: 1", id="keep no more"),
        pytest.param("k: |\n  a\n\nz: 1", "b\n\n", "k: |+\n  b\n\nz: 1", id="keep from now on"),
        pytest.param("k: |-\n  a\nz: 1", "b\n", "k: |\n  b\nz: 1", id="strip no more"),
        pytest.param("k: |\n  a\nz: 1", "b", "k: |-\n  b\nz: 1", id="strip from now on"),
        pytest.param("k: |\n  a", "b", "k: |\n  b", id="open end"),
        pytest.param("k: |\n  a", "b\n", "k: |\n  b\n", id="open end that closes"),
        pytest.param("k: |+\n  a", "b", "k: |+\n  b", id="open end that keeps"),
        pytest.param("k: |4-\n      a\n", " b\n c", "k: |4-\n     b\n     c\n", id="explicit"),
        pytest.param("k: |-4\n    a\n", "b", "k: |-4\n    b\n", id="explicit behind the sign"),
        pytest.param("k: |1-\n     \nz: 1\n", "b", "k: |1-\n b\nz: 1\n", id="only spaces"),
        pytest.param("k: |\r\n  a\r\n", "b\nc\n", "k: |\r\n  b\r\n  c\r\n", id="crlf"),
    ],
)
def test_a_value_of_several_lines_keeps_its_form(text: str, value: str, expected: str) -> None:
    key = 0 if text.startswith("-") else "k"

    assert set_value(text, document=0, pointer=(key,), value=value) == expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        pytest.param(
            "k: # c\n    note: | # d\n       one\n       two\n       three\n    z: 1\n",
            "one\n2\n\n  three\n",
            "k: # c\n    note: | # d\n       one\n       2\n\n         three\n    z: 1\n",
            id="literal",
        ),
        pytest.param(
            "k:\n  note: >- # d\n   one\n   two\n",
            "one\n2",
            "k:\n  note: |- # d\n   one\n   2\n",
            id="folded becomes literal",
        ),
        pytest.param(
            "k:\n  note: a # d\n", "a\nb", "k:\n  note: |- # d\n    a\n    b\n", id="plain"
        ),
        pytest.param(
            'k:\n  note: "a" # d\n', "a\nb", "k:\n  note: |- # d\n    a\n    b\n", id="quoted"
        ),
        pytest.param("k:\n  note:\n    a\n", "a\nb", "k:\n  note: |-\n    a\n    b\n", id="below"),
        pytest.param("k:\n  m: 1\n", "a\nb\n", "k:\n  m: 1\n  note: |\n    a\n    b\n", id="added"),
        pytest.param("k: {note: a}\n", "a\nb\n", 'k: {note: "a\\nb\\n"}\n', id="flow"),
        pytest.param('{"k": {"note": "a"}}', "a\nb\n", '{"k": {"note": "a\\nb\\n"}}', id="json"),
        pytest.param(
            '{"k": {"m": 1}}', "a\nb", '{"k": {"m": 1, "note": "a\\nb"}}', id="json, added"
        ),
        pytest.param(
            "k:\n  note: |\n    a\n", "\tb\n", 'k:\n  note: "\\tb\\n"\n', id="not in a block"
        ),
        pytest.param("k:\n  note: |\n    a\n", "\x07", 'k:\n  note: "\\a"\n', id="not printable"),
        pytest.param("k:\n  note: |\n    a\n", "", 'k:\n  note: ""\n', id="nothing"),
        pytest.param("k:\n  note: |\n", "b\n", "k:\n  note: |\n    b\n", id="nothing before"),
        pytest.param("k:\n  note: |\n    a\n", [1], "k:\n  note:\n  - 1\n", id="a list"),
    ],
)
def test_a_new_value_of_several_lines_is_written_as_lines(
    text: str, value: object, expected: str
) -> None:
    assert set_value(text, document=0, pointer=("k", "note"), value=value) == expected


def test_a_diff_of_a_literal_shows_the_changed_lines_only() -> None:
    lines = ["metadata:", "  note: |", "    one", "    two", "    three", "    four", "kind: A", ""]
    edited = set_value(
        "\n".join(lines), document=0, pointer=("metadata", "note"), value="one\n2\nthree\nfour\n"
    )

    assert edited.split("\n") == [line.replace("two", "2") for line in lines]


def test_a_text_that_does_not_begin_a_block_scalar_is_refused() -> None:
    with pytest.raises(ValueError, match="no block scalar"):
        read_block_scalar("plain", 0, 5)


@pytest.mark.parametrize(
    ("text", "pointer", "value", "expected"),
    [
        pytest.param("k: &a b # c\n", ("k",), "d", "k: &a d # c\n", id="anchor"),
        pytest.param("k: &a # c\nz: 1", ("k",), "d", "k: &a d # c\nz: 1", id="anchor alone"),
        pytest.param("k: &a\n  b\n", ("k",), "d", "k: &a\n  d\n", id="anchor on the line before"),
        pytest.param("k: &a b\n", ("k",), {"q": 1}, "k: &a\n  q: 1\n", id="anchor, then a mapping"),
        pytest.param("- &a b\n", (0,), {"q": 1}, "- &a\n  q: 1\n", id="anchor in an item"),
        pytest.param("- &a b\n", (0,), "q\nr", "- &a |-\n  q\n  r\n", id="anchor before a literal"),
        pytest.param("- &a\n  q: 1\n", (0, "q"), REMOVED, "- &a {}\n", id="anchor, then empty"),
        pytest.param("k: &a {b: c}\n", ("k",), {}, "k: &a {}\n", id="anchored flow"),
        pytest.param("[&a b, &c ]", (1,), "d", '[&a b, &c "d" ]', id="anchors in flow"),
        pytest.param("{a: &a b}", ("a",), "d", "{a: &a d}", id="anchor of a field in flow"),
        pytest.param("k: !!str b\n", ("k",), "yes", 'k: !!str "yes"\n', id="tag that fits"),
        pytest.param("k: !!int '5'\n", ("k",), 6, "k: !!int 6\n", id="tag of a number"),
        pytest.param("k: !x &a b\n", ("k",), "d", "k: !x &a d\n", id="tag of one's own"),
        pytest.param("k: !!int 5\n", ("k",), "d", "k: d\n", id="tag that does not fit"),
        pytest.param("k: !!binary aGk=\n", ("k",), "hi", "k: hi\n", id="base64 that goes"),
        pytest.param("k: !!str &a 5\n", ("k",), 6, "k: &a 6\n", id="tag goes, anchor stays"),
        pytest.param("k: &a !!str 5\n", ("k",), 6, "k: &a 6\n", id="anchor stays, tag goes"),
        pytest.param("k: !!map\n  a: 1\n", ("k",), 6, "k: 6\n", id="tag of a mapping goes"),
        pytest.param("k: # c\n  !!str b\n", ("k",), 6, "k: # c\n  6\n", id="tag below"),
        pytest.param("k: !!str # c\n  b\n", ("k",), 6, "k: # c\n  6\n", id="tag above"),
        pytest.param(
            "k: !!binary |\n  aGk=\n", ("k",), "hi\n", "k: |\n  hi\n", id="tag before a literal"
        ),
        pytest.param("[!!str 5]", (0,), 6, "[6]", id="tag in flow"),
        pytest.param("k: !!seq\n- a\n- b\n", ("k", 1), 1, "k: !!seq\n- a\n- 1\n", id="tagged list"),
        pytest.param(
            "k: &l\n- a\n- b\n", ("k", 2), 1, "k: &l\n- a\n- b\n- 1\n", id="anchored list"
        ),
        pytest.param("k: &m # c\n  a: 1\n", ("k", "b"), 1, "k: &m # c\n  a: 1\n  b: 1\n", id="map"),
    ],
)
def test_anchors_and_tags_stay_if_they_can(
    text: str, pointer: tuple[str | int, ...], value: object, expected: str
) -> None:
    edited = set_value(text, document=0, pointer=pointer, value=value)

    assert edited == expected


@pytest.mark.parametrize(
    ("text", "pointer", "value", "expected"),
    [
        pytest.param(
            "x: &x {q: 1}\nk:\n  <<: *x\n  a: 1\n",
            ("k", "a"),
            2,
            "x: &x {q: 1}\nk:\n  <<: *x\n  a: 2\n",
            id="own field",
        ),
        pytest.param(
            "x: &x {q: 1}\nk:\n  q: 5\n  <<: {a: 1}\n",
            ("k", "q"),
            2,
            "x: &x {q: 1}\nk:\n  q: 2\n  <<: {a: 1}\n",
            id="field before a merge of others",
        ),
        pytest.param(
            "x: &x {q: 1}\nk: {<<: *x, q: 2}\n",
            ("k", "q"),
            3,
            "x: &x {q: 1}\nk: {<<: *x, q: 3}\n",
            id="field that wins",
        ),
        pytest.param(
            "x: &x {q: 1}\nk: {<<: *x, q: 2}\n",
            ("x", "q"),
            3,
            "x: &x {q: 3}\nk: {<<: *x, q: 2}\n",
            id="merged field that loses",
        ),
        pytest.param(
            "x: &x {q: 1}\nk:\n  <<: *x\n",
            ("k", "b", "c"),
            1,
            "x: &x {q: 1}\nk:\n  <<: *x\n  b:\n    c: 1\n",
            id="new field",
        ),
        pytest.param(
            "x: &x {q: 1}\nk:\n  <<: *x\n  a: 1\n",
            ("k", "a"),
            REMOVED,
            "x: &x {q: 1}\nk:\n  <<: *x\n",
            id="own field removed",
        ),
    ],
)
def test_what_is_written_beside_a_merge_is_edited(
    text: str, pointer: tuple[str | int, ...], value: object, expected: str
) -> None:
    assert set_value(text, document=0, pointer=pointer, value=value) == expected


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        pytest.param(("k", "q"), 2, id="field of the merge"),
        pytest.param(("k", "q", "r"), 2, id="in a field of the merge"),
        pytest.param(("k", "q"), REMOVED, id="field of the merge removed"),
        pytest.param(("k", "a"), 2, id="field that the merge overrides"),
        pytest.param(("l", "a"), REMOVED, id="field that the merge would give again"),
        pytest.param(("m",), REMOVED, id="alias removed"),
    ],
)
def test_what_comes_from_a_merge_is_refused(pointer: tuple[str | int, ...], value: object) -> None:
    text = "x: &x {q: {r: 1}, a: 3}\nk:\n  a: 1\n  <<: *x\nl:\n  <<: *x\n  a: 1\nm: *x\n"

    with pytest.raises(InputError, match="behind an anchor, an alias or <<") as caught:
        set_value(text, document=0, pointer=pointer, value=value, path="f")

    assert caught.value.hint == "write the value out, or edit the file by hand"


@pytest.mark.parametrize(
    ("text", "pointer", "value", "expected"),
    [
        pytest.param(
            '{\n\t"a": {"b": 1}\n}\n',
            ("c",),
            {"d": [1], "e": {}},
            '{\n\t"a": {"b": 1},\n\t"c": {\n\t\t"d": [\n\t\t\t1\n\t\t],\n\t\t"e": {}\n\t}\n}\n',
            id="collection in lines",
        ),
        pytest.param(
            '{\n  "a": {}\n}',
            ("a", "b"),
            1,
            '{\n  "a": {\n    "b": 1\n  }\n}',
            id="into {} in lines",
        ),
        pytest.param('{\n  "a": null\n}', ("a",), [1], '{\n  "a": [\n    1\n  ]\n}', id="for null"),
        pytest.param('{"a":1}', ("b",), {"c": [1]}, '{"a":1,"b":{"c":[1]}}', id="compact"),
        pytest.param('{"a":[1]}', ("a", 1), 2, '{"a":[1,2]}', id="compact list of one"),
        pytest.param('{"a":1,  "b":2}', ("c",), 3, '{"a":1,  "b":2,  "c":3}', id="wide commas"),
        pytest.param("{a: 1 , 'b':2}", ("c",), 3, "{a: 1 , 'b':2,c: 3}", id="unquoted name"),
        pytest.param("{ }", ("a",), 1, '{"a": 1}', id="spaces in {}"),
        pytest.param("{ # c\n}", ("a",), 1, '{"a": 1 # c\n}', id="comment in {}"),
        pytest.param("[a, b]", (2,), "c\x7f\u2028", '[a, b, "c\\u007f\\u2028"]', id="escapes"),
        pytest.param("[\n  a, # c\n  b]", (2,), 1, "[\n  a, # c\n  b,\n  1]", id="bracket behind"),
        pytest.param(
            "[\n  a,\n  b # c\n]",
            (2,),
            1,
            "[\n  a,\n  b, # c\n  1\n]",
            id="comment behind the last",
        ),
        pytest.param("[\n  a,\n]", (1,), 1, "[\n  a,\n  1,\n]", id="comma behind the last"),
        pytest.param(
            "[\n  a,\n  # c\n  b\n]", (0,), REMOVED, "[\n  # c\n  b\n]", id="before a comment"
        ),
        pytest.param("[a, # a\n # c\n b]", (0,), REMOVED, "[ # c\n b]", id="first, then a comment"),
        pytest.param("[\n a, # c\n b # d\n]", (1,), REMOVED, "[\n a, # c\n]", id="after a comment"),
        pytest.param(
            "[\n a, # c\n b]", (1,), REMOVED, "[\n a, # c\n ]", id="last, then the bracket"
        ),
        pytest.param("[ # c\n a, # d\n]", (0,), REMOVED, "[ # c\n]", id="the only one, commented"),
        pytest.param("[ # c\n a]", (0,), REMOVED, "[ # c\n ]", id="the only one, then the bracket"),
        pytest.param("[a # c\n , b]", (0,), REMOVED, "[b]", id="comma on the next line"),
    ],
)
def test_flow_style_keeps_its_layout(
    text: str, pointer: tuple[str | int, ...], value: object, expected: str
) -> None:
    edited = set_value(text, document=0, pointer=pointer, value=value)

    assert edited == expected


@pytest.mark.parametrize(
    ("text", "pointer", "expected"),
    [
        pytest.param(
            "- a: 1 # a\n  # b\n  b: 2\n", (0, "a"), "-\n  # b\n  b: 2\n", id="first of an item"
        ),
        pytest.param(
            "k: # c\n  # d\n  a: 1 # e\n  # f\n", ("k", "a"), "k: {} # c\n  # d\n  # f\n", id="only"
        ),
        pytest.param("# c\na: 1\n# d\n", ("a",), "# c\n{}\n# d\n", id="only one of a document"),
        pytest.param("- a: 1\n- b", (0, "a"), "- {}\n- b", id="only one of an item"),
        pytest.param("k: |+\n  a\n\nz: 1\n", ("k",), "z: 1\n", id="blank lines that belong to it"),
        pytest.param("k: |\n  a\nz: 1", ("z",), "k: |\n  a\n", id="a literal that must end"),
        pytest.param("? a # c\n: 1\n? b\n: 2\n", ("a",), "? b\n: 2\n", id="explicit key"),
        pytest.param("a?: 1\nb: 2\n", ("a?",), "b: 2\n", id="question mark in a name"),
    ],
)
def test_a_removal_leaves_comments_and_what_they_are_about(
    text: str, pointer: tuple[str | int, ...], expected: str
) -> None:
    assert remove_value(text, document=0, pointer=pointer) == expected


def test_a_comment_behind_a_value_below_its_name_stays() -> None:
    text = "k:\n  a # c\nz: 1\n"

    edited = set_value(text, document=0, pointer=("k",), value=[1])

    assert edited == "k:\n  # c\n- 1\nz: 1\n"


def test_line_ends_that_only_yaml_knows_are_refused() -> None:
    text = "- a\u2028- b\n"

    with pytest.raises(InputError, match="without touching its surroundings"):
        remove_value(text, document=0, pointer=(1,))

    assert len(read_values(text, path="f")[0].content) == 2
