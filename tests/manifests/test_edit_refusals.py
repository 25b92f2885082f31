from __future__ import annotations

import pytest

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.manifests.edit import REMOVED, Edit, apply_edits, remove_value, set_value


@pytest.mark.parametrize("pointer", [("b", "q"), ("c", "q"), ("b",), ("d", 0)])
def test_what_has_a_meaning_elsewhere_is_not_edited(pointer: tuple[str | int, ...]) -> None:
    text = "a: &x {q: 1}\nb: *x\nc: {<<: *x}\nd: [*x]\n"

    with pytest.raises(InputError, match="behind an anchor, an alias or <<") as caught:
        set_value(text, document=0, pointer=pointer, value=1, path="f")

    assert caught.value.where.startswith("f:")


@pytest.mark.parametrize(
    ("text", "pointer", "where", "alias"),
    [
        pytest.param("a: &x {q: 1}\nb: *x\n", ("a", "q"), "f:1:8", r"\*x at 2:4", id="a part"),
        pytest.param("a: &x {q: 1}\nb: *x\n", ("a",), "f:1:1", r"\*x at 2:4", id="the whole"),
        pytest.param("k: {b: &x 1}\nl: *x\n", ("k",), "f:1:1", r"\*x at 2:4", id="what holds it"),
        pytest.param(
            "k: &x 1\nl: {<<: [{}]}\nm: [*x]", ("k",), "f:1:1", r"\*x at 3:5", id="scalar"
        ),
        pytest.param("k: &x {q: 1}\nl: {<<: *x}\n", ("k", "q"), "f:1:8", r"\*x at 2:9", id="merge"),
        pytest.param("k: &x 1\nl: &x 2\nm: *x\n", ("l",), "f:2:1", r"\*x at 3:4", id="later one"),
    ],
)
@pytest.mark.parametrize("value", [5, REMOVED], ids=["set", "removed"])
def test_what_an_alias_refers_to_is_refused_with_its_place(
    text: str, pointer: tuple[str | int, ...], where: str, alias: str, value: object
) -> None:
    with pytest.raises(InputError, match=f"{alias} refers to this value") as caught:
        apply_edits(text, [Edit(document=0, pointer=pointer, value=value)], path="f")

    assert caught.value.where == where
    assert caught.value.hint.startswith("write the value out in place of the alias")


def test_the_rest_of_a_file_with_anchors_is_edited() -> None:
    text = "a: &x {q: 1}\nb: *x\nd: 1\n"

    assert set_value(text, document=0, pointer=("d",), value=2) == text.replace("d: 1", "d: 2")


@pytest.mark.parametrize(
    ("text", "pointer", "value"),
    [
        pytest.param("k:\n  j: |\n    a", ("k", "z"), 1, id="would end another value"),
        pytest.param('{"a"\n:1}', ("a",), 2, id="json that yaml cannot read"),
        pytest.param("k:\n  # c\n  a: 1\n", ("k",), "a\nb", id="a comment would become text"),
        pytest.param("? a\n? b\n", ("a",), 1, id="a key without a colon"),
    ],
)
def test_what_would_touch_the_surroundings_is_refused(
    text: str, pointer: tuple[str | int, ...], value: object
) -> None:
    with pytest.raises(InputError, match="without touching its surroundings") as caught:
        set_value(text, document=0, pointer=pointer, value=value, path="f")

    assert caught.value.hint == "edit the file by hand"


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        pytest.param("? a\n? b\n", ("b",), id="a key without a colon"),
        pytest.param('{"\\ud83d\\ude00": 1, "a": 2}', ("😀",), id="a name that yaml cannot read"),
    ],
)
def test_what_cannot_be_removed_cleanly_is_refused(text: str, pointer: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="without touching its surroundings"):
        remove_value(text, document=0, pointer=pointer)


@pytest.mark.parametrize(
    ("pointer", "message"),
    [
        pytest.param(("a", "b"), "nothing that could hold 'b'", id="field of a number"),
        pytest.param(("l", 2), "nothing that could hold 2", id="index too large"),
        pytest.param(("l", "x"), "nothing that could hold 'x'", id="field of a list"),
        pytest.param(("new", 0), "nothing that could hold 0", id="item of nothing"),
    ],
)
def test_set_needs_a_parent(pointer: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        set_value("a: 1\nl: [1]\n", document=0, pointer=pointer, value=1)


@pytest.mark.parametrize("pointer", [("b",), ("a", "b"), ("l", 1), ("l", "x"), ("n", "b")])
def test_remove_needs_a_value(pointer: tuple[str | int, ...]) -> None:
    with pytest.raises(InputError, match="there is no value"):
        remove_value("a: 1\nl: [1]\nn:\n", document=0, pointer=pointer)


def test_a_whole_document_is_not_removed() -> None:
    with pytest.raises(InputError, match="a whole document cannot be removed"):
        remove_value("a: 1\n", document=0, pointer=())


@pytest.mark.parametrize("document", [1, 2, -1])
def test_the_document_must_exist_and_not_be_empty(document: int) -> None:
    with pytest.raises(InputError, match="there is no document number"):
        set_value("a: 1\n---\n", document=document, pointer=("a",), value=2)


def test_malformed_text_is_not_edited() -> None:
    with pytest.raises(MalformedDocument):
        set_value("a: [", document=0, pointer=("a",), value=2)
