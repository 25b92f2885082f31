"""Recalling: what an earlier life of the controller applied, known again without a request.

The inventory records of each object the version that our last write left and what was written
then (plan.recalled). Where a watch shows that very version and the same is wanted, there is nothing
to write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import GitopskitError
from gitopskit.reconciler import fighting
from gitopskit.reconciler.observation import drift
from gitopskit.reconciler.plan import is_recorded, recalled

if TYPE_CHECKING:
    from gitopskit.reconciler.live import LiveObjects
    from gitopskit.reconciler.state import Goal, Tracked
    from gitopskit.reconciler.syncing import Syncer


async def recall(tracked: Tracked, goal: Goal, *, syncer: Syncer, live: LiveObjects) -> None:
    """Note which objects of an Application are as an earlier life left them.

    Where it rendered to the same then, the revision that it told still holds.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    if not goal.hooks and is_recorded(goal.objects, tracked.inventory):
        tracked.told_digest = tracked.told_digest or goal.digest
    await syncer.cover(tracked, goal.objects)
    for desired in goal.objects:
        ref = desired.ref
        if ref in tracked.applied or not live.is_watched(ref):
            continue
        found = recalled(desired, tracked.inventory.find(ref), live.get(ref))
        if found is not None:
            tracked.applied[ref] = found


async def compare_unknown(
    tracked: Tracked, goal: Goal, *, syncer: Syncer, live: LiveObjects
) -> None:
    """Find out, without a write, how objects are that nobody knows to be as they are to be."""
    differing = set()
    for desired in goal.objects:
        if desired.ref in tracked.applied:
            continue
        is_missing = live.is_watched(desired.ref) and live.get(desired.ref) is None
        try:
            if is_missing or await syncer.differs(tracked, goal, desired):
                differing.add(desired.ref)
        except GitopskitError:
            differing.add(desired.ref)  # it could not be made what it is to be either
    tracked.differing = frozenset(differing)


def forget_drifted(tracked: Tracked, live: LiveObjects, *, now: float, is_all: bool) -> None:
    """Forget what drifted while nobody was to heal it, or what no event told of: apply it anew.

    What is fought over waits for its turn, and what no watch shows is looked at by name; unless
    ``is_all``, which forgets those too.
    """
    for ref, applied in list(tracked.applied.items()):
        found, is_watched = live.get(ref), live.is_watched(ref)
        is_left = not is_watched or fighting.is_paused(tracked.fights, ref, now=now)
        if is_left and not is_all:
            continue
        if found is None or not is_watched or drift(found, applied):
            del tracked.applied[ref]
