"""Checking: what no watch shows is looked at by name, and put right where it drifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import GitopskitError
from gitopskit.reconciler.observation import drift
from gitopskit.reconciler.outcomes import failure_of

if TYPE_CHECKING:
    from gitopskit.reconciler.live import LiveObjects
    from gitopskit.reconciler.state import Tracked
    from gitopskit.reconciler.syncing import Syncer


async def check_unwatched(tracked: Tracked, *, syncer: Syncer, live: LiveObjects) -> bool:
    """Look by name at what no watch shows; tell whether all of it could be read.

    What could not be read is a failure until it can be.

    Raises:
        ApiError: the inventory cannot be written.
    """
    is_complete = True
    for ref, applied in list(tracked.applied.items()):
        tracked.forgive(ref)
        entry = tracked.inventory.find(ref)
        if live.is_watched(ref) or entry is None:
            continue
        try:
            seen = await syncer.see(entry)
        except GitopskitError as error:
            tracked.failures[ref] = failure_of(error)
            is_complete = False
            continue
        if tracked.heals and (seen is None or drift(seen, applied)):
            await syncer.bring(tracked, tracked.desired[ref], is_fresh=True)
    return is_complete
