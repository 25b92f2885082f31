from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.backoff import Backoff


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [(0, 1.0), (1, 3.0), (2, 9.0), (3, 20.0), (10_000, 20.0)],
    ids=["first", "second", "third", "at its most", "after very many"],
)
def test_pauses_grow_up_to_a_maximum(attempt: int, seconds: float) -> None:
    backoff = Backoff(initial_seconds=1, factor=3, maximum_seconds=20, jitter=0)

    assert backoff.pause_seconds(attempt) == seconds


@given(attempt=st.integers(min_value=0), jitter=st.floats(min_value=0, max_value=1))
def test_jitter_only_shortens_a_pause(attempt: int, jitter: float) -> None:
    backoff = Backoff(initial_seconds=2, factor=2, maximum_seconds=60, jitter=jitter)
    longest = Backoff(initial_seconds=2, factor=2, maximum_seconds=60, jitter=0)

    pause = backoff.pause_seconds(attempt)

    assert longest.pause_seconds(attempt) * (1 - jitter) <= pause <= longest.pause_seconds(attempt)
