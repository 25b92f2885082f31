"""Wishes: one object as it is to be, how it is to be written, and what came of that.

Pure. What a write does is in writer.py; here is what it is decided on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from gitopskit.reconciler import fieldsets, names
from gitopskit.reconciler.application import NOTHING_IGNORED
from gitopskit.reconciler.desired import adopted
from gitopskit.reconciler.observation import added_by_people
from gitopskit.reconciler.plan import consent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Ignored
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.inventory import Entry
    from gitopskit.reconciler.observation import Applied, Observation
    from gitopskit.reconciler.sync_policy import SyncOptions

Action = Literal["created", "configured", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an object is written.

    ``is_asked_about``: a person has to approve that it is deleted, as in ``Prune=confirm``.
    ``is_forced``: it is made anew where a field was changed that cannot be. ``overrides_ignored``:
    when it is written, also what others may set becomes as Git has it. ``is_lenient``: fields that
    the server does not know are left out. ``is_replaced``: when it is written, it loses what Git
    does not have, whoever set that.
    """

    is_asked_about: bool = False
    is_forced: bool = False
    is_lenient: bool = False
    is_replaced: bool = False
    overrides_ignored: bool = False

    @property
    def goes_beyond(self) -> bool:
        """Tell whether more is done than to apply, as soon as there is a reason to write."""
        return self.is_replaced or self.overrides_ignored


USUAL = Manner()


def manner_of(desired: Desired, options: SyncOptions) -> Manner:
    """Return how an object is written; what itself says counts before what is said of all."""

    def is_on(name: str, *, default: bool) -> bool:
        if f"{name}=false" in desired.options:
            return False
        return default or f"{name}=true" in desired.options

    return Manner(
        is_asked_about=consent(desired.options, "Prune", usual=options.prune) == "confirm",
        is_forced=is_on("Force", default=options.forces),
        is_lenient=not is_on("Validate", default=options.validates),
        is_replaced=is_on("Replace", default=options.replaces),
        overrides_ignored=not is_on("RespectIgnoreDifferences", default=options.respects_ignored),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One object as it is to be, and what is known about it.

    ``entry`` is its line in the inventory; ``before_creation`` is awaited before an object is
    made that the inventory knows by the UID of one that is gone. ``is_approved``: a person approved
    the deletions that the Application asked about. ``is_given`` tells whether the Application of
    that name agrees to its being taken.
    """

    application: str
    desired: Desired
    entry: Entry
    ignored: Ignored = NOTHING_IGNORED
    manner: Manner = USUAL
    is_approved: bool = False
    before_creation: Callable[[Entry], Awaitable[None]]
    is_given: Callable[[str], bool] = lambda _application: False

    def holder(self, seen: Observation) -> str:
        """Return the Application whose the object may be: ours, or the one that gives it to us."""
        tracker = names.tracked_by(seen.tracking_id, self.desired.ref)
        is_given = tracker not in ("", self.application) and self.is_given(tracker)
        return tracker if is_given else self.application


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What was done about a wish: the object as it was left, and what that took.

    ``is_taken``: another Application gave it.
    """

    applied: Applied
    action: Action
    is_adopted: bool = False
    is_taken: bool = False


def is_plain(known: Observation, wish: Wish) -> bool:
    """Tell whether an object can be applied over without its content being looked at."""
    is_ours = names.tracked_by(known.tracking_id, wish.desired.ref) == wish.application
    is_settled = not (known.added or known.owner or known.is_being_deleted)
    return is_ours and is_settled and not (wish.ignored or wish.manner.goes_beyond)


def has_extra(wish: Wish, live: JsonObject) -> bool:
    """Tell whether a live object has fields that people added and Git does not have."""
    extra = added_by_people(live, ignored=wish.ignored)
    return not all(fieldsets.has(path, wish.desired.content) for path in extra)


def marked(wish: Wish, seen: Observation, content: JsonObject) -> JsonObject:
    """Return what is applied, with the mark of adoption where it belongs; once set it stays."""
    is_tracked = names.tracked_by(seen.tracking_id, wish.desired.ref) == wish.holder(seen)
    is_known = is_tracked or seen.uid == wish.entry.uid
    if seen.is_adopted or wish.entry.is_adopted or not is_known:
        return adopted(replace(wish.desired, content=content)).content
    return content


def comparable(content: JsonObject) -> JsonObject:
    """Return an object without what every write touches."""
    metadata = dict(content["metadata"])
    for name in ("managedFields", "resourceVersion", "generation"):
        metadata.pop(name, None)
    return {**content, "metadata": metadata}
