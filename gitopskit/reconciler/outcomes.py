"""Outcomes: what one write or deletion means for the inventory and for what is told. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import (
    IMMUTABLE_FIELD,
    UNAPPROVED,
    UNKNOWN_FIELD,
    ApiInvalid,
    ApiUnreachable,
    GitopskitError,
    OwnershipConflict,
)
from gitopskit.reconciler import plan
from gitopskit.reconciler.inventory import Entry, record_of
from gitopskit.reconciler.state import Failure
from gitopskit.reconciler.status import (
    CONFIRMATION_REQUIRED,
    ResourceResult,
    condition_message,
    condition_time,
)
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.inventory import Inventory
    from gitopskit.reconciler.plan import Verdict
    from gitopskit.reconciler.state import Tracked
    from gitopskit.reconciler.status import Outcome


_HINTS: Final = {
    IMMUTABLE_FIELD: (
        "this cannot be changed in an object that is there: delete it, or let it be made anew with"
        " the option Force=true of its annotation argocd.argoproj.io/sync-options"
    ),
    UNKNOWN_FIELD: (
        "correct it, or let it be left out with the option Validate=false of its annotation"
        " argocd.argoproj.io/sync-options"
    ),
}


def entry_of(desired: Desired) -> Entry:
    """Return the entry of an object that is about to be applied."""
    return Entry(
        ref=desired.ref,
        version=desired.version,
        applier=desired.applier,
        is_hook=desired.is_hook,
    )


def settled_entry(entry: Entry, tracked: Tracked) -> Entry:
    """Return an entry with what the last apply of its object told."""
    desired, applied = tracked.desired.get(entry.ref), tracked.applied.get(entry.ref)
    if desired is None or applied is None:
        return entry
    return replace(
        entry,
        version=desired.version,
        applier=desired.applier,
        uid=applied.uid,
        is_adopted=entry.is_adopted or entry.ref in tracked.adopted,
        is_hook=False,
        is_taken=entry.is_taken or entry.ref in tracked.taken,
        record=record_of(applied.resource_version, applied.desired_digest),
    )


def settled(inventory: Inventory, tracked: Tracked) -> Inventory:
    """Return an inventory with what the last applies told; the same one where that is little."""
    found = {entry.ref: settled_entry(entry, tracked) for entry in inventory}
    after = inventory.settled(found)
    return after if after.is_worth_writing(inventory) else inventory


def is_approved(tracked: Tracked, ref: ObjectRef, *, now: datetime) -> bool:
    """Tell whether a person approved the deletion of an object that an Application asked about."""
    asked_at = condition_time(tracked.status, CONFIRMATION_REQUIRED)
    is_given = plan.is_approved(tracked.content, asked_at=parse_rfc3339(asked_at), now=now)
    return is_given and _was_asked_about(tracked, ref)


def asked_about(tracked: Tracked) -> frozenset[ObjectRef]:
    """Return the objects whose deletion is asked about when this is told."""
    pending = {it.entry.ref for it in tracked.pending if it.fate == "confirm"}
    return frozenset(pending | {ref for ref, it in tracked.failures.items() if it.is_unapproved})


def _was_asked_about(tracked: Tracked, ref: ObjectRef) -> bool:
    """Tell whether the last question named an object; after a restart its words tell that.

    Of many objects they name the first ones alone, and then count for all.
    """
    if tracked.asked_about is not None:
        return ref in tracked.asked_about
    said = condition_message(tracked.status, CONFIRMATION_REQUIRED)
    return f": {ref};" in said or f"; {ref};" in said or "; and " in said


def hint_of(error: GitopskitError) -> str:
    """Return what a condition advises: of who does not answer, nobody there knows more."""
    return "" if isinstance(error, ApiUnreachable) else error.hint


def failure_of(error: GitopskitError) -> Failure:
    """Return what is remembered of an object that could not be written."""
    reason = error.reason if isinstance(error, ApiInvalid) else ""
    hint = _HINTS.get(reason, hint_of(error))
    message = f"{error.what}; {hint}" if hint else error.what
    return Failure(
        message=message,
        is_foreign=isinstance(error, OwnershipConflict),
        is_unapproved=reason == UNAPPROVED,
        is_passing=not isinstance(error, ApiInvalid),
    )


def deletion_result(verdict: Verdict) -> ResourceResult | None:
    """Return what a sync tells about one deletion; what is only waited for is not told again."""
    entry = verdict.entry
    if verdict.fate == "leaving" and verdict.message:
        return result_of(entry.ref, entry.version, "Pruned", verdict.message)
    if verdict.fate == "failed":
        return result_of(entry.ref, entry.version, "SyncFailed", verdict.message)
    return None


def result_of(ref: ObjectRef, version: str, outcome: Outcome, message: str) -> ResourceResult:
    """Return what a sync tells of one object."""
    return ResourceResult(ref=ref, version=version, outcome=outcome, message=message)
