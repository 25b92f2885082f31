"""Plan: which objects are applied, which are deleted, and which deletions wait for a person.

Pure. Nothing is deleted on a guess: only what the inventory lists, what is no longer wanted, and
what the live object itself says is ours, by the UID that we noted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.manifests.identity import apply_rank
from gitopskit.reconciler import names
from gitopskit.reconciler.desired import split_options
from gitopskit.reconciler.inventory import is_record_of, record_of
from gitopskit.reconciler.observation import Applied, is_tracked
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Propagation
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.inventory import Entry, Inventory
    from gitopskit.reconciler.observation import Observation

Fate = Literal[
    "delete", "leave", "confirm", "gone", "foreign", "leaving", "waiting", "handing", "failed"
]
Reason = Literal["Prune", "Delete"]
"""Why something is deleted: it left Git, or its Application was deleted."""

_LARGEST_SKEW: Final = timedelta(minutes=5)

PRECIOUS: Final = ("Namespace", "CustomResourceDefinition", "PersistentVolumeClaim")
"""What takes more with it than itself: their deletion is always confirmed by a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What happens to one object that is no longer wanted.

    ``delete`` it; ``leave`` it alone as it asks; ``confirm`` first; it is ``gone``; it is
    ``foreign`` and forgotten; it is ``leaving`` already; it is ``waiting`` for others to be
    healthy or to have looked; another Application is to take it (``handing``); or the deletion
    ``failed``. What is leaving is so ``since`` a time, and may be ``held``.
    """

    entry: Entry
    fate: Fate
    uid: str = ""
    resource_version: str = ""
    message: str = ""
    since: str = ""
    held: str = ""

    @property
    def is_settled(self) -> bool:
        """Tell whether the inventory may forget the object."""
        return self.fate in ("gone", "foreign")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionOrder:
    """Why and how objects are deleted, whether they may be, and whether a person approved.

    ``too_much`` tells why all of them together need an approval, if they do. ``is_ready``: all that
    stays is healthy, so that what wants to go last may go. ``usual`` is what holds where an object
    says nothing of its own deletion: ``true``, ``false`` or ``confirm``. ``heir`` tells who takes
    the objects instead, ``awaits`` who might want them and has yet to look.
    """

    reason: Reason
    propagation: Propagation
    may_delete: bool = True
    is_approved: bool = False
    too_much: str = ""
    is_ready: bool = True
    usual: str = "true"
    heir: str = ""
    awaits: str = ""


def in_ranks(objects: Iterable[Desired]) -> list[list[Desired]]:
    """Return the objects in groups: those of one group do not need one another."""
    ordered = sorted(objects, key=lambda desired: apply_rank(desired.ref))
    return [list(group) for _, group in groupby(ordered, lambda it: apply_rank(it.ref)[0])]


def to_apply(
    objects: Iterable[Desired], applied: Mapping[ObjectRef, Applied]
) -> tuple[Desired, ...]:
    """Return the objects that are not yet applied as they are to be."""
    return tuple(
        desired
        for desired in objects
        if desired.ref not in applied or applied[desired.ref].desired_digest != desired.digest
    )


def recalled(desired: Desired, entry: Entry | None, live: Observation | None) -> Applied | None:
    """Return what an apply before a restart left behind, if the object is still just that."""
    if entry is None or live is None or not entry.record:
        return None
    is_same = (entry.uid, entry.applier) == (live.uid, desired.applier)
    is_settled = live.has_own_entry and not (live.added or live.is_being_deleted)
    if not is_same or not is_settled:
        return None
    if entry.record != record_of(live.resource_version, desired.digest):
        return None
    return Applied(
        uid=live.uid,
        resource_version=live.resource_version,
        own_digest=live.own_digest,
        desired_digest=desired.digest,
    )


def is_recorded(objects: Sequence[Desired], inventory: Inventory) -> bool:
    """Tell whether an inventory lists just these objects, each last written as it is to be."""
    held = inventory.by_ref()
    return held.keys() == {desired.ref for desired in objects} and all(
        is_record_of(held[desired.ref].record, desired.digest) for desired in objects
    )


def to_prune(
    inventory: Inventory, wanted: Collection[ObjectRef], living: Collection[str] = ()
) -> tuple[Entry, ...]:
    """Return the entries that are no longer wanted, dependants first.

    ``living`` are the UIDs of what was just applied: an object that changed its API group is
    listed under both names and must not be deleted under the old one.
    """
    stale = [entry for entry in inventory if entry.ref not in wanted and entry.uid not in living]
    return tuple(sorted(stale, key=lambda entry: apply_rank(entry.ref), reverse=True))


def judge(
    entry: Entry, live: Observation | None, *, application: str, order: DeletionOrder
) -> Verdict:
    """Return what happens to an object that is no longer wanted, as it stands."""
    if live is None:
        return Verdict(entry=entry, fate="gone")
    if not is_tracked(live, entry.ref, application) or entry.uid not in ("", live.uid):
        return Verdict(entry=entry, fate="foreign")
    if live.is_being_deleted:
        why = live.health.message or "the object is being deleted"
        return Verdict(entry=entry, fate="leaving", since=live.leaving_since, held=why)
    fate = _fate(entry, live, order)
    if fate != "delete":
        return Verdict(entry=entry, fate=fate, message=_why(fate, order))
    return Verdict(entry=entry, fate=fate, uid=live.uid, resource_version=live.resource_version)


def _fate(entry: Entry, live: Observation, order: DeletionOrder) -> Fate:
    """Return what happens to an object of ours, as it asks and as its kind needs."""
    if order.heir:
        return "handing"
    options = split_options(live.sync_options)
    if not order.is_ready and "PruneLast=true" in options:
        return "waiting"
    asked = consent(options, order.reason, usual=order.usual)
    if not order.may_delete or asked == "false":
        return "leave"
    needs_approval = (
        asked == "confirm"
        or live.is_adopted
        or entry.is_adopted
        or entry.ref.kind in PRECIOUS
        or order.too_much
    )
    if needs_approval and not order.is_approved:
        return "confirm"
    return "waiting" if order.awaits else "delete"


def _why(fate: Fate, order: DeletionOrder) -> str:
    """Return why an object stays, as far as that is not said by the object itself."""
    reasons: dict[Fate, str] = {
        "confirm": order.too_much,
        "handing": order.heir,
        "waiting": order.awaits,
    }
    return reasons.get(fate, "")


def consent(options: Collection[str], reason: Reason, *, usual: str) -> str:
    """Return whether an object may be deleted: as it says itself, or else as usual.

    Where it says several things, the most careful one holds.
    """
    said = (it for it in ("false", "confirm", "true") if f"{reason}={it}" in options)
    return next(said, usual)


def propagation_for(ref: ObjectRef, order: DeletionOrder) -> Propagation:
    """Return how an object is deleted; an Application has no dependants that one could wait for.

    Its own finalizer takes its objects with it. The garbage collector may take half a minute to
    learn of a new definition, and would hold up a foreground deletion for so long.
    """
    return "Background" if ref.group == names.APPLICATION_GROUP else order.propagation


def is_approved(content: JsonObject, *, asked_at: datetime | None, now: datetime) -> bool:
    """Tell whether a person approved the deletions that were asked about at that time.

    An approval given before the question is for an older one, and one of the future would be for
    all that are still to come; clocks may differ by minutes. Source: Argo CD, ``Prune=confirm``.
    """
    annotations = (content.get("metadata") or {}).get("annotations") or {}
    text = str(annotations.get(names.DELETION_APPROVED_ANNOTATION, ""))
    given_at = parse_rfc3339(text)
    if asked_at is None or given_at is None:
        return False
    return asked_at <= given_at <= now + _LARGEST_SKEW


def blocked_by(desired: Desired, failed: Collection[ObjectRef]) -> ObjectRef | None:
    """Return the failed Namespace or definition that an object needs, if there is one."""
    for ref in failed:
        if ref.kind == "Namespace" and ref.name == desired.ref.namespace:
            return ref
        group = ref.name.partition(".")[2]  # a definition is named plural.group
        if ref.kind == "CustomResourceDefinition" and group == desired.ref.group:
            return ref
    return None
