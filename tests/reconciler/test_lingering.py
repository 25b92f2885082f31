"""What is told of an object that is being deleted and does not go, and when it is looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gitopskit.reconciler import lingering
from gitopskit.reconciler.inventory import Entry
from gitopskit.reconciler.plan import Verdict
from gitopskit.timestamps import rfc3339
from tests.support.desiring import APPLIER, REF

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENTRY = Entry(ref=REF, version="v1", applier=APPLIER)
WHY = "it waits for somebody"


def leaving(age_seconds: float) -> Verdict:
    since = rfc3339(NOW - timedelta(seconds=age_seconds))
    return Verdict(entry=ENTRY, fate="leaving", since=since, held=WHY)


def test_what_has_just_begun_to_go_is_not_told() -> None:
    found = lingering.looked_at([leaving(1), leaving(lingering.HELD_SECONDS)], now=NOW)

    assert [it.held for it in found] == ["", WHY]


def test_what_is_gone_is_not_looked_at_again() -> None:
    kept = Verdict(entry=ENTRY, fate="leave")

    assert lingering.looked_at([Verdict(entry=ENTRY, fate="gone"), kept], now=NOW) == (kept,)


def test_what_is_held_is_told_with_its_time() -> None:
    assert lingering.told([leaving(60), Verdict(entry=ENTRY, fate="leaving")]) == [
        f"{REF}: since 2025-12-31T23:59:00Z, {WHY}"
    ]


@pytest.mark.parametrize(
    ("age_seconds", "is_watched", "expected"),
    [
        pytest.param(-60, True, lingering.HELD_SECONDS, id="clock-ahead"),
        pytest.param(1, True, lingering.HELD_SECONDS - 1, id="when-it-is-to-be-told"),
        pytest.param(60, True, 60, id="watched"),
        pytest.param(86400, True, 300, id="watched-for-long"),
        pytest.param(0, False, 2, id="by-name"),
        pytest.param(10, False, 10, id="by-name-less-often"),
        pytest.param(86400, False, 30, id="by-name-for-long"),
    ],
)
def test_the_pause_grows_with_the_time(
    age_seconds: float,
    is_watched: bool,  # noqa: FBT001 -- a parameter of the table
    expected: float,
) -> None:
    found = lingering.delay_seconds(leaving(age_seconds), now=NOW, is_watched=is_watched)

    assert found == expected


@pytest.mark.parametrize("is_watched", [True, False])
def test_what_was_deleted_a_moment_ago_is_looked_at_soon(is_watched: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    deleted = Verdict(entry=ENTRY, fate="leaving", message="deleted")

    assert lingering.delay_seconds(deleted, now=NOW, is_watched=is_watched) == 2
