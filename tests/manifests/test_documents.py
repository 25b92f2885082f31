from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.manifests.documents import (
    Limits,
    Manifest,
    Position,
    expand_lists,
    read_documents,
    read_value,
    read_values,
)
from gitopskit.manifests.identity import ObjectRef
from tests.support.kubectl import read_json_with_kubectl, read_with_kubectl

TWO = """\
# a comment
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: one
        - name: two
"""


def test_documents_know_what_and_where_they_are() -> None:
    first, second = read_documents(TWO, path="app.yaml")

    assert first.ref == ObjectRef(group="", kind="Secret", namespace="shop", name="db")
    assert (first.where, first.index) == ("app.yaml:2:1", 0)
    assert (second.api_version, second.kind, second.name) == ("apps/v1", "Deployment", "web")
    assert (second.namespace, second.where, second.index) == ("", "app.yaml:8:1", 1)


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        pytest.param((), (8, 1), id="document"),
        pytest.param(("metadata", "name"), (10, 12), id="name of a field"),
        pytest.param(("spec", "template", "spec", "containers", 1), (16, 11), id="item"),
        pytest.param(("spec", "template", "nothing", "here"), (12, 3), id="nearest ancestor"),
        pytest.param(("spec", 3), (11, 1), id="index into a mapping"),
        pytest.param(("metadata", "name", "x"), (10, 12), id="name in a scalar"),
    ],
)
def test_locate_finds_where_a_value_is_written(
    pointer: tuple[str | int, ...], expected: tuple[int, int]
) -> None:
    manifest = read_documents(TWO, path="x")[1]

    assert manifest.locate(pointer) == Position(*expected)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        pytest.param("\ufeffa: 1\nb: 2\n", 2, 1, id="byte order mark"),
        pytest.param("a: x\u2028  y\nb: 2\n", 2, 1, id="line separator"),
        pytest.param("a: 'x\x85'\n\nb: 2\n", 3, 1, id="next line"),
        pytest.param("a: 1\r\nb: 2\r\n", 2, 1, id="crlf"),
        pytest.param("a: 1\rb: 2\r", 2, 1, id="cr"),
        pytest.param("a: é😀\nb: 2", 2, 1, id="astral"),
        pytest.param("{a: 😀, b: 2}", 1, 8, id="columns are characters"),
        pytest.param('\ufeff{"a": 1, "b": 2}', 1, 10, id="json after a byte order mark"),
    ],
)
def test_positions_are_those_of_an_editor(text: str, line: int, column: int) -> None:
    document = read_documents(text, path="x")[0]

    assert document.locate(("b",)) == Position(line, column)
    assert document.position == Position(1, 1)


def test_first_column_is_one_after_a_byte_order_mark() -> None:
    assert read_documents("\ufeffa: 1\n", path="x")[0].locate(("a",)) == Position(1, 1)


def test_empty_documents_are_skipped_but_counted() -> None:
    found = read_documents("---\n---\na: 1\n---\n# nothing\n---\nb: 2\n", path="x")

    assert [(each.content, each.index) for each in found] == [({"a": 1}, 1), ({"b": 2}, 3)]


def test_a_text_without_documents_has_none() -> None:
    assert read_documents(b"", path="x") == ()
    assert read_value("# nothing", path="x") is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a": 1}{"b": [2]}', id="without a gap"),
        pytest.param('\ufeff {"a": 1}\n\n\t{"b": [2]}\n' + " " * 200, id="with white space"),
        pytest.param('{"a": 1}\n---\n{"b": [2]}', id="as YAML documents"),
        pytest.param("{a: 1}\n---\n{b: [2]}", id="as YAML flow mappings"),
    ],
)
def test_json_values_may_follow_each_other(text: str) -> None:
    assert [each.content for each in read_documents(text, path="x")] == [{"a": 1}, {"b": [2]}]


def test_positions_in_concatenated_json_are_those_of_the_whole_text() -> None:
    text = '{"a": 1}\n{"b": {"c": "\\ud83d\\ude00",\n "d": 1}}'

    second = read_documents(text, path="x")[1]

    assert second.content["b"]["c"] == "😀"
    assert second.where == "x:2:1"
    assert second.locate(("b", "d")) == Position(3, 2)


def test_json_that_yaml_cannot_read_has_the_position_of_its_document() -> None:
    document = read_documents('{"a"\n:{"b": 1}}', path="x")[0]

    assert document.content == {"a": {"b": 1}}
    assert document.locate(("a", "b")) == Position(1, 1)


@pytest.mark.parametrize(
    "escaped",
    [
        pytest.param(r"\ud800", id="high"),
        pytest.param(r"a\udC00\ud83d\ude00\ud800\ud800b", id="around a pair"),
        pytest.param(r"\\ud800\\\udfff\"\u0041\ud83d\ude00", id="behind a backslash"),
    ],
)
def test_half_of_a_surrogate_pair_in_json_is_what_kubectl_reads(escaped: str) -> None:
    field = f'"{escaped}": "{escaped}"'

    content = read_value(f"{{{field}}}", path="x")

    assert content == read_json_with_kubectl(field)


def test_names_that_differ_in_half_a_surrogate_pair_are_one_name() -> None:
    with pytest.raises(MalformedDocument, match="twice"):
        read_value(r'{"\ud800": 1, "\udfff": 2}', path="x")


def test_large_numbers_in_json_are_floats() -> None:
    text = (
        '{"a": 9223372036854775807, "b": 9223372036854775808, "c": 1.0, "d": 100000000000000000000}'
    )

    content = read_value(text, path="x")

    assert content == {"a": 2**63 - 1, "b": float(2**63), "c": 1.0, "d": 1e20}
    assert [type(value) for value in content.values()] == [int, float, float, float]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("a: 1\nb: 2\na: 3", "3:1", id="yaml"),
        pytest.param("1: a\n'1': b", "2:1", id="after conversion"),
        pytest.param("<<: {a: 1}\nb: 1\nb: 2", "3:1", id="beside a merge"),
        pytest.param('{"b": {"a": 1,\n "a": 2}}', "2:2", id="json"),
        pytest.param(
            '{"c": [{"a": 1, "b": {}}]}\n{"a": [1,\n{"b":1,"b":2}]}', "3:8", id="json list"
        ),
    ],
)
def test_a_field_may_not_be_there_twice(text: str, place: str) -> None:
    with pytest.raises(MalformedDocument, match="there twice") as caught:
        read_documents(text, path="f")

    assert caught.value.where == f"f:{place}"


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        pytest.param("a: [", "did not find expected node content", "1:5", id="unclosed"),
        pytest.param("a:\n\tb: 1", "cannot start any token", "2:1", id="tab"),
        pytest.param("a: b: c", "mapping values are not allowed", "1:5", id="two colons"),
        pytest.param("é: \x01", "control characters are not allowed", "1:4", id="control"),
        pytest.param("a: *b", "no anchor of this name", "1:4", id="unknown anchor"),
        pytest.param("a: &a [*a]", "an anchor contains itself", "1:8", id="recursion"),
        pytest.param("? [a]\n: 1", "only a scalar can name a field", "1:3", id="complex key"),
        pytest.param("a: &a b\n*a : 1", "only a scalar can name a field", "2:1", id="alias key"),
        pytest.param("<<: 5", "<< takes a mapping", "1:5", id="merge of a scalar"),
        pytest.param("a: &a [{}]\n<<: *a", "<< takes a mapping", "2:5", id="merge of a list alias"),
        pytest.param("- a", "a manifest is a mapping, this is a list", "1:1", id="list"),
        pytest.param("a", "a manifest is a mapping, this is a single value", "1:1", id="scalar"),
        pytest.param("[a,", "did not find expected node content", "1:4", id="flow, not JSON"),
        pytest.param('{"a" 1}', "this is not JSON: expecting ':' delimiter", "1:6", id="json"),
        pytest.param('{"a": \x02}', "this is not JSON: expecting value", "1:7", id="json control"),
    ],
)
def test_malformed_text_is_refused_with_its_place(text: str, message: str, place: str) -> None:
    with pytest.raises(MalformedDocument, match=message) as caught:
        read_documents(text, path="f")

    assert caught.value.where == f"f:{place}"
    assert isinstance(caught.value, InputError)


def test_a_tab_gets_a_hint() -> None:
    with pytest.raises(MalformedDocument) as caught:
        read_documents("a:\n\tb: 1", path="f")

    assert caught.value.hint == "indent with spaces"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"\xff\xfea\x00", "not UTF-8", id="utf-16"),
        pytest.param("\ud800", "not UTF-8", id="lone surrogate"),
        pytest.param("a" * 101, "larger than 0 MiB", id="size"),
        pytest.param("---\na\n" * 4, "more than 3 documents", id="documents"),
        pytest.param("{}" * 4, "more than 3 documents", id="json documents"),
        pytest.param("[[[[[]]]]]", "more than 4 levels", id="json depth"),
        pytest.param("a: {b: {c: {d: {e: 1}}}}", "more than 4 levels", id="depth"),
        pytest.param("a: &a {b: {c: {d: 1}}}\nb: {c: *a}", "more than 4 levels", id="alias depth"),
        pytest.param("a: &a [1,1,1]\nb: [*a,*a,*a]", "stand for more than 10", id="aliases"),
    ],
)
def test_limits_are_kept(text: str | bytes, message: str) -> None:
    limits = Limits(size_bytes=100, depth=4, aliases=10, documents=3)

    with pytest.raises(MalformedDocument, match=message):
        read_values(text, path="f", limits=limits)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000])
def test_absurd_nesting_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument, match="more than 100 levels"):
        read_documents(text, path="f")


def test_a_number_that_is_too_large_for_json_is_refused() -> None:
    with pytest.raises(MalformedDocument, match="a number is too large") as caught:
        read_documents('{"a": 1}\n{"b": 1e400}', path="f")

    assert caught.value.where == "f:2:1"


def test_what_is_no_json_is_read_as_yaml() -> None:
    assert read_value('{"a": NaN, "b": -Infinity}', path="x") == {"a": "NaN", "b": "-Infinity"}


def test_a_repeated_field_too_deep_for_a_place_has_that_of_its_document() -> None:
    text = '{"a":' * 150 + '{"b":1,"b":2}' + "}" * 150

    with pytest.raises(MalformedDocument, match="there twice") as caught:
        read_documents("\n" + text, path="f")

    assert caught.value.where == "f:2:1"


def test_what_follows_broken_json_need_not_be_json() -> None:
    with pytest.raises(MalformedDocument, match="there twice") as caught:
        read_documents('{"a": 1, "a": 2}\n---\n~: 1\n', path="f")

    assert caught.value.where == "f:1:10"


def test_a_billion_laughs_are_refused() -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    with pytest.raises(MalformedDocument, match="aliases stand for more than 100000 values"):
        read_documents("\n".join(lines), path="f")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "a: &a {x: 1, z: 2}\nv: {x: 9, <<: *a}\n", id="a merge wins over what is before"
        ),
        pytest.param("a: &a {x: 1, z: 2}\nv: {<<: *a, x: 9}\n", id="and loses to what is after"),
        pytest.param("a: &a {x: 1}\nv: {<<: [*a, {x: 2, z: 3}]}\n", id="the first of a list wins"),
        pytest.param("a: &a {x: 1}\nv: {<<: *a, <<: {x: 2}}\n", id="the last of two wins"),
        pytest.param("v: {'<<': 5}\n", id="a quoted one is a name"),
        pytest.param("v: {!!merge <<: {x: 1}}\n", id="tagged"),
        pytest.param("a: &a {x: [1, {q: 2}]}\nv: [*a, *a]\n", id="aliases"),
        pytest.param("a: &a 1\nb: &a 2\nv: *a\n", id="the last anchor of a name counts"),
        pytest.param("v: !!set {a, b}\nw: !!omap [c: 1]\n", id="tags of collections"),
        pytest.param("v: a\u2028  b\nw: 'x\x85  z'\n", id="unicode line breaks"),
        pytest.param("v: |\n  a\n   b\n\nw: >-\n  c\n  d\n", id="block scalars"),
    ],
)
def test_kubectl_reads_the_same_structure(body: str) -> None:
    assert read_value(body, path="x") == read_with_kubectl(body)


def test_aliases_are_copies() -> None:
    content = read_value("a: &a {x: [1]}\nb: *a\n", path="x")
    content["a"]["x"].append(2)

    assert content["b"] == {"x": [1]}


def test_lists_are_taken_apart_with_positions() -> None:
    nested = "- kind: BList\n  items:\n  - kind: B\n    metadata: {name: b}\n"
    text = "kind: List\nitems:\n- kind: A\n" + nested

    items = expand_lists(read_documents(text, path="x"))

    assert [item.kind for item in items] == ["A", "B"]
    assert items[1].locate(("metadata", "name")) == Position(7, 16)
    assert items[1].where == "x:6:5"


def test_what_only_looks_like_a_list_stays() -> None:
    manifests = read_documents("kind: AllowList\nspec: {}\n", path="x")

    assert expand_lists(manifests) == manifests


def test_an_item_must_be_a_mapping() -> None:
    manifests = read_documents("kind: List\nitems:\n- 5\n", path="x")

    with pytest.raises(MalformedDocument) as caught:
        expand_lists(manifests)

    assert caught.value.where == "x:3:3"


def test_only_one_value_is_expected_where_one_is_read() -> None:
    with pytest.raises(MalformedDocument, match="only one document") as caught:
        read_value("a: 1\n---\nb: 2\n", path="x")

    assert caught.value.where == "x:3:1"


def test_a_manifest_of_strange_shape_has_empty_names() -> None:
    manifest = read_documents("kind: 5\nmetadata: text\n", path="x")[0]

    assert (manifest.kind, manifest.name, manifest.api_version) == ("", "", "")
    assert manifest.ref == ObjectRef(group="", kind="5", namespace="", name="")


def test_a_manifest_made_by_hand_has_its_own_position() -> None:
    manifest = Manifest(content={"a": 1}, path="x", index=0, position=Position(3, 4))

    assert manifest.locate(("a",)) == Position(3, 4)
    assert manifest.outline() is None


def test_a_manifest_does_not_print_its_content() -> None:
    manifest = read_documents("kind: Secret\nstringData: {a: hunter2}\n", path="x")[0]

    assert "hunter2" not in repr(manifest)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), _JSON, max_size=4))
def test_json_is_read_as_json(content: dict[str, object]) -> None:
    assert read_value(json.dumps(content), path="x") == content


@given(st.text(alphabet="ab:-[]{},&*!|>'\"#%\n\t \ufeff\u2028\x85\x00\\<~0.", max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        documents = read_values(text, path="f")
    except MalformedDocument as error:
        name, line, column = error.where.split(":")
        assert name == "f"
        assert int(line) >= 1
        assert int(column) >= 1
    else:
        for document in documents:
            assert document.position.line <= text.count("\n") + text.count("\r") + 1
            document.locate(("a", 0))
