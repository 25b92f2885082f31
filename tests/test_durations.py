from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("720h0m0s", 2_592_000),
        ("1h30m", 5400),
        ("1.5s", 1.5),
        (".5s", 0.5),
        ("5.s", 5),
        ("250ms", 0.25),
        ("1m1ms", 60.001),
        ("3us", 3e-6),
        ("3µs", 3e-6),
    ],
)
def test_what_go_writes_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "1", "soon", "-1s", "1 s", "1d", "1h30", "s", ".s", "1h,30m", "1" * 70 + "s", "\u0661s"],
)
def test_anything_else_is_none(text: str) -> None:
    assert parse_duration(text) is None


@given(hours=st.integers(0, 10_000), minutes=st.integers(0, 59), seconds=st.integers(0, 59))
def test_every_whole_duration_comes_back(hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    parsed = parse_duration(text)

    assert parsed is None or parsed >= 0
