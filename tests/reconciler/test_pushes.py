"""The record of pushes: what is added, what is news to who reads it, and that it stays small."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler.pushes import MOST_PLACES, news, noted


def test_a_place_is_news_until_it_is_known() -> None:
    record = noted({}, ["shop"])

    assert news(record, {}) == {"shop"}
    assert news(record, record) == set()


def test_a_second_push_to_the_same_place_is_news_again() -> None:
    before = noted({}, ["shop", "other"])

    after = noted(before, ["shop"])

    assert news(after, before) == {"shop"}


def test_the_oldest_places_leave_a_full_record() -> None:
    places = [f"place-{number}" for number in range(MOST_PLACES)]

    record = noted(noted({}, places), ["newest"])

    assert len(record) == MOST_PLACES
    assert "newest" in record
    assert "place-0" not in record


def test_odd_items_are_left_out() -> None:
    record = noted({"a": "x", "b": "-1", "c": "1" * 5000, "d": "7"}, ["e"])

    assert record == {"d": "7", "e": "8"}


@given(st.dictionaries(st.text(), st.text()), st.lists(st.text(), unique=True, max_size=20))
def test_what_is_noted_is_always_news(record: dict[str, str], places: list[str]) -> None:
    after = noted(record, places)

    assert set(places) <= news(after, record)
