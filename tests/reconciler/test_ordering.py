"""What comes after what it needs, and what needs itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler.ordering import in_circles, in_order

_LONG = 50_000
_ITEMS = st.integers(min_value=0, max_value=7)
_NEEDS = st.dictionaries(_ITEMS, st.lists(_ITEMS, max_size=4), max_size=8)


def reached(needs: dict[int, list[int]], start: int) -> set[int]:
    """Return all that an item needs, by the plainest of ways."""
    found: set[int] = set()
    todo = list(needs[start])
    while todo:
        item = todo.pop()
        if item not in found:
            found.add(item)
            todo += needs.get(item, [])
    return found


def test_what_is_needed_comes_first_and_only_once() -> None:
    needs = {"shop": ["db", "cache"], "db": ["net"], "cache": ["net"], "net": []}

    ordered = in_order(needs, ["shop"])

    assert ordered == ["net", "db", "cache", "shop"]


def test_a_long_chain_is_ordered() -> None:
    needs = {number: [number + 1] for number in range(_LONG)}

    ordered = in_order(needs, [0])

    assert ordered == list(reversed(range(_LONG)))


def test_a_long_circle_is_found() -> None:
    needs = {number: [(number + 1) % _LONG] for number in range(_LONG)}

    assert len(in_circles(needs)) == _LONG


@given(_NEEDS)
def test_each_comes_after_all_that_it_needs_outside_of_circles(needs: dict[int, list[int]]) -> None:
    circular = in_circles(needs)

    ordered = in_order(needs, needs)

    assert sorted(ordered) == sorted(needs)
    place = {item: number for number, item in enumerate(ordered)}
    for item, others in needs.items():
        for other in others:
            if other in needs and not {item, other} & circular:
                assert place[other] < place[item]


@given(_NEEDS)
def test_those_are_in_a_circle_that_reach_themselves(needs: dict[int, list[int]]) -> None:
    found = in_circles(needs)

    assert found == {item for item in needs if item in reached(needs, item)}
