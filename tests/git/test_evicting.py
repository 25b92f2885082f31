"""Where all copies together are too large, what nobody uses goes, the oldest first."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gitopskit.git.evicting import READING_SECONDS, Kept, to_evict

NOW = 1_000_000.0


def kept(name: str, age_seconds: float, *, size: int = 10, is_used: bool = False) -> Kept:
    return Kept(
        folder=Path(name), size_bytes=size, used_at_seconds=NOW - age_seconds, is_used=is_used
    )


def evicted(*items: Kept, bound: int) -> list[str]:
    return [it.name for it in to_evict(items, now_seconds=NOW, bound_bytes=bound)]


def test_what_was_not_used_for_longest_goes_and_no_more_than_needed() -> None:
    items = (kept("young", 500), kept("oldest", 900), kept("old", 700))

    assert evicted(*items, bound=30) == []
    assert evicted(*items, bound=29) == ["oldest"]
    assert evicted(*items, bound=15) == ["oldest", "old"]


def test_what_is_used_or_may_be_read_just_now_stays() -> None:
    items = (kept("used", 900, is_used=True), kept("read", READING_SECONDS - 1), kept("old", 700))

    assert evicted(*items, bound=0) == ["old"]


@given(
    st.lists(
        st.builds(
            Kept,
            folder=st.text(min_size=1).map(Path),
            size_bytes=st.integers(0, 100),
            used_at_seconds=st.floats(0, NOW),
            is_used=st.booleans(),
        ),
        unique_by=lambda it: it.folder,
    ),
    st.integers(0, 500),
)
def test_the_bound_holds_or_nothing_more_can_go(items: list[Kept], bound: int) -> None:
    gone = set(to_evict(items, now_seconds=NOW, bound_bytes=bound))

    left = [it for it in items if it.folder not in gone]
    may_go = [it for it in left if not it.is_used and NOW - it.used_at_seconds >= READING_SECONDS]
    assert sum(it.size_bytes for it in left) <= bound or not may_go
    assert not any(it.is_used for it in items if it.folder in gone)
