"""What is to be done about sealing keys now: make one, promote one, or wait.

Pure: keys, wishes and the time in, one decision out. Two leaders that see the same come to the
same decision, the name of the new key included, so that only one of them can create it. Start at
``decide``; key_life_task.py carries it out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gitopskit.errors import InputError
from gitopskit.manifests.names import require_dns_subdomain
from gitopskit.sealing.key_secrets import (
    DEFAULT_KEY_PREFIX,
    ClusterKey,
    KeyOrder,
    KeyState,
    newest_first,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gitopskit.sealing.certificates import KeyKind

KeyCause = Literal["first", "demand", "cutoff", "period", "expiry"]

_KINDS: Final[tuple[KeyKind, ...]] = ("rsa", "hybrid")
_NAME_DIGITS: Final = 10
_NONE: Final = timedelta()
_SECOND: Final = timedelta(seconds=1)
"""Certificates begin at whole seconds. Source: RFC 5280 section 4.1.2.5."""

_LONGEST_LIFETIME: Final = timedelta(days=365_000)
_END_OF_TIME: Final = datetime.max.replace(microsecond=0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLifeOptions:
    """When keys are made, and how.

    ``renew_period`` of zero renews nothing by age. ``cutoff_utc`` is a moment before which no key
    may have been made that still seals. ``lifetime`` is how long a certificate is valid.
    """

    renew_period: timedelta = timedelta(hours=720)
    cutoff_utc: datetime | None = None
    requires_backup: bool = False
    order: KeyOrder = "CertNotBefore"
    prefix: str = DEFAULT_KEY_PREFIX
    size_bits: int = 4096
    lifetime: timedelta = timedelta(hours=87600)

    def __post_init__(self) -> None:
        """Check that keys can be made and renewed like this.

        Raises:
            InputError: a certificate would end before its key is renewed, never begin, or outlast
                the calendar; or the prefix makes no names.
        """
        if self.renew_period < _NONE or self.lifetime <= self.renew_period:
            raise InputError(
                "a certificate must be valid for longer than the period after which keys are "
                "renewed, and neither can be negative",
                hint="give a longer --key-ttl, or a shorter --key-renew-period (0 renews nothing)",
            )
        if self.lifetime > _LONGEST_LIFETIME:
            raise InputError(
                "a certificate cannot be valid for longer than a thousand years",
                hint="give a shorter --key-ttl",
            )
        longest = _derived(_prefix_of(self, "hybrid"), "")
        require_dns_subdomain(longest, what="name of a key after --key-prefix")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWishes:
    """What others said: the text by which a new key is asked for, empty for none, and names.

    ``taken`` are names of Secrets that exist and hold no key that is in use.
    """

    demand: str = ""
    taken: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """A key is to be made under this name, unless a Secret of that name exists by now."""

    kind: KeyKind
    name: str
    state: KeyState
    not_before_utc: datetime
    cause: KeyCause


@dataclass(frozen=True, slots=True)
class Promote:
    """A pending key is to become active."""

    key: ClusterKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing is to be done before that moment, None for ever, unless something changes.

    ``unsaved`` are pending keys that wait for their backup.
    """

    until_utc: datetime | None
    unsaved: tuple[ClusterKey, ...] = ()


Decision: TypeAlias = Make | Promote | Wait


def decide(
    keys: Iterable[ClusterKey], options: KeyLifeOptions, wishes: KeyWishes, *, now: datetime
) -> Decision:
    """Return what is to be done about the keys that a cluster has, retired ones left out.

    There is always an RSA key. Hybrid keys are renewed where somebody made one.
    """
    waits: list[Wait] = []
    every = tuple(keys)
    for kind in _KINDS:
        own = tuple(key for key in every if key.kind == kind)
        if own or kind == "rsa":
            decision = _decide_kind(kind, own, options, wishes, now=now)
            if not isinstance(decision, Wait):
                return decision
            waits.append(decision)
    moments = (wait.until_utc for wait in waits)
    return Wait(
        until_utc=min((moment for moment in moments if moment is not None), default=None),
        unsaved=tuple(key for wait in waits for key in wait.unsaved),
    )


def _decide_kind(
    kind: KeyKind,
    keys: tuple[ClusterKey, ...],
    options: KeyLifeOptions,
    wishes: KeyWishes,
    *,
    now: datetime,
) -> Decision:
    ranked = newest_first(keys, options.order)
    unsaved = tuple(key for key in ranked if key.state == "pending")
    for key in unsaved:
        if key.is_backed_up or not options.requires_backup:
            return Promote(key)
    prefix = _prefix_of(options, kind)
    cause = _cause(ranked, options, wishes, on_demand=name_on_demand(prefix, wishes), now=now)
    if cause is None:
        return Wait(until_utc=_next_look(ranked[0], options, now=now), unsaved=unsaved)
    return Make(
        kind=kind,
        name=name_on_demand(prefix, wishes) if cause == "demand" else _name(prefix, ranked, wishes),
        state="pending" if options.requires_backup else "active",
        not_before_utc=_beginning(ranked, options, now=now),
        cause=cause,
    )


def _cause(
    ranked: tuple[ClusterKey, ...],
    options: KeyLifeOptions,
    wishes: KeyWishes,
    *,
    on_demand: str,
    now: datetime,
) -> KeyCause | None:
    if not ranked:
        return "first"
    if wishes.demand and on_demand not in {*wishes.taken, *(key.name for key in ranked)}:
        return "demand"
    if _is_cut_off(ranked[0], options, now=now):
        return "cutoff"
    due = _renewals_utc(ranked[0], options)
    return next((cause for cause, moment in due.items() if moment <= now), None)


def _is_cut_off(newest: ClusterKey, options: KeyLifeOptions, *, now: datetime) -> bool:
    """Whether the newest key is too old; a server's clock that is behind makes none too old."""
    if options.cutoff_utc is None or options.cutoff_utc > now:
        return False
    made = max(newest.not_before_utc, newest.dated_utc(options.order))
    return made < options.cutoff_utc.replace(microsecond=0)


def _renewals_utc(newest: ClusterKey, options: KeyLifeOptions) -> dict[KeyCause, datetime]:
    """Return when the newest key is to be followed by another, and why.

    By its age it is not while it waits for a backup: two that wait are no better than one.
    """
    if not options.renew_period:
        return {}
    end: dict[KeyCause, datetime] = {"expiry": newest.not_after_utc}
    if newest.state == "pending":
        return end
    return {"period": _later(newest.dated_utc(options.order), options.renew_period), **end}


def _next_look(newest: ClusterKey, options: KeyLifeOptions, *, now: datetime) -> datetime | None:
    moments = (*_renewals_utc(newest, options).values(), options.cutoff_utc)
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def _beginning(
    ranked: tuple[ClusterKey, ...], options: KeyLifeOptions, *, now: datetime
) -> datetime:
    """Return from when the new key is valid: now, and later than all others, or it seals nothing.

    Another machine's clock may be ahead of ours.
    """
    others = (_later(key.not_before_utc, _SECOND) for key in ranked)
    return min(_END_OF_TIME - options.lifetime, max([now.replace(microsecond=0), *others]))


def _later(moment: datetime, by: timedelta) -> datetime:
    return moment + min(by, _END_OF_TIME - moment)


def name_on_demand(prefix: str, wishes: KeyWishes) -> str:
    """Return the name of the key that is made for a demand; that it exists says that it was."""
    return _derived(prefix, "demand", wishes.demand)


def _name(prefix: str, ranked: tuple[ClusterKey, ...], wishes: KeyWishes) -> str:
    """Return the name of the next key: from the newest there is, the first that is not taken."""
    known = {*wishes.taken, *(key.name for key in ranked)}
    before = ranked[0].fingerprint if ranked else ""
    number = 0
    while (name := _derived(prefix, "after", before, str(number))) in known:
        number += 1
    return name


def _prefix_of(options: KeyLifeOptions, kind: KeyKind) -> str:
    return options.prefix if kind == "rsa" else f"{options.prefix}-{kind}"


def _derived(prefix: str, *words: str) -> str:
    digest = hashlib.sha256("\0".join(words).encode()).hexdigest()
    return f"{prefix}-{digest[:_NAME_DIGITS]}"
