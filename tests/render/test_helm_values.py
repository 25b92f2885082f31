"""The values of a chart, merged as Helm merges them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import RenderFailed
from gitopskit.render.helm_values import (
    merge,
    parse_path,
    parse_value,
    texts_of,
    with_parameter,
)

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        pytest.param({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, id="mappings"),
        pytest.param({"a": [1]}, {"a": [2]}, {"a": [2]}, id="lists"),
        pytest.param({"a": {"b": 1}}, {"a": None}, {"a": None}, id="null"),
        pytest.param({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}, id="other-shape"),
    ],
)
def test_later_values_win(first: JsonObject, second: JsonObject, merged: JsonObject) -> None:
    assert merge(first, second) == merged


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        pytest.param("a", ("a",), id="one"),
        pytest.param("a.b-c.d", ("a", "b-c", "d"), id="dots"),
        pytest.param("a[0].b", ("a", 0, "b"), id="index"),
        pytest.param("a[0][1]", ("a", 0, 1), id="list-of-lists"),
        pytest.param(r"node\.kubernetes\.io/role", ("node.kubernetes.io/role",), id="escaped"),
        pytest.param(r"a.b\[0\]", ("a", "b[0]"), id="escaped-bracket"),
    ],
)
def test_a_path_has_steps(name: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(name) == steps


@pytest.mark.parametrize(
    "name", ["", ".", "a.", "a..b", "[0]", "a[x]", "a[", "a[0]b", "a=b", "a,b", "a[-1]"]
)
def test_what_is_no_path_is_refused(name: str) -> None:
    with pytest.raises(RenderFailed):
        parse_path(name)


def test_a_path_has_a_limit() -> None:
    with pytest.raises(RenderFailed):
        parse_path(".".join("a" * 31))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("1", 1, id="number"),
        pytest.param("-5", -5, id="negative"),
        pytest.param("0", 0, id="zero"),
        pytest.param("007", "007", id="leading-zero"),
        pytest.param("1.5", "1.5", id="fraction"),
        pytest.param("9223372036854775808", "9223372036854775808", id="too-large"),
        pytest.param("True", True, id="true"),
        pytest.param("false", False, id="false"),
        pytest.param("null", None, id="null"),
        pytest.param("", "", id="empty"),
        pytest.param("a,b", "a,b", id="comma"),
        pytest.param(r"a\,b\\c", r"a,b\c", id="escapes"),
        pytest.param("{a,2}", ["a", 2], id="list"),
        pytest.param(r"{a\,b}", ["a,b"], id="escape-in-a-list"),
        pytest.param("{}", [""], id="empty-list"),
    ],
)
def test_a_text_means_a_value(text: str, value: JsonValue) -> None:
    assert parse_value(text, is_text=False) == value


def test_a_value_may_be_a_text_by_force() -> None:
    assert parse_value("1", is_text=True) == "1"
    assert parse_value("{1,true}", is_text=True) == ["1", "true"]


def test_a_list_ends_at_its_end() -> None:
    with pytest.raises(RenderFailed):
        parse_value("{a}b}", is_text=False)


@pytest.mark.parametrize(
    ("values", "name", "changed"),
    [
        pytest.param({}, "a.b", {"a": {"b": 1}}, id="new"),
        pytest.param({"a": {"c": 2}}, "a.b", {"a": {"b": 1, "c": 2}}, id="beside"),
        pytest.param({"a": [{"c": 2}]}, "a[0].b", {"a": [{"b": 1, "c": 2}]}, id="in-a-list"),
        pytest.param({}, "a[1]", {"a": [None, 1]}, id="beyond-the-end"),
        pytest.param({"a": None}, "a.b", {"a": {"b": 1}}, id="over-null"),
    ],
)
def test_a_parameter_is_put_in_its_place(
    values: JsonObject, name: str, changed: JsonObject
) -> None:
    assert with_parameter(values, name, 1) == changed


@pytest.mark.parametrize(
    "name", [pytest.param("a.b", id="mapping"), pytest.param("a[0]", id="list")]
)
def test_a_parameter_does_not_lead_into_a_text(name: str) -> None:
    with pytest.raises(RenderFailed):
        with_parameter({"a": "text"}, name, 1)


def test_a_list_has_a_limit() -> None:
    with pytest.raises(RenderFailed):
        with_parameter({}, "a[99999]", 1)


def test_all_texts_of_values_are_known() -> None:
    values: JsonObject = {"a": [{"b": "x"}, 1, True, None], "c": "y"}

    assert list(texts_of(values)) == ["x", "1", "y"]


@given(name=st.text("ab.[]0\\=,", max_size=12), text=st.text("a0{},\\", max_size=8))
def test_any_parameter_is_set_or_refused(name: str, text: str) -> None:
    try:
        changed = with_parameter({}, name, parse_value(text, is_text=False))
    except RenderFailed:
        return
    assert changed
