"""Inventories: nothing that was applied is ever forgotten."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import IntegrityFault
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import inventory as inventories
from gitopskit.reconciler.inventory import Entry, Inventory
from gitopskit.reconciler.names import Applier
from tests.support.desiring import APPLIER

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

MOST_DATA_BYTES = 1024 * 1024
"""What the API server lets a ConfigMap hold."""


def entry(name: str, *, uid: str = "") -> Entry:
    ref = ObjectRef("", "ConfigMap", "shop", name)
    return Entry(ref=ref, version="v1", applier=APPLIER, uid=uid)


def test_what_is_about_to_be_applied_is_listed_beside_what_was() -> None:
    before = Inventory(((entry("a", uid="u1"),),))

    after = before.ahead([entry("a"), entry("b"), entry("b")])

    assert list(after) == [entry("a", uid="u1"), entry("b")]
    assert after.find(entry("b").ref) == entry("b")
    assert after.find(entry("c").ref) is None


def test_a_full_shard_is_followed_by_another() -> None:
    first, second, third = (entry(name * 200_000) for name in "abc")

    found = Inventory().ahead([first, second, third])

    assert found.shards == ((first, second), (third,))


def test_a_full_shard_still_fits_into_a_config_map_when_all_is_known_of_its_entries() -> None:
    """UIDs and records come after a shard was filled, and small entries grow the most by them."""
    ahead = Inventory().ahead(_smallest(number) for number in range(5000))
    uid, record = "0" * 36, inventories.record_of("9" * 20, "d" * 64)

    known = {it.ref: replace(it, uid=uid, record=record, is_adopted=True) for it in ahead}
    grown = ahead.settled(known)

    contents = [inventories.to_config_map("web", 0, shard)["data"] for shard in grown.shards]
    assert len(contents) > 1
    assert max(len(content["entries.json"].encode()) for content in contents) < MOST_DATA_BYTES


def _smallest(number: int) -> Entry:
    ref = ObjectRef("", "K", "a", f"{number:x}")
    return Entry(ref=ref, version="v1", applier=Applier("a", APPLIER.name))


def test_an_entry_never_moves_to_another_shard() -> None:
    before = Inventory(((entry("a"), entry("b")), (entry("c"),)))

    after = before.settled({it.ref: it for it in (entry("b"), entry("c"))})

    assert after.shards == ((entry("b"),), (entry("c"),))
    assert after.ahead([entry("d")]).shards == ((entry("b"), entry("d")), (entry("c"),))


def test_an_object_that_is_made_anew_loses_its_uid_first() -> None:
    before = Inventory(((entry("a", uid="u1"), entry("b", uid="u2")),))

    after = before.with_entry(inventories.forgotten(entry("a", uid="u1")))

    assert list(after) == [entry("a"), entry("b", uid="u2")]


_NAMES = st.text(min_size=1, max_size=20)


@given(
    entries=st.lists(
        st.builds(
            Entry,
            ref=st.builds(ObjectRef, _NAMES, _NAMES, _NAMES, _NAMES),
            version=_NAMES,
            applier=st.just(APPLIER),
            uid=_NAMES,
            is_adopted=st.booleans(),
            is_taken=st.booleans(),
        )
    )
)
def test_a_shard_is_read_as_it_was_written(entries: list[Entry]) -> None:
    config_map = inventories.to_config_map("web", 0, entries)

    assert inventories.from_config_map(config_map) == tuple(entries)
    assert config_map["metadata"]["name"] == "gitopskit-inventory-web-0"


def _with_applier(text: str) -> str:
    (item,) = json.loads(inventories.to_config_map("a", 0, [entry("a")])["data"]["entries.json"])
    return json.dumps([{**item, "applier": text}])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"data": None}, id="no-data"),
        pytest.param({"data": {"entries.json": "{"}}, id="no-json"),
        pytest.param({"data": {"entries.json": '["text"]'}}, id="no-entries"),
        pytest.param({"data": {"entries.json": "[{}]"}}, id="half-an-entry"),
        pytest.param(
            {"data": {"entries.json": _with_applier("kube-system:admin")}}, id="a-strangers-name"
        ),
    ],
)
def test_a_damaged_inventory_is_not_believed(content: JsonObject) -> None:
    with pytest.raises(IntegrityFault, match="cannot be read"):
        inventories.from_config_map(content)


def test_the_size_of_an_entry_is_what_it_takes() -> None:
    long = replace(entry("a"), version="v" * 100)

    assert long.size_bytes - entry("a").size_bytes == 98


def test_an_object_becomes_a_hook() -> None:
    listed = Inventory().ahead([entry("a"), entry("b")])

    marked = listed.with_hooks({entry("a").ref})

    assert [it.is_hook for it in marked] == [True, False]
    (content,) = (inventories.to_config_map("web", 0, shard) for shard in marked.shards)
    assert inventories.from_config_map(content) == tuple(marked)


def test_few_new_records_wait_for_others() -> None:
    before = Inventory((tuple(entry(str(number), uid="u") for number in range(30)),))

    def with_records(count: int) -> Inventory:
        changed = {
            it.ref: replace(it, record="7:d") if number < count else it
            for number, it in enumerate(before)
        }
        return before.settled(changed)

    assert not with_records(0).is_worth_writing(before)
    assert not with_records(10).is_worth_writing(before)
    assert with_records(11).is_worth_writing(before)


def test_anything_else_that_is_new_is_written() -> None:
    before = Inventory(((entry("a", uid="u1"), entry("b")),))

    assert before.with_entry(entry("b", uid="u2")).is_worth_writing(before)
    assert before.settled({}).is_worth_writing(before)
    assert before.ahead([entry("c")]).is_worth_writing(before)


def test_a_record_survives_the_store_and_ends_with_its_object() -> None:
    held = replace(entry("a", uid="u1"), record=inventories.record_of("7", "d" * 64))

    stored = inventories.to_config_map("shop", 0, [held])

    assert inventories.from_config_map(stored) == (held,)
    assert inventories.forgotten(held).record == ""
