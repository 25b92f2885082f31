"""Sync windows: whom they are about, when they permit a sync, and when that changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.reconciler.fields import Fields
from gitopskit.reconciler.sync_windows import (
    SyncWindow,
    changes,
    of_application,
    parse_windows,
    permits,
    view,
)
from tests.support.desiring import an_application

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.json_types import JsonObject

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MORNING = {"schedule": "0 8 * * *", "duration": "2h"}
MIDDAY = {"schedule": "0 11 * * *", "duration": "2h"}


def windows(*given: JsonObject) -> tuple[SyncWindow, ...]:
    content: JsonObject = {"syncWindows": list(given)}
    return parse_windows(Fields(content=content, path="spec", where="AppProject/shop"))


def window(kind: str = "allow", **fields: Any) -> SyncWindow:  # noqa: ANN401 -- fields of a window
    return windows({"kind": kind, **MIDDAY, "applications": ["*"], **fields})[0]


@pytest.mark.parametrize(
    ("fields", "is_meant"),
    [
        pytest.param({}, False, id="nothing-named"),
        pytest.param({"applications": ["w?b"]}, True, id="application"),
        pytest.param({"applications": ["api", "db-*"]}, False, id="other-applications"),
        pytest.param({"namespaces": ["shop"]}, True, id="namespace"),
        pytest.param({"clusters": ["in-cluster"]}, True, id="cluster-by-name"),
        pytest.param({"clusters": ["https://kubernetes.*"]}, True, id="cluster-by-address"),
        pytest.param({"clusters": ["other"]}, False, id="other-cluster"),
        pytest.param({"applications": ["api"], "namespaces": ["shop"]}, True, id="either"),
        pytest.param(
            {"applications": ["api"], "namespaces": ["shop"], "andOperator": True},
            False,
            id="not-both",
        ),
        pytest.param(
            {"applications": ["web"], "namespaces": ["shop"], "andOperator": True}, True, id="both"
        ),
    ],
)
def test_a_window_is_about_the_applications_that_it_names(
    fields: JsonObject,
    is_meant: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    found = of_application(windows({"kind": "deny", **MIDDAY, **fields}), an_application())

    assert bool(found) is is_meant


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({"kind": "maybe"}, r"spec.syncWindows\[0\].kind must be allow", id="kind"),
        pytest.param({"schedule": "@daily"}, "schedule is no schedule: @daily", id="schedule"),
        pytest.param({"duration": ""}, "duration must be a duration", id="no-duration"),
        pytest.param({"duration": "9999999h"}, "duration must be a duration", id="for-ever"),
        pytest.param({"timeZone": "Nowhere/Now"}, "timeZone must be a zone", id="zone"),
        pytest.param({"timeZone": "../etc/passwd"}, "timeZone must be a zone", id="zone-path"),
        pytest.param({"timeZone": "Europe"}, "timeZone must be a zone", id="zone-folder"),
        pytest.param({"applications": ["[ab]"]}, "no brackets", id="brackets"),
        pytest.param({"manualSync": "yes"}, "must be true or false", id="flag"),
    ],
)
def test_what_a_window_cannot_be_is_named(fields: JsonObject, why: str) -> None:
    with pytest.raises(InputError, match=why):
        window(**fields)


@pytest.mark.parametrize(
    ("minutes", "is_open"), [(-61, False), (-60, True), (59, True), (60, False)]
)
def test_a_window_is_open_from_its_first_minute_until_before_its_end(
    minutes: int,
    is_open: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    assert window().is_open(NOON + timedelta(minutes=minutes)) is is_open


def test_a_window_goes_by_the_clock_of_its_zone() -> None:
    berlin = window(timeZone="Europe/Berlin")

    assert berlin.is_open(NOON - timedelta(minutes=1))
    assert not berlin.is_open(NOON)
    assert berlin.is_open(datetime(2026, 6, 1, 9, 0, tzinfo=UTC))


ALLOW, DENY = {"kind": "allow"}, {"kind": "deny"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([], True, id="no-window"),
        pytest.param([{**ALLOW, **MIDDAY}], True, id="allowed"),
        pytest.param([{**ALLOW, **MORNING}], False, id="not-allowed-now"),
        pytest.param([{**ALLOW, **MORNING}, {**ALLOW, **MIDDAY}], True, id="one-allows"),
        pytest.param([{**DENY, **MIDDAY}], False, id="denied"),
        pytest.param([{**DENY, **MORNING}], True, id="not-denied-now"),
        pytest.param([{**DENY, **MIDDAY}, {**ALLOW, **MIDDAY}], False, id="denied-all-the-same"),
        pytest.param([{**DENY, **MORNING}, {**ALLOW, **MORNING}], False, id="neither-is-open"),
    ],
)
def test_syncs_are_permitted_as_argo_cd_says(given: list[JsonObject], expected: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert permits(windows(*given), NOON) is expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([{**DENY, **MIDDAY, "manualSync": True}], True, id="denied"),
        pytest.param(
            [{**DENY, **MIDDAY, "manualSync": True}, {**DENY, **MIDDAY}], False, id="one-of-two"
        ),
        pytest.param([{**ALLOW, **MORNING, "manualSync": True}], True, id="not-allowed-now"),
        pytest.param(
            [{**ALLOW, **MORNING, "manualSync": True}, {**ALLOW, **MORNING}],
            False,
            id="not-all-of-them",
        ),
        pytest.param(
            [{**ALLOW, **MORNING, "manualSync": True}, {**DENY, **MIDDAY}], False, id="other-kind"
        ),
    ],
)
def test_people_may_sync_where_all_that_is_in_the_way_lets_them(
    given: list[JsonObject],
    expected: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    assert permits(windows(*given), NOON, is_manual=True) is expected
    assert not permits(windows(*given), NOON)


ON = {"syncOverrun": True}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([{**DENY, **MIDDAY, **ON}], True, id="denied-later"),
        pytest.param([{**DENY, **MIDDAY}], False, id="without-overrun"),
        pytest.param(
            [{**ALLOW, **MORNING, **ON}, {**DENY, **MIDDAY, **ON}], True, id="allowed-then-denied"
        ),
        pytest.param(
            [{**ALLOW, **MORNING, **ON}, {**DENY, **MIDDAY}], False, id="allowed-then-forbidden"
        ),
        pytest.param(
            [{**ALLOW, **MORNING}, {**DENY, **MIDDAY, **ON}], True, id="deny-alone-counts"
        ),
        pytest.param([{**ALLOW, **MORNING, **ON}], True, id="no-longer-allowed"),
        pytest.param([{**ALLOW, **MORNING}], False, id="no-longer-allowed-without-overrun"),
        pytest.param(
            [{**ALLOW, **MORNING, **ON}, {**ALLOW, **MORNING}], False, id="one-without-overrun"
        ),
        pytest.param(
            [{**DENY, "schedule": "0 9 * * *", "duration": "9h", **ON}], False, id="never-permitted"
        ),
    ],
)
def test_what_has_begun_goes_on_where_all_that_is_in_the_way_lets_it(
    given: list[JsonObject],
    expected: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    begun_at = NOON - timedelta(hours=2, minutes=30)

    assert permits(windows(*given), NOON, begun_at=begun_at) is expected


def test_it_is_told_which_windows_are_in_the_way_and_until_when() -> None:
    freeze = window("deny", description="freeze", timeZone="Europe/Berlin", schedule="0 12 * * *")

    denied = view([freeze], NOON)
    closed = view([window(schedule="0 22 * * *")], NOON)
    permitted = view([window()], NOON)

    assert denied.waiting == (
        "not synced before 2026-11-26T13:00:00Z: these sync windows are open:"
        ' deny "0 12 * * *" for 2h (Europe/Berlin, freeze)'
    )
    assert permitted.waiting == ""
    assert permitted.changes_at == datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
    assert closed.waiting == (
        "not synced before 2026-11-26T22:00:00Z: none of these sync windows is open:"
        ' allow "0 22 * * *" for 2h'
    )
    assert closed.changes_at == datetime(2026, 11, 26, 22, 0, tzinfo=UTC)


def test_without_windows_there_is_nothing_to_wait_for() -> None:
    assert view([], NOON) == view((), NOON)
    assert (view([], NOON).waiting, view([], NOON).changes_at) == ("", None)


def test_windows_that_follow_each_other_are_one() -> None:
    first = window("deny", schedule="0 11 * * *", duration="4h")
    second = window("deny", schedule="0 14 * * *", duration="90m")

    assert changes([first, second], NOON) == datetime(2026, 11, 26, 15, 30, tzinfo=UTC)


def test_a_window_that_never_closes_is_followed_for_a_while() -> None:
    always = window("deny", schedule="* * * * *", duration="1h")

    found = view([always], NOON)

    assert found.changes_at is not None
    assert found.changes_at > NOON + timedelta(days=7)
    assert found.waiting == (
        "not synced: these sync windows are open, and no end of that was found within 8 days:"
        ' deny "* * * * *" for 1h'
    )


def test_a_search_that_ends_early_tells_hours() -> None:
    always = window("deny", schedule="* * * * *", duration="1h")

    found = view([always], NOON, is_manual=True)

    assert "no end of that was found within 3 hours:" in found.waiting


def test_a_moment_that_does_not_come_is_not_named() -> None:
    never = replace(window(), duration=timedelta())

    assert not permits([never], NOON)


SCHEDULES = st.sampled_from(
    ["0 0 * * *", "30 1 * * *", "15 2 * * *", "45 2 * * *", "0 3 * * 0", "0 */6 * * *", "7 * * * *"]
)
DURATIONS = st.sampled_from(["1m", "30m", "61m", "2h", "5h30m", "24h", "25h"])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
ANY_WINDOW = st.builds(
    lambda kind, schedule, duration, zone, manual: window(
        kind, schedule=schedule, duration=duration, timeZone=zone, manualSync=manual
    ),
    st.sampled_from(["allow", "deny"]),
    SCHEDULES,
    DURATIONS,
    ZONES,
    st.booleans(),
)
CLOCK_CHANGES = st.sampled_from(
    [
        datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
        datetime(2026, 10, 24, 23, 0, tzinfo=UTC),
        datetime(2026, 11, 1, 4, 0, tzinfo=UTC),
        datetime(2026, 4, 4, 13, 0, tzinfo=UTC),
        NOON,
    ]
)


@settings(max_examples=60)
@given(
    st.lists(ANY_WINDOW, min_size=1, max_size=3),
    CLOCK_CHANGES,
    st.integers(0, 600),
    st.booleans(),
)
def test_the_next_change_is_that_which_a_look_at_every_minute_finds(
    given: Sequence[SyncWindow],
    near: datetime,
    minutes: int,
    is_manual: bool,  # noqa: FBT001 -- drawn
) -> None:
    """Around the days on which clocks are put forward or back."""
    now = near + timedelta(minutes=minutes)
    is_permitted = permits(given, now, is_manual=is_manual)

    found = changes(given, now, is_manual=is_manual)

    looked_at = (now + timedelta(minutes=it) for it in range(1, 60 * 8))
    changed = (it for it in looked_at if permits(given, it, is_manual=is_manual) != is_permitted)
    assert min(found, now + timedelta(hours=8)) == next(changed, now + timedelta(hours=8))


@given(st.lists(ANY_WINDOW, min_size=1, max_size=3), CLOCK_CHANGES, st.integers(0, 1800))
def test_a_window_is_open_as_a_clock_on_the_wall_shows(
    given: Sequence[SyncWindow], near: datetime, minutes: int
) -> None:
    now = near + timedelta(minutes=minutes)

    for item in given:
        wall = now.astimezone(item.zone).replace(tzinfo=None)
        begun = item.schedule.after(wall - item.duration)
        assert item.is_open(now) is (begun <= wall)
