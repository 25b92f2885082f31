"""Advancing: the sync of one Application is moved on as far as it can go now.

Asks sync_run.py what comes next, has syncing.py write it, and ends when there is something to wait
for: a change of what is waited for brings the Application back. Nobody waits meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import sync_run
from gitopskit.reconciler.plan import DeletionOrder
from gitopskit.reconciler.state import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.inventory import Entry
    from gitopskit.reconciler.live import LiveObjects
    from gitopskit.reconciler.state import Goal, Registry, Tracked
    from gitopskit.reconciler.status import ResourceResult
    from gitopskit.reconciler.sync_plan import Move
    from gitopskit.reconciler.sync_run import SyncRun
    from gitopskit.reconciler.syncing import Syncer

_HOOK_ORDER: Final = DeletionOrder(reason="Prune", propagation="Background")


class Advancer:
    """Moves runs on."""

    def __init__(self, *, registry: Registry, syncer: Syncer, live: LiveObjects) -> None:
        """Keep the parts."""
        self._registry = registry
        self._syncer = syncer
        self._live = live

    async def advance(self, tracked: Tracked, goal: Goal, run: SyncRun) -> list[ResourceResult]:
        """Go as far as can be gone now, and return what that changed or failed to.

        Raises:
            ApiError: the inventory cannot be written; what was not listed is not applied.
        """
        if run.is_over:
            run.results = run.results if run.request is not None else {}
        elif not await self._is_begun(tracked, run):
            return []
        results: list[ResourceResult] = []
        attempted: set[ObjectRef] = set()
        while True:
            found = sync_run.move(
                run, applied=tracked.applied, seen=self._live.get, attempted=attempted
            )
            if found.kind == "apply":
                attempted.update(it.ref for it in found.objects)
                results += await self._write(tracked, goal, run, found)
            elif not self._conclude(tracked, run, found):
                break
        if attempted:
            await self._syncer.settle(tracked)
        run.results.update({result.ref: result for result in results})
        if run.hooks:
            await self._look_back(tracked, run)
        return results

    async def _is_begun(self, tracked: Tracked, run: SyncRun) -> bool:
        """Make room for the hooks of a run; tell whether it can go on."""
        old = any(entry.is_hook for entry in tracked.inventory)
        if not (run.is_begun or run.is_stepwise or old):
            run.is_begun = True
        if not run.is_begun:
            await self._syncer.cover(tracked, (*run.objects, *run.hooks))
            await self._syncer.list_ahead(tracked, run.hooks)
            self._registry.own(tracked, run.objects)
        await self._syncer.look(
            tracked, [it.ref for it in run.hooks if not self._live.is_watched(it.ref)]
        )
        if not run.is_begun or run.leaving:
            run.is_begun = await self._clear(tracked, run)
        return run.is_begun

    async def _clear(self, tracked: Tracked, run: SyncRun) -> bool:
        """Take away the hooks of earlier runs, those too that still work."""
        old = [
            entry
            for entry in tracked.inventory
            if entry.is_hook and entry.ref not in tracked.desired and not self._has(run, entry.ref)
        ]
        failed = await self._remove(tracked, run, old)
        for entry in old:
            tracked.forgive(entry.ref)
        tracked.failures.update(failed)
        return not failed

    def _has(self, run: SyncRun, ref: ObjectRef) -> bool:
        live = self._live.get(ref)
        return live is not None and live.run == run.id

    async def _remove(
        self, tracked: Tracked, run: SyncRun, entries: Iterable[Entry]
    ) -> dict[ObjectRef, Failure]:
        """Delete hooks, note which are on their way out, and return what could not be deleted."""
        verdicts = await self._syncer.remove(tracked, tuple(entries), _HOOK_ORDER)
        leaving = [it.entry for it in verdicts if it.fate == "leaving"]
        if leaving:  # most are gone by now
            verdicts += await self._syncer.remove(tracked, leaving, _HOOK_ORDER)
        fates = {it.entry.ref: it for it in verdicts}
        for ref, verdict in fates.items():
            if verdict.fate == "gone":
                self._live.drop(ref)
        run.leaving = frozenset(ref for ref, it in fates.items() if it.fate == "leaving")
        return {
            ref: Failure(message=it.message, is_passing=True)
            for ref, it in fates.items()
            if it.fate == "failed"
        }

    async def _write(
        self, tracked: Tracked, goal: Goal, run: SyncRun, found: Move
    ) -> list[ResourceResult]:
        results = await self._syncer.apply(tracked, goal, found.objects)
        for desired in found.objects:
            # What was applied is kept as it is; a hook is only made.
            if desired.is_hook and tracked.applied.pop(desired.ref, None) is not None:
                run.created.add(desired.ref)
        phases = {it.ref: it.phase for it in found.objects}
        return [replace(result, phase=phases[result.ref]) for result in results]

    def _conclude(self, tracked: Tracked, run: SyncRun, found: Move) -> bool:
        """Take in that nothing more can be written; tell whether other steps come now."""
        run.awaited = found if found.kind == "wait" else None
        if found.kind == "wait" or run.is_over:
            return False
        if run.phase == "Failing" or found.kind == "done":
            run.enter("Failed" if run.phase == "Failing" else "Succeeded")
            return False
        unhealthy = [it for it in found.objects if it.ref not in tracked.failures]
        if not unhealthy:
            return False  # what was refused is tried again, in the same run
        run.fail(sync_run.why(unhealthy, self._live.get))
        tracked.failures = {
            ref: Failure(message=message, is_of_health=True)
            for ref, message in run.failures.items()
        }
        return not run.is_over

    async def _look_back(self, tracked: Tracked, run: SyncRun) -> None:
        """Note how the hooks stand, and take away those that are to go at the end."""
        run.results.update(sync_run.hook_results(run, self._live.get))
        if run.is_over:
            known = tracked.inventory.by_ref()
            ended = [it.ref for it in sync_run.to_delete(run, self._live.get)]
            await self._remove(tracked, run, [known[ref] for ref in ended if ref in known])
