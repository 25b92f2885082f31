"""Teardown: what happens to the objects of an Application that is being deleted.

With Argo CD's finalizer they are deleted first, dependants before what they depend on, and the
Application goes when they are gone. Without it nothing is deleted. Hooks run before and after, as
the finalizers for hooks say; each step ends with taking its finalizer off, so that a restart goes
on where the one before was.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiConflict
from gitopskit.reconciler import application as applications
from gitopskit.reconciler import (
    deletion_hooks,
    lingering,
    names,
    plan,
    reporting,
    sync_run,
    withdrawing,
)
from gitopskit.reconciler.goals import Refused
from gitopskit.reconciler.plan import DeletionOrder
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.reconciler.advancing import Advancer
    from gitopskit.reconciler.goals import Goals
    from gitopskit.reconciler.live import LiveObjects
    from gitopskit.reconciler.parting import Parting
    from gitopskit.reconciler.publishing import Publisher
    from gitopskit.reconciler.state import Goal, Tracked
    from gitopskit.reconciler.syncing import Syncer

_PAUSE_SECONDS: Final = 2.0
"""Where no watch tells of the end of an object, it is looked for after so long."""
_HELD_SECONDS: Final = 30.0
"""After so long it is looked again whether a person mended what holds a deletion."""
_HOOK_ORDER: Final = DeletionOrder(reason="Prune", propagation="Background")


class Teardown:
    """Takes Applications down."""

    def __init__(
        self,
        *,
        goals: Goals,
        advancer: Advancer,
        parting: Parting,
        syncer: Syncer,
        live: LiveObjects,
        publisher: Publisher,
    ) -> None:
        """Keep the parts."""
        self._goals = goals
        self._advancer = advancer
        self._parting = parting
        self._syncer = syncer
        self._live = live
        self._publisher = publisher

    async def prepare(self, tracked: Tracked, goal: Goal) -> None:
        """Have the finalizers of an Application say which hooks its end has.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        before = deletion_hooks.finalizers_of(tracked.content)
        wanted = deletion_hooks.armed(before, goal)
        if wanted != before and not goal.application.only_looks:
            with suppress(ApiConflict):  # a watch tells of it
                await self._publisher.set_finalizers(tracked, wanted)

    async def withdraw(self, tracked: Tracked, goal: Goal, *, now: datetime) -> None:
        """End an operation that somebody took back: its hooks go, what was applied stays.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        working = withdrawing.to_end(tracked, self._live.get)
        await self._syncer.remove(tracked, working, _HOOK_ORDER)
        report = reporting.report(tracked, goal, seen=self._live.get)
        report = withdrawing.told(tracked, report, now=now)
        request = goal.application.operation
        answered = request.content if request is not None else None
        await self._publisher.publish(tracked, report, answered=answered)
        tracked.run, tracked.is_to_end = None, False
        tracked.failures.clear()

    async def go_on(self, tracked: Tracked) -> float | None:
        """Go on with the end of an Application; return when to come back.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        for step in (self._run, self._clean):
            delay = await step(tracked, "PreDelete")
            if delay is not None:
                return delay
        delay = await self._delete(tracked)
        for step in (self._run, self._clean):
            if delay is None:
                delay = await step(tracked, "PostDelete")
        return delay

    async def _delete(self, tracked: Tracked) -> float | None:
        """Delete what an Application applied."""
        propagation = applications.cascade(tracked.content)
        if propagation is None:
            return None
        deleted_at = str(tracked.content["metadata"]["deletionTimestamp"])
        order = DeletionOrder(
            reason="Delete",
            propagation=propagation,
            usual=applications.deletion_option(tracked.content),
            is_approved=plan.is_approved(
                tracked.content, asked_at=parse_rfc3339(deleted_at), now=self._syncer.now_utc()
            ),
        )
        tracked.awaited.clear()
        await self._parting.part(tracked, plan.to_prune(tracked.inventory, wanted=()), order)
        left = [verdict for verdict in tracked.pending if verdict.fate != "leave"]
        if left:
            await self._publisher.publish(tracked, reporting.leaving(tracked))
            return self._pause_seconds(tracked)
        await self._syncer.forget(tracked)
        await self._release(tracked, names.FINALIZER)
        return None

    async def _run(self, tracked: Tracked, phase: str) -> float | None:
        """Run the hooks of a phase to their end."""
        finalizer = names.HOOK_FINALIZERS[phase]
        if finalizer not in deletion_hooks.finalizers_of(tracked.content):
            return None
        try:
            goal = await self._goals.find(tracked)
        except Refused as refusal:
            self._goals.heed(refusal.cause)
            problem = f"the {phase} hooks are not known: {refusal.message}"
            report = reporting.leaving(tracked, problems=[problem])
            await self._publisher.publish(tracked, report)
            return _HELD_SECONDS
        tracked.goal = tracked.goal or goal
        delay = await self._advance(tracked, goal, phase)
        if delay is None:
            await self._release(tracked, finalizer, is_exact=True)
        return delay

    async def _advance(self, tracked: Tracked, goal: Goal, phase: str) -> float | None:
        uid = str(tracked.content["metadata"]["uid"])
        aim = deletion_hooks.aim(goal, phase, uid=uid)
        run = tracked.run
        is_other = run is None or run.digest != aim.digest
        if run is None or is_other or deletion_hooks.is_to_be_repeated(run, self._live.get):
            run = tracked.run = sync_run.begin(aim)
            tracked.failures.clear()
            tracked.pending = ()
        await self._advancer.advance(tracked, aim, run)
        if run.phase == "Succeeded":
            return None
        failures = [f"{ref}: {it.message}" for ref, it in tracked.failures.items()]
        waits = ", ".join(str(it.ref) for it in run.awaited.objects) if run.awaited else ""
        report = reporting.leaving(
            tracked,
            awaited=f" and waits for {waits}" if waits else "",
            problems=deletion_hooks.problems(run, failures, phase),
        )
        await self._publisher.publish(tracked, report)
        return _PAUSE_SECONDS if waits else _HELD_SECONDS

    async def _clean(self, tracked: Tracked, phase: str) -> float | None:
        """Take the hooks of a phase away."""
        finalizer = f"{names.HOOK_FINALIZERS[phase]}{names.CLEANUP}"
        if finalizer not in deletion_hooks.finalizers_of(tracked.content):
            return None
        hooks = [entry for entry in tracked.inventory if entry.is_hook]
        verdicts = await self._syncer.remove(tracked, hooks, _HOOK_ORDER)
        tracked.pending = lingering.looked_at(verdicts, now=self._syncer.now_utc())
        if tracked.pending:
            await self._publisher.publish(tracked, reporting.leaving(tracked))
            return self._pause_seconds(tracked)
        await self._release(tracked, finalizer, is_exact=True)
        return None

    def _pause_seconds(self, tracked: Tracked) -> float:
        """Return when to look again; what is only held is looked at ever less often."""
        now = self._syncer.now_utc()
        delays = [
            lingering.delay_seconds(it, now=now, is_watched=False)
            for it in tracked.pending
            if it.fate == "leaving"
        ]
        is_only_held = len(delays) == sum(it.fate != "leave" for it in tracked.pending)
        return min(delays) if delays and is_only_held else _PAUSE_SECONDS

    async def _release(self, tracked: Tracked, name: str, *, is_exact: bool = False) -> None:
        """Take a finalizer off, with its variants unless exactly that one is meant."""
        left = [
            it
            for it in deletion_hooks.finalizers_of(tracked.content)
            if (it if is_exact else it.partition("/")[0]) != name
        ]
        await self._publisher.set_finalizers(tracked, left)
