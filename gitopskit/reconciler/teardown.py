"""Teardown: what happens to the objects of an Application that is being deleted.

With Argo CD's finalizer they are deleted first, dependants before what they depend on, and the
Application goes when they are gone. Without it nothing is deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import application as applications
from gitopskit.reconciler import plan, reporting
from gitopskit.reconciler.plan import DeletionOrder
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from gitopskit.reconciler.publishing import Publisher
    from gitopskit.reconciler.state import Tracked
    from gitopskit.reconciler.syncing import Syncer

_PAUSE_SECONDS: Final = 2.0
"""Where no watch tells of the end of an object, it is looked for after so long."""


async def tear_down(tracked: Tracked, *, syncer: Syncer, publisher: Publisher) -> float | None:
    """Delete what an Application applied and let it go; return when to come back.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    propagation = applications.cascade(tracked.content)
    if propagation is None:
        return None
    deleted_at = str(tracked.content["metadata"]["deletionTimestamp"])
    order = DeletionOrder(
        reason="Delete",
        propagation=propagation,
        is_approved=plan.is_approved(tracked.content, asked_at=parse_rfc3339(deleted_at)),
    )
    await syncer.prune(tracked, plan.to_prune(tracked.inventory, wanted=()), order)
    left = [verdict for verdict in tracked.pending if verdict.fate != "leave"]
    if left:
        await publisher.publish(tracked, reporting.leaving(tracked))
        return _PAUSE_SECONDS
    await syncer.forget(tracked)
    await publisher.release(tracked)
    return None
