"""Sealed files as people and programs write them: an edit of one item leaves all else alone.

In each file the value to edit begins with ``AgBReplaced`` and ends with ``ThisOne=``, so that its
place is found without the code under test.
"""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.manifests.edit import REMOVED, Edit, apply_edits

if TYPE_CHECKING:
    from gitopskit.manifests.documents import Manifest

_SHAPES = Path(__file__).parent / "shapes"
_NEW = "AgBxZ1c+0/" + "q7Rk" * 30 + "Xw=="

REFUSED = {
    "refused-alias-as-value.yaml": "behind an anchor, an alias or << cannot be edited in place",
    "refused-alias-elsewhere.yaml": r"the alias \*pw at 10:19 refers to this value",
    "refused-from-a-merge.yaml": "behind an anchor, an alias or << cannot be edited in place",
    "refused-merge-behind.yaml": "behind an anchor, an alias or << cannot be edited in place",
    "refused-shared-spec.yaml": r"the alias \*spec at 18:9 refers to this value",
}
ADDING_IS_SPECIAL = {"flow-items-in-lines.yaml", "literal-at-the-end-without-end.yaml"}
MERGED = "merge-before-own-items.yaml"
ALL = sorted(path.name for path in _SHAPES.iterdir() if path.suffix in {".json", ".yaml"})
EDITABLE = [name for name in ALL if name not in REFUSED]


def _text(name: str) -> str:
    return (_SHAPES / name).read_bytes().decode()


def _target(text: str) -> tuple[Manifest, str]:
    """Return the SealedSecret to edit and the name of its item."""
    found = [
        (manifest, name, value.strip())
        for manifest in expand_lists(read_documents(text, path="f"))
        if manifest.kind == "SealedSecret"
        for name, value in manifest.content["spec"]["encryptedData"].items()
    ]
    marked = [(manifest, name) for manifest, name, value in found if "AgBReplaced" in value]
    return marked[0] if marked else found[0][:2]


def _edit(text: str, *, name: str = "", value: object) -> str:
    """Return the text with the item, or that of another name, set or removed."""
    manifest, target = _target(text)
    pointer = manifest.pointer(("spec", "encryptedData", name or target))
    return apply_edits(text, [Edit(document=manifest.index, pointer=pointer, value=value)])


def _span(text: str) -> tuple[int, int]:
    """Return where the value begins and ends, without quotes and header."""
    start = text.index("AgBReplaced")
    return start, text.index("ThisOne=", start) + len("ThisOne=")


def _difference(one: str, other: str) -> tuple[str, str]:
    """Return what of two texts is between their common beginning and their common end."""
    start = _common(one, other)
    behind = _common(one[start:][::-1], other[start:][::-1])
    return one[start : len(one) - behind], other[start : len(other) - behind]


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def test_there_are_many_shapes() -> None:
    assert len(EDITABLE) >= 50
    assert set(REFUSED) < set(ALL)


@pytest.mark.parametrize("shape", EDITABLE)
def test_replacing_an_item_changes_the_bytes_of_its_value_only(shape: str) -> None:
    text = _text(shape)
    manifest, name = _target(text)
    old = manifest.content["spec"]["encryptedData"][name]
    before, _, behind = old.partition(old.strip())
    start, end = _span(text)

    edited = _edit(text, value=before + _NEW + behind)

    assert edited == text[:start] + _NEW + text[end:]


@pytest.mark.parametrize("shape", [name for name in EDITABLE if name not in ADDING_IS_SPECIAL])
def test_adding_an_item_leaves_all_other_lines_as_they_are(shape: str) -> None:
    text = _text(shape)

    edited = _edit(text, name="added", value=_NEW)

    gone, came = _difference(text, edited)
    assert (gone, came.count("added"), came.count(_NEW)) == ("", 1, 1)


def test_an_added_item_keeps_the_comment_behind_the_last_one_there() -> None:
    text = _text("flow-items-in-lines.yaml")

    edited = _edit(text, name="added", value=_NEW)

    assert edited == text.replace("' # last\n", f'\', # last\n    added: "{_NEW}"\n')


def test_a_value_that_the_end_of_the_text_ends_is_not_ended_otherwise() -> None:
    text = _text("literal-at-the-end-without-end.yaml")

    with pytest.raises(InputError, match="without touching its surroundings"):
        _edit(text, name="added", value=_NEW)


@pytest.mark.parametrize("shape", [name for name in EDITABLE if name != MERGED])
def test_removing_an_item_leaves_all_other_lines_as_they_are(shape: str) -> None:
    text = _text(shape)

    edited = _edit(text, value=REMOVED)

    gone, came = _difference(text, edited.replace("encryptedData: {}", "encryptedData:"))
    own_comment = "# still below" if shape == "value-below-a-comment.yaml" else ""
    comments = [line.strip() for line in gone.splitlines() if line.strip().startswith("#")]
    assert (came, gone.count("AgB"), "".join(comments)) == ("", 1, own_comment)


def test_an_item_that_a_merge_would_give_again_is_not_removed() -> None:
    with pytest.raises(InputError, match="behind an anchor, an alias or <<"):
        _edit(_text(MERGED), value=REMOVED)


@pytest.mark.parametrize("value", [_NEW, REMOVED], ids=["set", "removed"])
@pytest.mark.parametrize("shape", REFUSED)
def test_an_item_that_is_written_elsewhere_too_is_refused(shape: str, value: object) -> None:
    text = _text(shape)

    with pytest.raises(InputError, match=REFUSED[shape]):
        _edit(text, name="password", value=value)
