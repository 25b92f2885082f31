"""Lingering: what is being deleted and does not go, because a finalizer or a dependant holds it.

Pure. Most objects are gone at once, and of those nothing is told. One that stays is told of until
it is gone, and looked at ever less often where no watch tells of its end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gitopskit.reconciler.plan import Verdict

DELETION_PENDING: Final = "DeletionPending"
"""The condition that names what is being deleted and is held."""

HELD_SECONDS: Final = 5.0
"""What is not gone by then is told of."""

_FIRST_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 30.0
_LONGEST_WATCHED_SECONDS: Final = 300.0


def looked_at(verdicts: Iterable[Verdict], *, now: datetime) -> tuple[Verdict, ...]:
    """Return the verdicts that are not settled; what has just begun to go is not held yet."""
    return tuple(
        replace(it, held="") if it.held and age_seconds(it, now=now) < HELD_SECONDS else it
        for it in verdicts
        if not it.is_settled
    )


def age_seconds(verdict: Verdict, *, now: datetime) -> float:
    """Return for how long an object is being deleted; 0 where that is not known yet.

    The server's clock may be ahead, and a Pod is to be gone only at a time still to come.
    """
    since = parse_rfc3339(verdict.since)
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0


def delay_seconds(verdict: Verdict, *, now: datetime, is_watched: bool) -> float:
    """Return in how many seconds to look again at what is being deleted.

    The pause grows with the time for which it is held already.
    """
    age = age_seconds(verdict, now=now)
    if is_watched and verdict.since and age < HELD_SECONDS:
        return HELD_SECONDS - age
    return max(
        _FIRST_SECONDS, min(age, _LONGEST_WATCHED_SECONDS if is_watched else _LONGEST_SECONDS)
    )


def told(verdicts: Iterable[Verdict]) -> list[str]:
    """Return what is held, since when, and by what."""
    return sorted(f"{it.entry.ref}: since {it.since}, {it.held}" for it in verdicts if it.held)
