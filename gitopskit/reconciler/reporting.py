"""Reports: what is told of an Application, from what is known about it.

Pure: takes values and the last observation of each object, returns a status.Report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.health.assess import Health, worst
from gitopskit.reconciler import lingering, status
from gitopskit.reconciler.desired import split_options
from gitopskit.reconciler.handover import HANDING_OVER
from gitopskit.reconciler.images import images_of
from gitopskit.reconciler.observation import drift
from gitopskit.reconciler.status import Report, ResourceStatus
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.observation import Observation
    from gitopskit.reconciler.plan import Verdict
    from gitopskit.reconciler.state import Goal, Tracked

    Seen = Callable[[ObjectRef], Observation | None]

EMPTY_RENDER_MESSAGE: Final = (
    "nothing is pruned: the source renders to no object at all;"
    " set syncPolicy.automated.allowEmpty to allow that"
)
NOTHING_RENDERED_MESSAGE: Final = (
    "the source renders to no object at all: correct its path or the patterns of its directory,"
    " or set syncPolicy.automated.allowEmpty where that is meant"
)
_EXTRANEOUS: Final = "IgnoreExtraneous"
_SECRET: Final = ("", "Secret")
_MOST_TOLD: Final = 10
_MISSING: Final = Health("Missing", "the object is not there")


def health_of(goal: Goal, seen: Seen) -> Health:
    """Return the worst health of an Application's objects, but for those without a say."""
    return worst(_health(seen(it.ref)) for it in goal.objects if not it.has_no_say)


def refused(tracked: Tracked, condition: str, message: str, seen: Seen) -> Report:
    """Return the report of an Application whose goal is unknown: nothing was written."""
    health = health_of(tracked.goal, seen) if tracked.goal else Health("Unknown")
    sync = tracked.status.get("sync") or {}
    return Report(
        sync="Unknown",
        health=health,
        revision=str(sync.get("revision", "")),
        revisions=tuple(sync.get("revisions") or ()),
        resources=_resources(tracked, tracked.goal, seen) if tracked.goal else (),
        conditions=((condition, message), *_pending_conditions(tracked.pending)),
        spec=tracked.content.get("spec") or {},
    )


def beginning(tracked: Tracked) -> Report:
    """Return the report of an Application that nobody has looked at yet, because Git is slow.

    How its objects are is not known: they may be there already.
    """
    places = ", ".join(dict.fromkeys(scrub(it.url) for it in tracked.follows))
    if tracked.commits:
        message = f"waits for {', '.join(tracked.commits)} of {places} to be fetched and built"
    else:
        message = f"waits until {places or 'its repository'} tells what its revision is now"
    return Report(
        sync="Unknown",
        health=Health("Unknown"),
        conditions=((status.FIRST_LOOK, message),),
        spec=tracked.content.get("spec") or {},
    )


def leaving(tracked: Tracked, *, awaited: str = "", problems: Sequence[str] = ()) -> Report:
    """Return the report of an Application that waits for the end of its objects, or for a hook."""
    sync = tracked.status.get("sync") or {}
    failed = [*problems]
    failed += [f"{it.entry.ref}: {it.message}" for it in tracked.pending if it.fate == "failed"]
    told = [(status.DELETION_ERROR, listed(failed))] if failed else []
    return Report(
        sync=sync.get("status", "Unknown"),
        health=Health("Progressing", f"the Application is being deleted{awaited}"),
        revision=str(sync.get("revision", "")),
        revisions=tuple(sync.get("revisions") or ()),
        resources=tuple(_stale(verdict) for verdict in tracked.pending),
        conditions=(
            *told,
            *_pending_conditions(tracked.pending),
            *handing_conditions(tracked.pending),
        ),
        spec=tracked.content.get("spec") or {},
    )


def unwatched_conditions(
    goal: Goal, is_watched: Callable[[ObjectRef], bool]
) -> list[tuple[str, str]]:
    """Return a condition that names the kinds whose changes are seen at a poll only."""
    kinds = {
        f"{desired.ref.kind}.{desired.ref.group}".rstrip(".")
        for desired in goal.objects
        if not is_watched(desired.ref) and (desired.ref.group, desired.ref.kind) != _SECRET
    }
    if not kinds:
        return []
    message = f"read by name at each poll, not watched: {listed(sorted(kinds))}"
    return [(status.NOT_WATCHED, message)]


def empty_conditions(goal: Goal, told: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return a condition where nothing is to be there, which may be a misspelt path or pattern.

    It is none where that is meant, or where what is told already says so.
    """
    is_filled = goal.objects or goal.hooks or goal.deletion_hooks
    is_told = status.EMPTY_RENDER in dict(told)
    if is_filled or is_told or goal.application.policy.allows_empty:
        return []
    return [(status.NOTHING_RENDERED, NOTHING_RENDERED_MESSAGE)]


def report(
    tracked: Tracked, goal: Goal, *, seen: Seen, extra: tuple[tuple[str, str], ...] = ()
) -> Report:
    """Return the report of an Application with a goal; ``extra`` are further conditions."""
    resources = _resources(tracked, goal, seen)
    going = {it.entry.ref for it in tracked.pending if it.held}
    is_synced = all(
        it.status == "Synced"
        or it.ref in going
        or (it.requires_pruning and _may_be_extra(seen(it.ref)))
        for it in resources
    )
    return Report(
        sync="Synced" if is_synced else "OutOfSync",
        health=health_of(goal, seen),
        source_types=goal.source_types,
        images=images_of((*goal.objects, *goal.hooks)),
        resources=resources,
        conditions=(
            *_failure_conditions(tracked),
            *_pending_conditions(tracked.pending, unapproved=_unapproved(tracked)),
            *extra,
        ),
        spec=tracked.content.get("spec") or {},
    )


def _resources(tracked: Tracked, goal: Goal, seen: Seen) -> tuple[ResourceStatus, ...]:
    return (
        *(_resource(tracked, goal, desired, seen(desired.ref)) for desired in goal.objects),
        *(_stale(it) for it in tracked.pending if it.fate != "leaving" or it.held),
    )


def _resource(
    tracked: Tracked, goal: Goal, desired: Desired, live: Observation | None
) -> ResourceStatus:
    application = goal.application
    is_asked = application.operation is not None and not application.only_looks
    is_applied = application.policy.is_automated or is_asked
    is_compared = not is_applied or (bool(tracked.closed) and desired.ref not in tracked.applied)
    is_synced = (
        desired.ref not in tracked.differing
        if is_compared
        else _is_as_applied(tracked, desired, live)
    )
    return ResourceStatus(
        ref=desired.ref,
        version=desired.version,
        status="Synced" if is_synced else "OutOfSync",
        health=_health(live),
        wave=desired.wave,
    )


def _is_as_applied(tracked: Tracked, desired: Desired, live: Observation | None) -> bool:
    applied = tracked.applied.get(desired.ref)
    return (
        live is not None
        and applied is not None
        and applied.desired_digest == desired.digest
        and not drift(live, applied)
    )


def _stale(verdict: Verdict) -> ResourceStatus:
    entry = verdict.entry
    return ResourceStatus(
        ref=entry.ref,
        version=entry.version,
        status="OutOfSync",
        requires_pruning=True,
        requires_confirmation=verdict.fate == "confirm",
        health=Health("Progressing", verdict.held) if verdict.held else None,
    )


def _may_be_extra(live: Observation | None) -> bool:
    """Tell whether an object says of itself that it counts for nothing when it has left Git."""
    return live is not None and _EXTRANEOUS in split_options(live.compare_options)


def _health(live: Observation | None) -> Health:
    return _MISSING if live is None else live.health


def _failure_conditions(tracked: Tracked) -> list[tuple[str, str]]:
    foreign: list[str] = []
    failed: list[str] = []
    for ref, failure in sorted(tracked.failures.items()):
        (foreign if failure.is_foreign else failed).append(f"{ref}: {failure.message}")
    failed.extend(
        f"{verdict.entry.ref}: {verdict.message}"
        for verdict in tracked.pending
        if verdict.fate == "failed"
    )
    told = []
    if failed:
        told.append((status.SYNC_ERROR, listed(failed)))
    if foreign:
        told.append((status.OWNERSHIP_CONFLICT, listed(foreign)))
    return told


def _unapproved(tracked: Tracked) -> list[ObjectRef]:
    """Return what is not made anew because a person has to approve its deletion."""
    return [ref for ref, failure in tracked.failures.items() if failure.is_unapproved]


def _pending_conditions(
    pending: Collection[Verdict], *, unapproved: Iterable[ObjectRef] = ()
) -> list[tuple[str, str]]:
    asked = [verdict for verdict in pending if verdict.fate == "confirm"]
    waiting = sorted({*(str(it.entry.ref) for it in asked), *map(str, unapproved)})
    held = lingering.told(pending)
    told = [(lingering.DELETION_PENDING, f"not gone yet: {listed(held)}")] if held else []
    if not waiting:
        return told
    reasons = sorted({f"{verdict.message}: " for verdict in asked if verdict.message})
    message = (
        f"{''.join(reasons)}not deleted before a person approves: {listed(waiting)};"
        " set the annotation argocd.argoproj.io/deletion-approved to the time of now"
    )
    return [(status.CONFIRMATION_REQUIRED, message), *told]


def handing_conditions(pending: Iterable[Verdict]) -> list[tuple[str, str]]:
    """Return the condition that names what another Application is to take, or might want."""
    told = sorted(
        f"{it.entry.ref}: {it.message}"
        for it in pending
        if it.message and it.fate in ("handing", "waiting")
    )
    return [(HANDING_OVER, f"not deleted: {listed(told)}")] if told else []


def listed(texts: list[str]) -> str:
    """Return the first of several texts in one line, and how many more there are."""
    more = len(texts) - _MOST_TOLD
    told = "; ".join(texts[:_MOST_TOLD])
    return f"{told}; and {more} more" if more > 0 else told
