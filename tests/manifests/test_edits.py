from __future__ import annotations

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.manifests.edit import REMOVED, Edit, apply_edits

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
