"""Schedules: the grammar, and the moments that they name."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler.schedules import Schedule, ScheduleError, parse_schedule

START = datetime(2026, 2, 27)  # noqa: DTZ001 -- the clock on the wall has no zone
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        pytest.param("0 22 * * *", "0 22 * * *", id="plain"),
        pytest.param("*/15 ? * * ?", "0,15,30,45 * * * *", id="steps-and-question-marks"),
        pytest.param("5/20 0 1-7/3 * *", "5,25,45 0 1,4,7 * *", id="steps-from-a-number"),
        pytest.param("0 9 * jan-MAR mon-FRI", "0 9 * 1,2,3 1,2,3,4,5", id="names"),
        pytest.param("0 0 1,15,1 */1 0", "0 0 1,15 * 0", id="lists"),
        pytest.param("0 0 1,* * 1", "0 0 * * 1", id="a-star-in-a-list"),
        pytest.param(
            " 0  0 1-31 * 1 ", "0 0 " + ",".join(map(str, range(1, 32))) + " * 1", id="all"
        ),
    ],
)
def test_a_schedule_is_read_as_argo_cd_reads_it(text: str, expression: str) -> None:
    assert parse_schedule(text).expression == expression


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "five fields", id="empty"),
        pytest.param("* * * *", "five fields", id="four"),
        pytest.param("0 * * * * *", "five fields", id="seconds"),
        pytest.param("0," * 200 + "0 * * * *", "five fields", id="endless"),
        pytest.param("@daily", "write them", id="descriptor"),
        pytest.param("CRON_TZ=UTC 0 0 * * *", "timeZone", id="zone"),
        pytest.param("60 * * * *", "not one of 0 to 59", id="minute"),
        pytest.param("0 0 0 * *", "not one of 1 to 31", id="day"),
        pytest.param("0 0 * * 7", "not one of 0 to 6", id="seven-is-no-sunday"),
        pytest.param("0 0 * foo *", "not one of 1 to 12", id="word"),
        pytest.param("0 0 L * *", "not one of", id="last-day"),
        pytest.param("0 0 * * 1#2", "no number, range or step", id="nth-day"),
        pytest.param("0 0 * * 5L", "not one of", id="last-friday"),
        pytest.param("+5 0 * * *", "no number, range or step", id="sign"),
        pytest.param("5, 0 * * *", "no number, range or step", id="empty-in-list"),
        pytest.param("1-2-3 0 * * *", "no number, range or step", id="hyphens"),
        pytest.param("*/5/5 0 * * *", "no number, range or step", id="slashes"),
        pytest.param("*-5 0 * * *", "has no beginning", id="star-to"),
        pytest.param("5-1 0 * * *", "ends before", id="backwards"),
        pytest.param("*/0 0 * * *", "step of 0", id="step-of-nothing"),
        pytest.param("0 0 30 feb *", "no such day", id="never"),
        pytest.param("0 0 ² * *", "no number, range or step", id="digit-of-another-kind"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ScheduleError, match=why):
        parse_schedule(text)


def test_days_of_the_month_and_of_the_week_are_both_meant_unless_one_is_a_star() -> None:
    either = parse_schedule("0 0 */2 * 1")
    monday = parse_schedule("0 0 ? * 1")

    assert [it.day for it in moments(either, days=6)] == [1, 2, 3, 5]
    assert [it.day for it in moments(monday, days=6)] == [2]


def test_a_leap_day_is_found() -> None:
    schedule = parse_schedule("0 0 29 2 *")

    assert schedule.after(START) == datetime(2028, 2, 29)  # noqa: DTZ001 -- as above
    assert schedule.latest(START) == datetime(2024, 2, 29)  # noqa: DTZ001 -- as above


FIELDS = [
    st.one_of(
        st.sampled_from(["*", "?", "*/7", f"{low}/5", f"{high}", f"{low},{high}"]),
        st.tuples(st.integers(low, high), st.integers(low, high), st.integers(1, 9)).map(
            lambda it: f"{min(it[:2])}-{max(it[:2])}/{it[2]}"
        ),
    )
    for low, high in BOUNDS
]


@given(st.tuples(*FIELDS), st.integers(0, 60 * 24 * 3), st.integers(0, 59))
def test_moments_are_those_that_a_look_at_every_minute_finds(
    fields: tuple[str, ...], minutes: int, seconds: int
) -> None:
    """The month is any, so that there is something to find within the days that are looked at."""
    text = " ".join((*fields[:3], "*", fields[4]))
    now = START + timedelta(minutes=minutes, seconds=seconds)

    schedule = parse_schedule(text)

    assert schedule.after(now) == by_minutes(text, now, forward=True)
    assert schedule.latest(now) == by_minutes(text, now, forward=False)


@given(st.text("0123456789*/,-?LW# abcjan@", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_schedule(text)
    except ScheduleError:
        return
    assert found.after(START) > START


def moments(schedule: Schedule, *, days: int) -> list[datetime]:
    found, moment = [], datetime(2026, 2, 28, 23, 59)  # noqa: DTZ001 -- as above
    end = moment + timedelta(days=days)
    while (following := schedule.after(moment)) < end:
        found.append(following)
        moment = following
    return found


def by_minutes(text: str, now: datetime, *, forward: bool) -> datetime | None:
    """Find a moment without cronsim: day by day, then minute by minute."""
    minute, hour, day, _, weekday = text.split()
    times = [
        timedelta(hours=h, minutes=m)
        for h in sorted(numbers(hour, 1))
        for m in sorted(numbers(minute, 0))
    ]
    step = timedelta(days=1 if forward else -1)
    date = now.replace(hour=0, minute=0, second=0)
    for _ in range(366 * 9):
        fits = (date.day in numbers(day, 2), (date.weekday() + 1) % 7 in numbers(weekday, 4))
        is_star = day in "*?" or weekday in "*?"
        if all(fits) if is_star else any(fits):
            at = [date + it for it in times]
            found = [it for it in at if (it > now if forward else it <= now)]
            if found:
                return found[0] if forward else found[-1]
        date += step
    return None


def numbers(field: str, index: int) -> set[int]:
    low, high = BOUNDS[index]
    found: set[int] = set()
    for part in field.replace("?", "*").split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else int(first)
        end = high if first == "*" or (step and not last) else int(last or first)
        found.update(range(start, end + 1, int(step or 1)))
    return found
