"""Field sets: who set what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler import fieldsets

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.fieldsets import Path

CONTAINER = 'k:{"name":"main"}'
FIELDS: JsonObject = {
    "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
    "f:spec": {"f:containers": {CONTAINER: {".": {}, "f:image": {}}}, "f:empty": {".": {}}},
}
LEAVES = {
    ("f:metadata", "f:labels", "f:app"),
    ("f:spec", "f:containers", CONTAINER, "f:image"),
    ("f:spec", "f:empty"),
}


def test_leaves_are_the_ends_of_paths() -> None:
    assert fieldsets.leaves(FIELDS) == LEAVES


def test_the_union_owns_what_either_owns() -> None:
    other: JsonObject = {"f:spec": {"f:replicas": {}}, "f:data": {"f:a": {}}}

    merged = fieldsets.union(FIELDS, other)

    assert fieldsets.leaves(merged) == LEAVES | {("f:spec", "f:replicas"), ("f:data", "f:a")}


def test_a_split_keeps_containers_with_what_was_wanted() -> None:
    wanted, rest = fieldsets.split(FIELDS, lambda path: "f:image" in path)

    assert wanted == {"f:spec": {"f:containers": {CONTAINER: {".": {}, "f:image": {}}}}}
    assert rest == {
        "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
        "f:spec": {"f:empty": {".": {}}},
    }


@pytest.mark.parametrize(
    ("pointer", "path", "is_covered"),
    [
        pytest.param(("spec", "replicas"), ("f:spec", "f:replicas"), True, id="field"),
        pytest.param(("spec",), ("f:spec", "f:replicas"), True, id="below"),
        pytest.param(("spec", "replicas"), ("f:spec",), False, id="above"),
        pytest.param(("spec", "other"), ("f:spec", "f:replicas"), False, id="other"),
        pytest.param(
            ("spec", "list", "1", "image"),
            ("f:spec", "f:list", 'k:{"name":"b"}', "f:image"),
            True,
            id="item",
        ),
        pytest.param(
            ("spec", "list", "0", "image"),
            ("f:spec", "f:list", 'k:{"name":"b"}', "f:image"),
            False,
            id="other-item",
        ),
        pytest.param(
            ("spec", "list", "9", "image"),
            ("f:spec", "f:list", 'k:{"name":"b"}', "f:image"),
            False,
            id="no-such-item",
        ),
        pytest.param(("spec", "set", "0"), ("f:spec", "f:set", 'v:"x"'), True, id="value"),
        pytest.param(("spec", "set", "1"), ("f:spec", "f:set", 'v:"x"'), False, id="other-value"),
        pytest.param(("spec", "set", "5"), ("f:spec", "f:set", 'v:"x"'), False, id="no-such-value"),
        pytest.param(("spec", "list", "1"), ("f:spec", "f:list", "i:1"), True, id="place"),
        pytest.param(("spec", "list", "1"), ("f:spec", "f:list", "i:0"), False, id="other-place"),
        pytest.param(
            ("spec", "replicas", "x"), ("f:spec", "f:replicas", "f:x"), True, id="through-a-scalar"
        ),
    ],
)
def test_a_pointer_covers_what_is_at_or_below_it(
    pointer: tuple[str, ...],
    path: Path,
    is_covered: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    content = {"spec": {"replicas": 1, "list": [{"name": "a"}, {"name": "b"}], "set": ["x", "y"]}}

    assert fieldsets.is_covered(path, [pointer], content) is is_covered


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        pytest.param(("f:spec", "f:replicas"), True, id="field"),
        pytest.param(("f:spec", "f:other"), False, id="no-such-field"),
        pytest.param(("f:spec", "f:replicas", "f:deeper"), False, id="below-a-scalar"),
        pytest.param(("f:spec", "f:list", 'k:{"name":"b"}', "f:image"), True, id="item"),
        pytest.param(("f:spec", "f:list", 'k:{"name":"c"}'), False, id="no-such-item"),
        pytest.param(("f:spec", "f:set", 'v:"y"'), True, id="value"),
        pytest.param(("f:spec", "f:set", "i:1"), True, id="place"),
        pytest.param(("f:spec", "f:set", "i:2"), False, id="no-such-place"),
        pytest.param(("f:spec", 'k:{"name":"b"}'), False, id="no-list"),
    ],
)
def test_a_path_is_looked_up_in_an_object(path: Path, is_there: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    items = [{"name": "a"}, {"name": "b", "image": "x"}]
    content = {"spec": {"replicas": 1, "list": items, "set": ["x", "y"]}}

    assert fieldsets.has(path, content) is is_there


def test_the_entry_of_a_manager_is_found_in_the_main_resource_only() -> None:
    def entry(**changes: object) -> JsonObject:
        return {"manager": "m", "operation": "Apply", "fieldsV1": {"f:a": {}}, **changes}

    content = {
        "metadata": {
            "managedFields": [
                entry(subresource="status", fieldsV1={"f:status": {}}),
                entry(manager="other", fieldsV1={"f:other": {}}),
                entry(operation="Update", fieldsV1={"f:update": {}}),
                entry(),
            ]
        }
    }

    assert fieldsets.entry_fields(content, manager="m", operation="Apply") == {"f:a": {}}
    assert fieldsets.entry_fields({}, manager="m", operation="Apply") == {}
    assert fieldsets.fields_of({"fieldsV1": None}) == {}


def test_a_path_is_written_as_people_write_it() -> None:
    assert fieldsets.readable(("f:spec", CONTAINER, "f:image")) == "spec.[].image"


def test_digests_do_not_depend_on_order() -> None:
    paths = sorted(LEAVES)

    assert fieldsets.digest(paths) == fieldsets.digest(reversed(paths))
    assert fieldsets.digest(paths) != fieldsets.digest(paths[1:])


_ELEMENTS = st.sampled_from([".", "f:a", "f:b", 'k:{"name":"x"}', 'v:"y"', "i:0"])
_SETS: st.SearchStrategy[JsonObject] = st.recursive(
    st.just({}), lambda inner: st.dictionaries(_ELEMENTS, inner, max_size=4), max_leaves=12
)


@given(fields=_SETS, other=_SETS)
def test_a_union_has_the_leaves_of_its_parts_or_what_is_below_them(
    fields: JsonObject, other: JsonObject
) -> None:
    merged = fieldsets.leaves(fieldsets.union(fields, other))

    for path in fieldsets.leaves(fields) | fieldsets.leaves(other):
        assert any(found[: len(path)] == path for found in merged)


@given(fields=_SETS)
def test_a_split_loses_no_leaf(fields: JsonObject) -> None:
    wanted, rest = fieldsets.split(fields, lambda path: path[-1] in {"f:a", "i:0"})

    assert fieldsets.leaves(wanted) | fieldsets.leaves(rest) == fieldsets.leaves(fields)
