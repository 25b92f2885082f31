"""Values as a text to edit, and back: whatever they are, unchanged ones come back unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.editing import difference, dump_values, read_edited

_KEYS = st.from_regex(r"[a-zA-Z0-9_-]{1,12}(?:\.[a-z]{1,3})?", fullmatch=True)
_LINES = st.lists(st.text(max_size=20), max_size=5).map("\n".join)


def _plain(**values: str) -> dict[str, Plaintext]:
    return {item: Plaintext(value.encode()) for item, value in values.items()}


@given(
    st.dictionaries(
        _KEYS,
        st.one_of(
            st.binary(max_size=40), st.text(max_size=40).map(str.encode), _LINES.map(str.encode)
        ),
        max_size=5,
    )
)
def test_values_come_back_as_they_were(values: dict[str, bytes]) -> None:
    wrapped = {item: Plaintext(value) for item, value in values.items()}

    text = dump_values(wrapped, ref="SealedSecret/shop/db").reveal()

    assert read_edited(text, path="values.yaml") == wrapped


def test_texts_are_texts_and_the_rest_is_base64() -> None:
    values = _plain(note="two\nlines\n", number="123") | {"store": Plaintext(b"\xff\x00")}

    text = dump_values(values, ref="SealedSecret/shop/db").reveal().decode()

    head, _, body = text.partition("stringData:\n")
    assert head.startswith("# The values of SealedSecret/shop/db, opened for editing.\n#\n")
    assert all(line.startswith("#") and len(line) < 80 for line in head.splitlines())
    assert body == '  note: |\n    two\n    lines\n  number: "123"\ndata:\n  store: /wA=\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a\n",
        "- a\n",
        "stringData: {}\nmetadata: {}\n",
        "a: b\n",
        "{}\n---\n{}\n",
    ],
    ids=["empty", "comment", "text", "list", "more", "other", "two documents"],
)
def test_what_is_no_such_text_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        read_edited(text.encode(), path="values.yaml")


def test_an_item_in_both_sections_is_that_of_string_data() -> None:
    edited = read_edited(b"stringData: {a: b}\ndata: {a: Yw==, d: ZQ==}\n", path="values.yaml")

    assert edited == _plain(a="b", d="e")


def test_the_difference_is_what_changed_came_and_went() -> None:
    found = difference(_plain(a="1", b="2", c="3"), _plain(a="1", b="x", d="4"), allows_empty=False)

    assert (dict(found.changed), found.removed) == (_plain(b="x", d="4"), ("c",))
    assert found
    assert not difference(_plain(a="1"), _plain(a="1"), allows_empty=False)


def test_a_value_becomes_empty_only_where_it_is_meant() -> None:
    with pytest.raises(InputError, match="the value of `a`, `c` is empty"):
        difference(_plain(a="1", b=""), _plain(a="", b="", c=""), allows_empty=False)

    assert difference(_plain(a="1"), _plain(a=""), allows_empty=True).changed == _plain(a="")
