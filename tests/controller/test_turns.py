from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.controller.turns import Turns

NAMES = st.lists(st.from_regex(r"[abc][0-9]", fullmatch=True))


def turns(*keys: str) -> Turns[str]:
    """Return keys that wait, grouped by their first letter."""
    waiting: Turns[str] = Turns(lambda key: key[0])
    for key in keys:
        waiting.add(key)
    return waiting


def drained(waiting: Turns[str]) -> list[str]:
    """Return all keys in the order in which they are taken."""
    return [waiting.pop() for _ in range(len(waiting))]


def test_one_of_each_group_is_taken_in_turn() -> None:
    assert drained(turns("a1", "a2", "a3", "b1", "c1", "b2")) == [
        "a1",
        "b1",
        "c1",
        "a2",
        "b2",
        "a3",
    ]


def test_a_group_that_comes_later_waits_for_one_turn_of_each() -> None:
    waiting = turns("a1", "a2", "a3")
    waiting.pop()

    waiting.add("b1")

    assert drained(waiting) == ["a2", "b1", "a3"]


def test_a_key_waits_once_and_keeps_its_place() -> None:
    waiting = turns("a1", "a2", "a1")

    assert len(waiting) == 2
    assert drained(waiting) == ["a1", "a2"]


@pytest.mark.parametrize("left", ["a1", "b1"])
def test_a_key_that_is_taken_out_waits_no_more(left: str) -> None:
    waiting = turns("a1", "b1", "b2")

    waiting.remove(left)

    assert left not in waiting
    assert left not in drained(waiting)


def test_all_keys_can_be_taken_out() -> None:
    waiting = turns("a1", "b1")

    waiting.clear()
    waiting.add("b1")

    assert len(waiting) == 1
    assert drained(waiting) == ["b1"]


@given(NAMES)
def test_each_key_comes_once_and_within_its_group_in_order(keys: list[str]) -> None:
    first_seen = list(dict.fromkeys(keys))

    taken = drained(turns(*keys))

    assert sorted(taken) == sorted(first_seen)
    for group in "abc":
        of_group = [key for key in taken if key[0] == group]
        assert of_group == [key for key in first_seen if key[0] == group]
