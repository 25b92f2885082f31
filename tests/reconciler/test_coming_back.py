"""When an Application is looked at again although nothing tells of a change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler import sync_run
from gitopskit.reconciler.application import SyncPolicy
from gitopskit.reconciler.coming_back import FAULT_SECONDS, LEAVING_SECONDS, delay_seconds
from gitopskit.reconciler.fighting import noticed
from gitopskit.reconciler.inventory import Entry
from gitopskit.reconciler.plan import Verdict
from gitopskit.reconciler.state import Failure
from gitopskit.reconciler.sync_plan import Move
from tests.support.desiring import APPLIER, REF, desired
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.reconciler.plan import Fate
    from gitopskit.reconciler.state import Tracked

NOW = 100.0
NOW_UTC = datetime(2026, 1, 1, tzinfo=UTC)
ENTRY = Entry(ref=REF, version="v1", applier=APPLIER)


def delay(item: Tracked, *, is_watched: bool = True) -> float | None:
    return delay_seconds(item, now=NOW, now_utc=NOW_UTC, is_watched=lambda _: is_watched)


def an_item(policy: SyncPolicy | None = None) -> Tracked:
    return tracked(a_goal(desired(), policy=policy))


def test_what_is_well_is_not_looked_at_again() -> None:
    assert delay(tracked()) is None
    assert delay(an_item()) is None


@pytest.mark.parametrize(
    ("ends_at", "message", "expected"),
    [
        (NOW + 7, "waits for a look at b", 7.0),
        (NOW - 7, "waits for a look at b", None),
        (float("inf"), "waits for a look at b", None),
        (NOW + 7, "", None),
    ],
    ids=["patient", "patient-no-more", "not-asked", "waits-for-health"],
)
def test_a_deletion_that_waits_for_a_look_is_tried_again_when_patience_ends(
    ends_at: float, message: str, expected: float | None
) -> None:
    item = an_item()
    item.patience_ends_seconds = ends_at
    item.pending = (Verdict(entry=ENTRY, fate="waiting", message=message),)

    assert delay(item) == expected


def test_a_failure_is_tried_again_when_its_pause_is_over() -> None:
    item = an_item()
    item.failures = {REF: Failure(message="no")}
    item.retry_at_seconds = NOW + 7

    assert delay(item) == 7.0
    item.retry_at_seconds = NOW - 7
    assert delay(item) == 0.0
    item.is_exhausted = True
    assert delay(item) is None


def test_nothing_is_tried_while_a_window_is_in_the_way() -> None:
    item = an_item()
    item.failures = {REF: Failure(message="no")}
    item.closed = "not now"

    assert delay(item) is None


def test_who_only_compares_waits_for_the_poll() -> None:
    item = an_item(SyncPolicy(is_automated=False))
    item.failures = {REF: Failure(message="no")}

    assert delay(item) is None


def test_a_fight_is_told_to_be_over() -> None:
    item = an_item()
    item.fights = {REF: noticed("rival", delay_seconds=1.0, now=NOW)}

    found = delay(item)

    assert found is not None
    assert found > 0


@pytest.mark.parametrize(
    ("is_watched", "expected"), [(True, None), (False, LEAVING_SECONDS)], ids=["watched", "by-name"]
)
def test_what_a_run_waits_for_is_looked_at_where_no_watch_tells(
    is_watched: bool,  # noqa: FBT001 -- a parameter of the table
    expected: float | None,
) -> None:
    item = an_item()
    item.run = sync_run.begin(a_goal(desired()))
    item.run.awaited = Move(kind="wait", objects=(desired(),))

    assert delay(item, is_watched=is_watched) == expected


def test_hooks_of_a_failure_run_at_once() -> None:
    item = an_item()
    item.run = sync_run.begin(a_goal(desired()))
    item.run.phase = "Failing"

    assert delay(item) == 0.0


@pytest.mark.parametrize(
    ("fate", "is_watched", "expected"),
    [
        ("leaving", True, LEAVING_SECONDS),
        ("leaving", False, LEAVING_SECONDS),
        ("handing", True, FAULT_SECONDS),
        ("handing", False, LEAVING_SECONDS),
        ("failed", True, LEAVING_SECONDS),
        ("confirm", True, None),
    ],
)
def test_a_deletion_is_looked_at_as_it_stands(
    fate: Fate,
    is_watched: bool,  # noqa: FBT001 -- a parameter of the table
    expected: float | None,
) -> None:
    item = an_item()
    item.pending = (Verdict(entry=ENTRY, fate=fate),)

    assert delay(item, is_watched=is_watched) == expected
