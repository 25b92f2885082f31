"""Who leads: what one copy of a controller does about the Lease that all its copies share.

Pure: what is known and the local time in, one decision out. Times in the Lease are for people and
are never compared: a holder counts as gone when its record has not changed for the lease's
duration, measured here. So it does not matter what other machines' clocks say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from gitopskit.errors import InputError
from gitopskit.kube.resources import LEASES
from gitopskit.timestamps import rfc3339_micro

if TYPE_CHECKING:
    from datetime import datetime

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


class Candidate(NamedTuple):
    """One copy of a controller: the Lease it wants, and what no other process is called."""

    namespace: str
    name: str
    identity: str

    def __str__(self) -> str:
        """Return the Lease as ``Lease/namespace/name``."""
        return str(LEASES.ref(namespace=self.namespace, name=self.name))


class Record(NamedTuple):
    """What a Lease says; ``holder`` is empty where nobody holds it."""

    holder: str
    duration_seconds: int
    acquired: str
    renewed: str
    transitions: int

    @classmethod
    def of(cls, lease: JsonObject) -> Record:
        """Return the record of a Lease as the API server sent it."""
        spec = lease.get("spec") or {}
        return cls(
            holder=str(spec.get("holderIdentity") or ""),
            duration_seconds=int(spec.get("leaseDurationSeconds") or 0),
            acquired=str(spec.get("acquireTime") or ""),
            renewed=str(spec.get("renewTime") or ""),
            transitions=int(spec.get("leaseTransitions") or 0),
        )


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
        """Return the standing after we wrote the Lease, in a request sent at that time."""
        seen = self.seeing(lease, now_seconds=sent_seconds)
        return replace(seen, renewed_seconds=sent_seconds, paused_until_seconds=-math.inf)

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


def claim(
    standing: Standing, candidate: Candidate, *, now: datetime, options: LeaseOptions
) -> JsonObject:
    """Return the Lease as a candidate writes it to acquire or to renew it.

    What else stands in it stays, and so does the version that was read: the API server refuses
    the write if anything changed since.
    """
    record = standing.record
    is_ours = record is not None and record.holder == candidate.identity
    transitions = record.transitions if record is not None else -1
    moment = rfc3339_micro(now)
    return _written(
        standing,
        candidate,
        holderIdentity=candidate.identity,
        leaseDurationSeconds=options.duration_seconds,
        acquireTime=(record.acquired if record is not None and is_ours else "") or moment,
        renewTime=moment,
        leaseTransitions=transitions if is_ours else transitions + 1,
    )


def release(standing: Standing, candidate: Candidate, *, now: datetime) -> JsonObject:
    """Return the Lease as its holder leaves it: free, at once."""
    return _written(standing, candidate, holderIdentity="", renewTime=rfc3339_micro(now))


def _written(standing: Standing, candidate: Candidate, **changes: str | int) -> JsonObject:
    lease = standing.lease or {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {
            "name": candidate.name,
            "namespace": candidate.namespace,
            "labels": {"app.kubernetes.io/managed-by": "gitopskit"},
        },
    }
    return {**lease, "spec": {**(lease.get("spec") or {}), **changes}}
