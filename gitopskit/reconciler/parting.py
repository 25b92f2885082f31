"""Parting: what an Application does not want any more is handed over, deleted, or kept for now.

What others want is asked first (handover.py), then how much may go at once (guards.py), and of each
object whether it may (plan.py); syncing.py does it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import (
    answering,
    guards,
    handover,
    lingering,
    outcomes,
    plan,
    reporting,
    rollback,
    status,
)
from gitopskit.reconciler.plan import DeletionOrder, Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from gitopskit.clock import Clock
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.application import Follow
    from gitopskit.reconciler.handover import Heads, Prospects
    from gitopskit.reconciler.inventory import Entry
    from gitopskit.reconciler.live import LiveObjects
    from gitopskit.reconciler.state import Goal, Registry, Tracked
    from gitopskit.reconciler.status import ResourceResult
    from gitopskit.reconciler.syncing import Syncer

_READY: Final = ("Healthy", "Suspended")
_NO_MORE: Final = DeletionOrder(reason="Prune", propagation="Background", may_delete=False)
_ASK_SECONDS: Final = 10.0
"""So long what others follow is asked for before something is deleted."""

_PATIENCE_SECONDS: Final = 300.0
"""So long a deletion waits for a look even at those whose project does not permit the object.

Until then a person may still let them have it; and whoever reads and builds it in time is named.
"""


class Parting:
    """Parts Applications from objects that they do not want."""

    def __init__(
        self,
        *,
        clock: Clock,
        registry: Registry,
        syncer: Syncer,
        live: LiveObjects,
        heads: Heads,
    ) -> None:
        """Keep the parts; ``heads`` tells the commits that repositories were last seen at."""
        self._clock = clock
        self._registry = registry
        self._syncer = syncer
        self._live = live
        self._heads = heads
        self.ask: Callable[[Follow], Awaitable[object]] | None = None

    def giver_of(self, taker: Tracked, ref: ObjectRef) -> Callable[[str], bool]:
        """Return what tells whether an Application gives an object to another one."""

        def is_given(name: str) -> bool:
            giver = self._registry.applications.get(name)
            taker.awaited[name] = handover.stand(giver)
            return handover.gives(giver, ref, taker=taker, heads=self._heads)

        return is_given

    async def prune(
        self, tracked: Tracked, goal: Goal, extra: list[tuple[str, str]]
    ) -> list[ResourceResult]:
        """Part from what left the repository, once everything else is as it is to be.

        Raises:
            ApiError: the inventory cannot be written.
        """
        stale = _stale(tracked, goal)
        is_synced = tracked.run is not None and tracked.run.phase == "Succeeded"
        if tracked.failures or not stale or not (is_synced or tracked.closed):
            tracked.pending = tuple(it for it in tracked.pending if it.fate == "leaving")
            await self.follow(tracked)
            return []
        policy = goal.application.policy
        is_ready = reporting.health_of(goal, self._live.get).status in _READY
        if policy.prunes_last and not is_ready:
            tracked.pending = tuple(Verdict(entry=entry, fate="waiting") for entry in stale)
            return []
        is_empty = not goal.objects and not policy.allows_empty
        order = DeletionOrder(
            reason="Prune",
            propagation=policy.propagation,
            usual=policy.options.prune,
            may_delete=answering.may_prune(goal) and not (is_empty or tracked.closed),
            is_ready=is_ready,
        )
        now = self._syncer.now_utc()
        results = await self.part(
            tracked,
            stale,
            order,
            limit=goal.deletion_limit,
            is_approved=lambda ref: outcomes.is_approved(tracked, ref, now=now),
        )
        if is_empty and any(verdict.fate == "leave" for verdict in tracked.pending):
            extra.append((status.EMPTY_RENDER, reporting.EMPTY_RENDER_MESSAGE))
        extra += reporting.handing_conditions(tracked.pending)
        return results

    async def part(
        self,
        tracked: Tracked,
        stale: Sequence[Entry],
        order: DeletionOrder,
        *,
        limit: guards.DeletionLimit | None = None,
        is_approved: Callable[[ObjectRef], bool] = lambda _ref: False,
    ) -> list[ResourceResult]:
        """Delete what nobody else wants, as far as that is allowed; the rest stays pending.

        ``is_approved`` tells of which objects a person approved it, beside what the order says.

        Raises:
            ApiError: the inventory cannot be written.
        """
        await self._ask(tracked)
        known = self._registry.applications
        is_patient = self._clock.monotonic_seconds() < tracked.patience_ends_seconds
        projects = {} if is_patient else self._registry.projects
        found = handover.prospects(tracked, known, heads=self._heads, projects=projects)
        refs = [entry.ref for entry in stale]
        for name in found.watched | found.heirs_of(refs):
            tracked.awaited[name] = handover.stand(known.get(name))
        verdicts: list[Verdict] = []
        listed = len(tuple(tracked.inventory))

        def too_much(doomed: int) -> str:
            return guards.too_much(limit, doomed=doomed, listed=listed) if limit else ""

        def doubt(entry: Entry) -> str:
            goes_back = order.reason == "Prune" and rollback.doubt_of(tracked, entry)
            return goes_back or found.doubt_of(entry.ref)

        groups = _groups(
            stale, order, found=found, too_much=too_much, doubt=doubt, is_approved=is_approved
        )
        for own, entries in groups.items():
            verdicts += await self._syncer.remove(tracked, entries, own)
        tracked.pending = lingering.looked_at(verdicts, now=self._syncer.now_utc())
        results = map(outcomes.deletion_result, verdicts)
        return [result for result in results if result is not None]

    async def follow(self, tracked: Tracked) -> None:
        """Look again at what is being deleted already, and delete nothing more.

        Raises:
            ApiError: the inventory cannot be written.
        """
        going = [it.entry for it in tracked.pending if it.fate == "leaving"]
        entries = [entry for entry in going if entry.ref not in tracked.desired]
        verdicts = await self._syncer.remove(tracked, entries, _NO_MORE)
        tracked.pending = (
            *(it for it in tracked.pending if it.fate != "leaving"),
            *lingering.looked_at(verdicts, now=self._syncer.now_utc()),
        )

    async def _ask(self, tracked: Tracked) -> None:
        """Ask Git once what others follow, so that nothing is deleted that was just pushed there.

        What cannot be asked in time is told by the poll, too late for what is deleted now.
        """
        occasion = "deleted" if tracked.is_deleted or tracked.goal is None else tracked.goal.key
        if tracked.asked_others == occasion:
            return
        tracked.asked_others = occasion
        tracked.patience_ends_seconds = self._clock.monotonic_seconds() + _PATIENCE_SECONDS
        if self.ask is None:
            return
        others = self._registry.applications.values()
        follows = {follow for it in others if it is not tracked for follow in it.follows}
        if not tracked.is_deleted:
            follows -= set(tracked.follows)
        with suppress(TimeoutError):
            async with asyncio.timeout(_ASK_SECONDS):
                await asyncio.gather(*map(self.ask, follows))


def _stale(tracked: Tracked, goal: Goal) -> tuple[Entry, ...]:
    living = {applied.uid for applied in tracked.applied.values()}
    hooks = {entry.ref for entry in tracked.inventory if entry.is_hook}
    stale = plan.to_prune(tracked.inventory, tracked.desired.keys() | hooks, living)
    request = goal.application.operation
    return tuple(it for it in stale if request is None or request.covers(it.ref))


def _groups(
    stale: Sequence[Entry],
    order: DeletionOrder,
    *,
    found: Prospects,
    too_much: Callable[[int], str],
    doubt: Callable[[Entry], str],
    is_approved: Callable[[ObjectRef], bool],
) -> dict[DeletionOrder, list[Entry]]:
    """Return how each object is parted from; what others take does not count as deleted."""
    heirs = {entry.ref: found.heir_of(entry.ref) for entry in stale}
    told = too_much(sum(not heir for heir in heirs.values()))
    groups: dict[DeletionOrder, list[Entry]] = {}
    for entry in stale:
        own = replace(
            order,
            is_approved=order.is_approved or is_approved(entry.ref),
            heir=heirs[entry.ref],
            awaits=found.waiting(entry.ref),
            too_much=told or doubt(entry),
        )
        groups.setdefault(own, []).append(entry)
    return groups
