from __future__ import annotations

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.documents import Document, Position, expand_lists, read_documents
from gitopskit.manifests.edit import REMOVED, Edit, Pointer, apply_edits

TEXT = """\
a: 1 # one
l: [x, y, z]
---
b: # two
  c: 1
  d: 2
"""


def test_edits_are_made_in_all_documents_at_once() -> None:
    edits = [
        Edit(document=1, pointer=("b", "e"), value=3),
        Edit(document=1, pointer=("b", "d"), value=REMOVED),
        Edit(document=0, pointer=("l", 0), value=REMOVED),
        Edit(document=0, pointer=("l", 2), value=REMOVED),
        Edit(document=0, pointer=("a",), value=2),
    ]

    edited = apply_edits(TEXT, edits)

    assert edited == "a: 2 # one\nl: [y]\n---\nb: # two\n  c: 1\n  e: 3\n"


@pytest.mark.parametrize("pointer", [("b", "c"), ("b",), (), ("b", "c", "x")])
def test_overlapping_edits_are_refused(pointer: tuple[str | int, ...]) -> None:
    edits = [
        Edit(document=1, pointer=("b", "c"), value=3),
        Edit(document=1, pointer=pointer, value=4),
    ]

    with pytest.raises(InputError, match="two edits are about the same value"):
        apply_edits(TEXT, edits)


def test_an_item_of_a_list_tells_its_place_in_the_text() -> None:
    text = "kind: List\nitems:\n- kind: A\n- kind: List\n  items: [{kind: B}]\n"

    pointers = [item.pointer(("kind",)) for item in expand_lists(read_documents(text, path="f"))]

    assert pointers == [("items", 0, "kind"), ("items", 1, "items", 0, "kind")]


def _edits(changes: dict[Pointer, object]) -> list[Edit]:
    return [Edit(document=0, pointer=pointer, value=value) for pointer, value in changes.items()]


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        pytest.param(
            "k:\n  a: 1\nz: 1\n",
            {("k", "d"): 1, ("k", "b", "w"): 2, ("w",): 3, ("k", "c"): 4, ("k", "b", "v"): 5},
            "k:\n  a: 1\n  d: 1\n  b:\n    w: 2\n    v: 5\n  c: 4\nz: 1\nw: 3\n",
            id="new fields keep their order",
        ),
        pytest.param(
            "k:\nz: 1\n",
            {("k", "b", "a"): 1, ("k", "a"): 2},
            "k:\n  b:\n    a: 1\n  a: 2\nz: 1\n",
            id="several fields into nothing",
        ),
        pytest.param(
            "- 1\n- 2\n",
            {(3,): 5, (2,): 4, (0,): REMOVED},
            "- 2\n- 4\n- 5\n",
            id="new items in the order of their numbers",
        ),
        pytest.param(
            "k:\n  # c\n  a: 1\n  b: 2 # d\n  # e\n",
            {("k", "a"): REMOVED, ("k", "b"): REMOVED, ("k", "n1"): 3},
            "k:\n  # c\n  n1: 3\n  # e\n",
            id="a new field for all old ones",
        ),
        pytest.param(
            "- a: 1\n  # c\n  b: 2\n- 3\n",
            {(0, "a"): REMOVED, (0, "b"): REMOVED, (0, "n1"): {"q": 1}, (0, "n2"): 3},
            "- n1:\n    q: 1\n  n2: 3\n  # c\n- 3\n",
            id="new fields for all old ones of an item",
        ),
        pytest.param(
            "- - a\n  - b\n- 3\n",
            {(0, 0): REMOVED, (0, 1): REMOVED, (0, 2): 4, (0, 3): 5},
            "- - 4\n  - 5\n- 3\n",
            id="new items for all old ones of an item",
        ),
        pytest.param(
            "- a: 1\n  b: 2\n  c: 3\n  d: 4\n",
            {(0, "a"): REMOVED, (0, "b"): REMOVED, (0, "d"): 5},
            "- c: 3\n  d: 5\n",
            id="the first two of an item",
        ),
        pytest.param(
            "- a: 1\n  # c\n  b: 2\n  c: 3\n",
            {(0, "a"): REMOVED, (0, "b"): REMOVED},
            "-\n  # c\n  c: 3\n",
            id="the first two of an item with a comment between",
        ),
        pytest.param(
            "k:\n  a: 1\n  b: 2",
            {("k", "b"): REMOVED, ("z",): 1},
            "k:\n  a: 1\nz: 1",
            id="the last line goes and another comes",
        ),
        pytest.param(
            "k:\n  a: 1\n  b: 2\n---\n{}\n",
            {("k", "b"): REMOVED, ("k", "c"): 3, ("z",): {"q": "a\nb\n"}},
            "k:\n  a: 1\n  c: 3\nz:\n  q: |\n    a\n    b\n---\n{}\n",
            id="before another document",
        ),
        pytest.param(
            "- 1\n- 2",
            {(1,): "\n", (2,): 3},
            "- 1\n- |2+\n\n- 3",
            id="an empty line before a last line without end",
        ),
        pytest.param(
            "{a: 1, b: 2, c: 3, d: 4}",
            {("a",): REMOVED, ("c",): REMOVED, ("d",): REMOVED, ("e",): 5, ("f",): 6},
            "{b: 2, e: 5, f: 6}",
            id="in flow style",
        ),
        pytest.param(
            "{a: 1, b: 2}",
            {("a",): REMOVED, ("b",): REMOVED, ("c",): 3},
            "{c: 3}",
            id="a new field for all old ones in flow style",
        ),
        pytest.param(
            '{"a": [1, 2],\n "b": {}}',
            {("a", 0): REMOVED, ("a", 1): REMOVED, ("b", "c"): 1},
            '{"a": [],\n "b": {\n  "c": 1\n }}',
            id="json",
        ),
    ],
)
def test_many_edits_of_one_collection(
    text: str, changes: dict[Pointer, object], expected: str
) -> None:
    assert apply_edits(text, _edits(changes)) == expected


def test_no_edits_change_nothing() -> None:
    assert apply_edits("a:   1 # c\r\n", []) == "a:   1 # c\r\n"


def test_the_documents_of_the_text_need_not_be_read_again() -> None:
    documents = read_documents(TEXT.encode(), path="f")

    edited = apply_edits(TEXT, _edits({("a",): 5}), documents=documents)

    assert edited == TEXT.replace("a: 1", "a: 5")


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param(read_documents("a: 2\n", path="f"), id="of another text"),
        pytest.param(
            expand_lists(read_documents("kind: List\nitems: [{}]\n", path="f")),
            id="items of a List",
        ),
        pytest.param(
            [Document(content={}, path="f", index=0, position=Position(1, 1))], id="of no text"
        ),
    ],
)
def test_documents_from_elsewhere_are_not_taken(documents: list[Document]) -> None:
    with pytest.raises(ValueError, match="not those of the text"):
        apply_edits("kind: List\nitems: [{}]\n", [], documents=documents)


@pytest.mark.parametrize("index", range(6))
def test_the_edit_that_cannot_be_made_is_named(index: int) -> None:
    lines = [f"k{number}: {'&x ' * (number == index)}1\n" for number in range(6)]
    text = "".join([*lines, "alias: *x\n"])
    edits = _edits({(f"k{number}",): 2 for number in range(6)})

    with pytest.raises(InputError, match=r"the alias \*x at 7:8 refers to this value") as caught:
        apply_edits(text, edits, path="f")

    assert caught.value.where == f"f:{index + 1}:1"


def test_the_first_impossible_edit_is_named_though_a_later_one_is_refused_at_once() -> None:
    text = "a: &x 1\nb: *x\nc: 1\nd: 1\n"
    edits = _edits({("a",): 2, ("c",): 2, ("d",): 2})

    with pytest.raises(InputError, match="refers to this value") as caught:
        apply_edits(text, edits, path="f")

    assert caught.value.where == "f:1:1"


def test_edits_that_need_the_same_lines_are_refused() -> None:
    text = "k:\n  note: |\n    a\n\n\nz: 1\n"
    edits = _edits({("k", "note"): "a\n\n", ("k", "new"): 1})

    with pytest.raises(InputError, match="without touching its surroundings") as caught:
        apply_edits(text, edits, path="f")

    assert caught.value.where == "f:1:1"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({("a",): 2, ("l", "x"): 1}, "f:2:1", id="name in a list"),
        pytest.param({("l", 5): 1, ("a",): 2}, "f:2:1", id="index too large"),
        pytest.param({("l", 4): 1, ("l", 3): REMOVED}, "f:2:1", id="nothing to remove"),
        pytest.param({("l", -1): 1}, "f:2:1", id="index below zero"),
        pytest.param({("a", "b"): 1}, "f:1:1", id="field of a number"),
        pytest.param({("l", 1): 1, ("l", 1, "x"): 1}, "f:2:8", id="twice"),
    ],
)
def test_impossible_edits_are_refused_with_their_place(
    changes: dict[Pointer, object], where: str
) -> None:
    with pytest.raises(InputError) as caught:
        apply_edits(TEXT, _edits(changes), path="f")

    assert caught.value.where == where


def test_a_refusal_shows_no_value() -> None:
    text = "a: &x hush1\nb: *x\n"

    with pytest.raises(InputError) as caught:
        apply_edits(text, _edits({("a",): "hush2"}), path="f")

    assert "hush" not in f"{caught.value!r} {caught.value.hint} {_edits({('a',): 'hush2'})}"


def test_items_of_a_list_are_edited_in_their_text() -> None:
    text = "kind: List\nitems:\n- spec: {a: 1}\n- spec:\n    a: 1 # c\n"
    documents = read_documents(text, path="f")
    pointers = [item.pointer(("spec", "a")) for item in expand_lists(documents)]

    edited = apply_edits(text, _edits(dict.fromkeys(pointers, 2)), documents=documents)

    assert edited == text.replace("a: 1", "a: 2")


def test_a_long_list_is_edited_at_its_end() -> None:
    text = "".join(f"- {number}\n" for number in range(3000))

    edited = apply_edits(text, _edits({(2999,): REMOVED, (3000,): "x"}))

    assert edited == text.replace("- 2999\n", "- x\n")
