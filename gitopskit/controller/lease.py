"""Who leads: what one copy of a controller does about the Lease that all its copies share.

Pure: what is known and the local time in, one decision out. Times in the Lease are for people and
are never compared: a holder counts as gone when its record has not changed for the lease's
duration, measured here. So it does not matter what other machines' clocks say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from gitopskit.controller.lease_record import Record
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

LONGEST_HONOURED_SECONDS: Final = 60
"""A record that claims a longer duration than this cannot keep everybody else from leading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseOptions:
    """How long a lease lasts, and what its holder does to keep it; all in seconds.

    The holder renews after ``renew_seconds``, and stops leading ``deadline_seconds`` after the
    last renewal that succeeded: before anybody else may take the lease, which is
    ``duration_seconds`` after. No request takes longer than ``request_seconds``; pauses between
    failed ones grow up to ``retry_seconds``.
    """

    duration_seconds: int = 6
    renew_seconds: float = 2.0
    deadline_seconds: float = 5.0
    request_seconds: float = 1.5
    retry_seconds: float = 1.0

    def __post_init__(self) -> None:
        """Check the order on which safety rests.

        Raises:
            InputError: a holder could lead for longer than its lease lasts, or a request could
                outlast a renewal.
        """
        in_order = (
            0,
            self.request_seconds,
            self.renew_seconds,
            self.deadline_seconds,
            self.duration_seconds,
        )
        if any(shorter >= longer for shorter, longer in pairwise(in_order)):
            raise InputError("a lease needs request < renewal < deadline < duration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one candidate knows; every time is its own machine's, monotonic, in seconds.

    ``lease`` is the object that the next write replaces, None where there is none. ``record`` is
    the last that was seen, also of a Lease that is gone, and ``seen_seconds`` is when it was first
    seen like that. ``renewed_seconds`` is when the last successful renewal was sent, None where
    we do not lead. ``is_in_doubt`` asks for a fresh look before anything else.
    """

    lease: JsonObject | None = None
    record: Record | None = None
    seen_seconds: float = 0.0
    renewed_seconds: float | None = None
    paused_until_seconds: float = -math.inf
    is_in_doubt: bool = True

    @property
    def is_leading(self) -> bool:
        """Tell whether we hold the lease as far as we know; how long ago does not count here."""
        return self.renewed_seconds is not None

    def seeing(self, lease: JsonObject | None, *, now_seconds: float) -> Standing:
        """Return the standing after the Lease was read, or was found to be missing."""
        found = Record.of(lease) if lease is not None else self.record
        return replace(
            self,
            lease=lease,
            record=found,
            seen_seconds=self.seen_seconds if found == self.record else now_seconds,
            is_in_doubt=False,
        )

    def holding(self, lease: JsonObject, *, sent_seconds: float) -> Standing:
        """Return the standing after we wrote the Lease, in a request sent at that time.

        A doubt that came up meanwhile stays: somebody may have written after us.
        """
        seen = self.seeing(lease, now_seconds=sent_seconds)
        return replace(
            seen,
            renewed_seconds=sent_seconds,
            paused_until_seconds=-math.inf,
            is_in_doubt=self.is_in_doubt,
        )

    def doubting(self) -> Standing:
        """Return the standing after a sign that the Lease is not what we know."""
        return replace(self, is_in_doubt=True)

    def pausing(self, until_seconds: float) -> Standing:
        """Return the standing after a request that failed."""
        return replace(self, paused_until_seconds=until_seconds)

    def following(self) -> Standing:
        """Return the standing after we stopped leading."""
        return replace(self, renewed_seconds=None)


@dataclass(frozen=True, slots=True)
class Read:
    """Read the Lease."""


@dataclass(frozen=True, slots=True)
class Acquire:
    """Write the Lease, to lead if that succeeds."""


@dataclass(frozen=True, slots=True)
class Renew:
    """Write the Lease, to go on leading."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until that local time, or until the Lease changes."""

    until_seconds: float


@dataclass(frozen=True, slots=True)
class StandDown:
    """Stop leading at once."""

    reason: str


Decision = Read | Acquire | Renew | Wait | StandDown


def decide(
    standing: Standing, *, identity: str, now_seconds: float, options: LeaseOptions
) -> Decision:
    """Return what a candidate does next."""
    if standing.renewed_seconds is None:
        free_seconds = _free_seconds(standing, identity=identity, options=options)
        return _next(standing, Acquire(), due_seconds=free_seconds, now_seconds=now_seconds)
    if standing.record is None or standing.record.holder != identity:
        return StandDown("somebody else holds the lease")
    end_seconds = deadline_seconds(standing, options=options)
    if now_seconds >= end_seconds:
        return StandDown("the lease could not be renewed in time")
    is_gone = standing.lease is None
    due_seconds = -math.inf if is_gone else standing.renewed_seconds + options.renew_seconds
    step = _next(standing, Renew(), due_seconds=due_seconds, now_seconds=now_seconds)
    return Wait(min(step.until_seconds, end_seconds)) if isinstance(step, Wait) else step


def _next(
    standing: Standing, write: Acquire | Renew, *, due_seconds: float, now_seconds: float
) -> Read | Acquire | Renew | Wait:
    """Return a write when it is due, a look before it where that is needed, or a pause."""
    if now_seconds < standing.paused_until_seconds:
        return Wait(standing.paused_until_seconds)
    if standing.is_in_doubt:
        return Read()
    return write if now_seconds >= due_seconds else Wait(due_seconds)


def deadline_seconds(standing: Standing, *, options: LeaseOptions) -> float:
    """Return the local time at which a leader stops leading unless it renews before.

    For who does not lead it is long past.
    """
    if standing.renewed_seconds is None:
        return -math.inf
    return standing.renewed_seconds + options.deadline_seconds


def _free_seconds(standing: Standing, *, identity: str, options: LeaseOptions) -> float:
    """Return the local time from which on a follower may take the lease.

    A Lease that somebody deleted still counts for as long as it was held: its holder writes it
    again.
    """
    record = standing.record
    if record is None or record.holder in {"", identity}:
        return -math.inf
    honoured_seconds = min(record.duration_seconds, LONGEST_HONOURED_SECONDS)
    return standing.seen_seconds + max(honoured_seconds, options.duration_seconds)
