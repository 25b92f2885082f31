"""How moments are written and read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.timestamps import parse_rfc3339, rfc3339, rfc3339_micro

_MOMENT = datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def test_a_moment_is_written_in_utc() -> None:
    there = _MOMENT.astimezone(timezone(timedelta(hours=2)))

    assert rfc3339(there) == "2026-06-01T12:00:00Z"
    assert rfc3339_micro(there) == "2026-06-01T12:00:00.250000Z"


@pytest.mark.parametrize(
    "text", ["2026-06-01T12:00:00.25Z", "2026-06-01T14:00:00.250+02:00", "2026-06-01 12:00:00.25Z"]
)
def test_a_moment_is_read_in_utc(text: str) -> None:
    read = parse_rfc3339(text)

    assert read == _MOMENT
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "now", "2026-06-01", "2026-06-01T12:00:00", "0001-01-01T00:00:00+01:00"]
)
def test_what_names_no_moment_is_none(text: str) -> None:
    assert parse_rfc3339(text) is None


@given(st.text())
def test_no_text_makes_reading_fail(text: str) -> None:
    assert parse_rfc3339(text) is None or text


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 -- hypothesis adds the zone
def test_what_was_written_is_read_again(moment: datetime) -> None:
    assert parse_rfc3339(rfc3339_micro(moment)) == moment
