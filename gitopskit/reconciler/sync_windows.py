"""Sync windows: when the Applications of a project may be synced, and when that changes.

Pure, but for the zones that the machine knows. A window is open for its duration from each moment
of its schedule, on the clock on the wall of its zone: where that clock is put forward or back, so
is the window. Source: Argo CD's docs, "Sync Windows", and its SyncWindow.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gitopskit.durations import parse_duration
from gitopskit.reconciler.application import OWN_CLUSTER, OWN_SERVER
from gitopskit.reconciler.patterns import matches
from gitopskit.reconciler.schedules import Schedule, ScheduleError, parse_schedule
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitopskit.reconciler.application import Application
    from gitopskit.reconciler.fields import Fields

Kind = Literal["allow", "deny"]

_KINDS: Final[dict[str, Kind]] = {"allow": "allow", "deny": "deny"}
_PATTERN: Final = re.compile(r"[^\[\]{}\\]+")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*")
_MOST_STEPS: Final = 200
_MOST_TOLD: Final = 5
_ONE_SECOND: Final = timedelta(seconds=1)
_LONGEST_SECONDS: Final = 292 * 365 * 24 * 3600.0
_LONGEST_DESCRIPTION: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncWindow:
    """One window of a project, and the Applications that it is about."""

    kind: Kind
    schedule: Schedule
    duration: timedelta
    zone: ZoneInfo
    text: str
    applications: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    needs_all: bool = False
    permits_manual: bool = False
    permits_overrun: bool = False

    def concerns(self, application: Application) -> bool:
        """Tell whether the window is about an Application."""
        asked = (
            (self.applications, (application.name,)),
            (self.namespaces, (application.namespace,)),
            (self.clusters, (OWN_CLUSTER, OWN_SERVER)),
        )
        answers = [
            any(matches(pattern, text) for pattern in patterns for text in texts)
            for patterns, texts in asked
            if patterns
        ]
        return bool(answers) and (all(answers) if self.needs_all else any(answers))

    def is_open(self, now: datetime) -> bool:
        """Tell whether the window is open."""
        return self.closes(now) is not None

    def closes(self, now: datetime) -> datetime | None:
        """Return until when an open window is open at least, None if it is closed."""
        wall = self._wall(now)
        begun = self.schedule.latest(wall)
        if begun + self.duration <= wall:
            return None
        return self._moment(begun + self.duration, now)

    def opens(self, now: datetime) -> datetime:
        """Return the first moment after now that the schedule names."""
        return self._moment(self.schedule.after(self._wall(now)), now)

    def _wall(self, now: datetime) -> datetime:
        return now.astimezone(self.zone).replace(tzinfo=None)

    def _moment(self, wall: datetime, now: datetime) -> datetime:
        """Return when a clock shows that, or when it is put forward or back before."""
        here = now.astimezone(self.zone)
        there = now + (wall - here.replace(tzinfo=None))
        if there.astimezone(self.zone).utcoffset() == here.utcoffset():
            return there
        early, late = now, there
        while late - early > _ONE_SECOND:
            middle = early + (late - early) / 2
            is_same = middle.astimezone(self.zone).utcoffset() == here.utcoffset()
            early, late = (middle, late) if is_same else (early, middle)
        return late.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class View:
    """What windows say of a sync now: why it must wait, if so, and when that may be different."""

    waiting: str = ""
    changes_at: datetime | None = None


def parse_windows(spec: Fields) -> tuple[SyncWindow, ...]:
    """Return the windows of a project.

    Raises:
        InputError: one of them has a field without a usable value.
    """
    return tuple(_window(it) for it in spec.children("syncWindows"))


def of_application(
    windows: Iterable[SyncWindow], application: Application
) -> tuple[SyncWindow, ...]:
    """Return the windows that are about an Application."""
    return tuple(window for window in windows if window.concerns(application))


def permits(
    windows: Sequence[SyncWindow],
    now: datetime,
    *,
    is_manual: bool = False,
    begun_at: datetime | None = None,
) -> bool:
    """Tell whether a sync may begin now, or go on if it began then."""
    in_the_way = _in_the_way(windows, now)
    if not in_the_way or (is_manual and all(it.permits_manual for it in in_the_way)):
        return True
    return (
        begun_at is not None
        and all(it.permits_overrun for it in in_the_way)
        and permits(windows, begun_at, is_manual=is_manual)
    )


def view(
    windows: Sequence[SyncWindow],
    now: datetime,
    *,
    is_manual: bool = False,
    begun_at: datetime | None = None,
) -> View:
    """Return whether a sync has to wait, for which windows, and when to look again."""
    if not windows:
        return View()
    changes_at, is_known = _search(windows, now, is_manual=is_manual)
    if permits(windows, now, is_manual=is_manual, begun_at=begun_at):
        return View(changes_at=changes_at)
    in_the_way = _in_the_way(windows, now)
    is_denied = in_the_way[0].kind == "deny"
    why = "these sync windows are open" if is_denied else "none of these sync windows is open"
    told = "; ".join(window.text for window in in_the_way[:_MOST_TOLD])
    when = f" before {rfc3339(changes_at)}" if is_known else ""
    until = "" if is_known else f", and no end of that was found within {_days(changes_at - now)}"
    return View(f"not synced{when}: {why}{until}: {told}", changes_at)


def changes(windows: Sequence[SyncWindow], now: datetime, *, is_manual: bool = False) -> datetime:
    """Return when syncs are permitted that are not now, or the other way round.

    There must be a window. Where windows follow each other without end, it is a moment until which
    nothing changes.
    """
    return _search(windows, now, is_manual=is_manual)[0]


def _search(
    windows: Sequence[SyncWindow], now: datetime, *, is_manual: bool
) -> tuple[datetime, bool]:
    """Return when that changes; or up to when the search came, and False."""
    is_permitted = permits(windows, now, is_manual=is_manual)
    moment = now
    for _ in range(_MOST_STEPS):
        moment = _next_step(windows, moment, is_manual=is_manual)
        if permits(windows, moment, is_manual=is_manual) != is_permitted:
            return moment, True
    return moment, False


def _days(length: timedelta) -> str:
    """Return how long that is at least, so roughly that few looks say it otherwise."""
    hours = int(length / timedelta(hours=1))
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"  # noqa: PLR2004 -- two days


def _in_the_way(windows: Sequence[SyncWindow], now: datetime) -> list[SyncWindow]:
    """Return the windows that forbid a sync: open ones that deny it, or closed that allow it."""
    denying = [it for it in windows if it.kind == "deny" and it.is_open(now)]
    allowing = [it for it in windows if it.kind == "allow"]
    if denying or any(it.is_open(now) for it in allowing):
        return denying
    return allowing


def _next_step(windows: Sequence[SyncWindow], now: datetime, *, is_manual: bool) -> datetime:
    """Return a moment before which nothing changes; it may be that of a change of a clock."""
    in_the_way = _in_the_way(windows, now)
    closing = [moment for moment in (it.closes(now) for it in windows) if moment is not None]
    if is_manual:
        return min([*closing, *(it.opens(now) for it in windows)])
    if in_the_way and in_the_way[0].kind == "deny":
        return max(moment for moment in (it.closes(now) for it in in_the_way) if moment)
    opening = [it.opens(now) for it in windows if it.kind == "deny" or in_the_way]
    return min([*opening, *([max(closing)] if closing else [])])


def _window(window: Fields) -> SyncWindow:
    kind = _KINDS.get(window.text("kind"))
    if kind is None:
        raise window.wrong("kind", "must be allow or deny")
    try:
        schedule = parse_schedule(window.text("schedule"))
    except ScheduleError as error:
        raise window.wrong("schedule", f"is no schedule: {error}") from error
    seconds = parse_duration(window.text("duration"))
    if seconds is None or seconds > _LONGEST_SECONDS:
        raise window.wrong("duration", "must be a duration such as 30m or 1h30m")
    zone = _zone(window)
    return SyncWindow(
        kind=kind,
        schedule=schedule,
        duration=timedelta(seconds=seconds),
        zone=zone,
        text=_told(window, kind),
        applications=_patterns(window, "applications"),
        namespaces=_patterns(window, "namespaces"),
        clusters=_patterns(window, "clusters"),
        needs_all=window.flag("andOperator"),
        permits_manual=window.flag("manualSync"),
        permits_overrun=window.flag("syncOverrun"),
    )


def _zone(window: Fields) -> ZoneInfo:
    name = window.text("timeZone") or "UTC"
    if _ZONE.fullmatch(name):
        with suppress(OSError, ValueError, ZoneInfoNotFoundError):
            return ZoneInfo(name)
    raise window.wrong("timeZone", "must be a zone such as Europe/Berlin")


def _patterns(window: Fields, name: str) -> tuple[str, ...]:
    found = window.texts(name)
    if not all(map(_PATTERN.fullmatch, found)):
        raise window.wrong(name, "may have * and ? as wildcards, and no brackets")
    return found


def _told(window: Fields, kind: Kind) -> str:
    """Return a window in words."""
    zone, description = window.text("timeZone"), window.text("description")
    more = [zone, description[:_LONGEST_DESCRIPTION]]
    told = f'{kind} "{window.text("schedule")}" for {window.text("duration")}'
    return f"{told} ({', '.join(filter(None, more))})" if any(more) else told
