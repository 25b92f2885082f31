"""Rates, kept by a clock that is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.controller.rate_limit import Budget, PeerLimits, Rate

RATE = Rate(per_second=2.0, burst=3.0)


def test_a_burst_is_taken_at_once_and_no_more() -> None:
    budget = Budget(RATE)

    waits = [budget.take(cost=1, now=100.0) for _ in range(4)]

    assert waits == [0.0, 0.0, 0.0, pytest.approx(0.5)]


def test_after_the_wait_it_may_be_taken() -> None:
    budget = Budget(RATE)
    budget.take(cost=3, now=100.0)

    wait = budget.take(cost=1, now=100.0)

    assert wait == pytest.approx(0.5)
    assert budget.take(cost=1, now=100.0 + wait) == 0.0


def test_what_is_refused_costs_nothing() -> None:
    budget = Budget(RATE)
    budget.take(cost=3, now=100.0)

    refused = [budget.take(cost=1, now=100.0) for _ in range(50)]

    assert refused == [pytest.approx(0.5)] * 50


def test_a_long_pause_saves_no_more_than_a_burst() -> None:
    budget = Budget(RATE)
    budget.take(cost=3, now=0.0)

    waits = [budget.take(cost=1, now=1_000_000.0) for _ in range(4)]

    assert waits == [0.0, 0.0, 0.0, pytest.approx(0.5)]


def test_more_than_is_left_is_taken_and_paid_off_later() -> None:
    budget = Budget(RATE)

    taken = [budget.take(cost=cost, now=0.0) for cost in (2, 7)]
    wait = budget.take(cost=1, now=0.0)
    at_last = budget.take(cost=1, now=wait)

    assert taken == [0.0, 0.0]
    assert wait == pytest.approx(3.5)
    assert at_last == 0.0


def test_one_must_be_left_even_for_less_than_one() -> None:
    budget = Budget(RATE)
    budget.take(cost=2.5, now=0.0)

    assert budget.take(cost=0.1, now=0.0) == pytest.approx(0.25)


def test_nobody_waits_for_what_it_took_itself() -> None:
    budget = Budget(RATE)
    budget.take(cost=9, now=0.0)

    others = budget.take(cost=1, now=0.0)
    own = budget.take(cost=1, now=0.0, paid=9)

    assert others == pytest.approx(3.5)
    assert own == 0.0


def test_peers_do_not_wait_for_each_other() -> None:
    limits = PeerLimits(RATE, most_peers=10)

    greedy = [limits.take("10.0.0.1", now=5.0) for _ in range(9)]
    modest = limits.take("10.0.0.2", now=5.0)

    assert greedy[3:] == [pytest.approx(0.5)] * 6
    assert modest == 0.0


def test_the_table_of_peers_is_bounded() -> None:
    limits = PeerLimits(RATE, most_peers=3)

    for number in range(1000):
        limits.take(f"10.0.{number // 256}.{number % 256}", now=0.0)

    assert len(limits) == 3


def test_the_peer_that_was_silent_longest_is_forgotten_first() -> None:
    limits = PeerLimits(Rate(per_second=1.0, burst=1.0), most_peers=2)
    for peer in ("a", "b", "a", "c"):
        limits.take(peer, now=0.0)

    waits = {peer: limits.take(peer, now=0.0) for peer in ("a", "c", "b")}

    assert waits == {"a": pytest.approx(1.0), "c": pytest.approx(1.0), "b": 0.0}


@given(
    steps=st.lists(
        st.tuples(st.floats(min_value=0, max_value=3), st.floats(min_value=0.1, max_value=3)),
        max_size=60,
    )
)
def test_no_window_holds_more_than_a_burst_its_rate_and_one_more(
    steps: list[tuple[float, float]],
) -> None:
    budget, now = Budget(RATE), 0.0
    taken: list[tuple[float, float]] = []

    for pause, cost in steps:
        now += pause
        if budget.take(cost=cost, now=now) == 0.0:
            taken.append((now, cost))

    for index, (start, _) in enumerate(taken):
        for end_index in range(index, len(taken)):
            window = taken[end_index][0] - start
            total = sum(cost for _, cost in taken[index : end_index + 1])
            assert total <= RATE.burst + RATE.per_second * window + taken[end_index][1] + 1e-6
