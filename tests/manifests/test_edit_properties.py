from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitopskit.manifests.documents import read_values
from gitopskit.manifests.edit import remove_value, set_value
from gitopskit.manifests.write import dump_documents, dump_json

_SCALARS = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=12)
_NAMES = st.text(alphabet="abyn1.-_/ '\":#", min_size=1, max_size=6)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)
_CONTENTS = st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=4)


def _pointers(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401 -- any JSON
    keys = (
        value.keys()
        if isinstance(value, dict)
        else range(len(value))
        if isinstance(value, list)
        else ()
    )
    return [
        found
        for key in keys
        for found in ((*pointer, key), *_pointers(value[key], (*pointer, key)))
    ]


@given(st.data())
def test_an_edit_changes_that_value_and_nothing_else(data: st.DataObject) -> None:
    first, second = data.draw(_CONTENTS), data.draw(_CONTENTS)
    write = data.draw(st.sampled_from([dump_documents, lambda each: "".join(map(dump_json, each))]))
    text = write([first, second])
    pointer = data.draw(st.sampled_from(_pointers(first)))
    value = data.draw(_VALUES)

    edited = set_value(text, document=0, pointer=pointer, value=value)

    after = [document.content for document in read_values(edited, path="x")]
    _set_in(first, pointer, value)
    assert after == [first, second]


@given(st.data())
def test_a_removal_takes_that_value_and_nothing_else(data: st.DataObject) -> None:
    first, second = data.draw(_CONTENTS), data.draw(_CONTENTS)
    write = data.draw(st.sampled_from([dump_documents, lambda each: "".join(map(dump_json, each))]))
    text = write([second, first])
    pointer = data.draw(st.sampled_from(_pointers(first)))

    edited = remove_value(text, document=1, pointer=pointer)

    after = [document.content for document in read_values(edited, path="x")]
    parent: Any = first
    for part in pointer[:-1]:
        parent = parent[part]
    del parent[pointer[-1]]
    assert after == [second, first]


def _set_in(content: Any, pointer: tuple[str | int, ...], value: object) -> None:  # noqa: ANN401 -- any JSON
    for part in pointer[:-1]:
        content = content[part]
    content[pointer[-1]] = value


@given(_CONTENTS, st.data())
def test_edited_json_is_still_json(content: dict[str, object], data: st.DataObject) -> None:
    pointer = data.draw(st.sampled_from(_pointers(content)))
    value = data.draw(_VALUES)

    edited = set_value(dump_json(content), document=0, pointer=pointer, value=value)
    removed = remove_value(dump_json(content), document=0, pointer=pointer)

    _set_in(content, pointer, value)
    assert json.loads(edited) == content
    assert isinstance(json.loads(removed), dict)
