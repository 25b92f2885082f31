"""Fights over drift: who keeps taking fields of ours, how it is told, and whom to wait for.

Pure. Fights are counted for each other manager by itself, so that nobody is answered slowly for
what somebody else did. People are always answered at once: they stop by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import status
from gitopskit.reconciler.observation import is_person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.observation import Observation

_TOLD_SECONDS: Final = 60.0
"""A fight is told for so long after it was last seen."""

_MOST_TOLD: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Fight:
    """Who keeps changing an object, and until when (monotonic seconds) that is told.

    Before ``resumes_at_seconds`` the object is not put right by anything.
    """

    rival: str
    ends_at_seconds: float
    resumes_at_seconds: float = 0.0


def rival_of(after: Observation | None) -> str:
    """Return the manager that changed an object last; empty where it was deleted or is unknown."""
    return after.taken_by or after.added_by if after is not None else ""


def pause_seconds(rival: str, delay_seconds: float) -> float:
    """Return how long to wait before an object is put right again."""
    return 0.0 if is_person(rival) else delay_seconds


def noticed(rival: str, *, delay_seconds: float, now: float) -> Fight:
    """Return a fight that goes on, with the end of what is told of it."""
    return Fight(
        rival=rival,
        ends_at_seconds=now + delay_seconds + _TOLD_SECONDS,
        resumes_at_seconds=now + pause_seconds(rival, delay_seconds),
    )


def is_paused(fights: Mapping[ObjectRef, Fight], ref: ObjectRef, *, now: float) -> bool:
    """Tell whether an object is left as it is for now, because somebody fights over it."""
    fight = fights.get(ref)
    return fight is not None and now < fight.resumes_at_seconds


def current(fights: Mapping[ObjectRef, Fight], *, now: float) -> dict[ObjectRef, Fight]:
    """Return the fights that are still to be told."""
    return {ref: fight for ref, fight in fights.items() if fight.ends_at_seconds > now}


def conditions(fights: Mapping[ObjectRef, Fight]) -> list[tuple[str, str]]:
    """Return a condition that names who fights over which objects; nothing where nobody does."""
    if not fights:
        return []
    told = [f"{ref}: {fight.rival or 'somebody'}" for ref, fight in sorted(fights.items())]
    more = f"; and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    message = (
        "reverted again and again, because another manager keeps changing it:"
        f" {'; '.join(told[:_MOST_TOLD])}{more}. Stop it, or add the fields to ignoreDifferences"
    )
    return [(status.DRIFT_FIGHT, message)]
