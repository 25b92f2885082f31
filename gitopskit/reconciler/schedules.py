"""Schedules: the moments that five fields of cron name, on the clock on the wall.

Pure. The grammar is that of the parser that Argo CD uses, and is read here; cronsim, whose own
grammar is another one, tells the moments of what was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cronsim import CronSim, CronSimError

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_EVERY: Final = ("*", "?")
_RANGE: Final = re.compile(r"(\*|\?|\w+)(?:-(\w+))?(?:/([0-9]{1,4}))?", re.ASCII)
_SECOND: Final = timedelta(seconds=1)
_SOME_DAY: Final = datetime(2000, 1, 1)  # noqa: DTZ001 -- the clock on the wall has no zone
_LONGEST_TEXT: Final = 256


class ScheduleError(ValueError):
    """A text is no schedule; the message says why."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Moments on the clock on the wall, to the minute; ``expression`` is what cronsim reads."""

    text: str
    expression: str

    def after(self, moment: datetime) -> datetime:
        """Return the first moment after that one; there is one within eight years."""
        return next(CronSim(self.expression, moment))

    def latest(self, moment: datetime) -> datetime:
        """Return the last moment that is not after that one; there was one within eight years."""
        whole = moment.replace(microsecond=0)
        return next(CronSim(self.expression, whole + _SECOND, reverse=True))


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    first: int
    last: int
    words: tuple[str, ...] = ()


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _DAYS),
)


def parse_schedule(text: str) -> Schedule:
    """Return the schedule that a text names.

    Raises:
        ScheduleError: it names none, or no day that there is.

    Source: robfig/cron v3, NewParser(Minute | Hour | Dom | Month | Dow), as Argo CD calls it.
    """
    if text.startswith("@"):
        raise ScheduleError(f"{text} stands for five fields: write them, as in 0 0 * * *")
    if "TZ=" in text:
        raise ScheduleError("the zone belongs into timeZone")
    parts = text.split()
    if len(parts) != len(_FIELDS) or len(text) > _LONGEST_TEXT:
        raise ScheduleError("there must be five fields: minute, hour, day, month, day of the week")
    expression = " ".join(map(_field, _FIELDS, parts))
    try:
        CronSim(expression, _SOME_DAY)
    except CronSimError as error:
        raise ScheduleError("there is no such day in these months") from error
    return Schedule(text, expression)


def _field(field: _Field, text: str) -> str:
    """Return a field as cronsim reads it: a star, or all its numbers.

    A star is kept only where it stands for all: with steps it does not join the days of the month
    and of the week by *and*, which cronsim would take from its first letter.
    """
    numbers: set[int] = set()
    for part in text.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise ScheduleError(f"the {field.name} {part!r} is no number, range or step")
        start, end, step = found.groups()
        if start in _EVERY and step in (None, "1") and end is None:
            return "*"
        numbers.update(_numbers(field, part, start=start, end=end, step=step))
    return ",".join(map(str, sorted(numbers)))


def _numbers(field: _Field, part: str, *, start: str, end: str | None, step: str | None) -> range:
    if start in _EVERY:
        if end is not None:
            raise ScheduleError(f"the {field.name} {part!r} has no beginning")
        first, last = field.first, field.last
    else:
        first = _number(field, start)
        last = first if end is None else _number(field, end)
        if end is None and step is not None:
            last = field.last
    if first > last:
        raise ScheduleError(f"the {field.name} {part!r} ends before it begins")
    if step is not None and int(step) == 0:
        raise ScheduleError(f"the {field.name} {part!r} has a step of 0")
    return range(first, last + 1, int(step or 1))


def _number(field: _Field, text: str) -> int:
    word = text.lower()
    if word in field.words:
        return field.words.index(word) + field.first
    if not word.isdigit() or not field.first <= int(word) <= field.last:
        known = f"{field.first} to {field.last}"
        raise ScheduleError(f"the {field.name} {text!r} is not one of {known}")
    return int(word)
