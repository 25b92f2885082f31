"""The whole way of one Application: find its goal, apply, prune, tell.

Read (goals.py) -> decide (plan.py, ownership.py, observation.py) -> write (syncing.py), and then
say in the status what came of it. Whatever goes wrong ends in a condition; only what passes by
itself is raised as well, so that the queue comes back to it.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import ApiError, EnvironmentFault, GitopskitError, IntegrityFault
from gitopskit.reconciler import (
    answering,
    coming_back,
    dependencies,
    fighting,
    handover,
    holding,
    names,
    namespace_metadata,
    operations,
    orphan_rules,
    reporting,
    rollback,
    status,
    sync_run,
    withdrawing,
)
from gitopskit.reconciler import application as applications
from gitopskit.reconciler.advancing import Advancer
from gitopskit.reconciler.checking import check_unwatched
from gitopskit.reconciler.coming_back import FAULT_SECONDS
from gitopskit.reconciler.first_word import FirstWord
from gitopskit.reconciler.goals import Refused
from gitopskit.reconciler.observation import drift
from gitopskit.reconciler.parting import Parting
from gitopskit.reconciler.recalling import compare_unknown, forget_drifted, recall
from gitopskit.reconciler.teardown import Teardown
from gitopskit.reconciler.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.clock import Clock
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.goals import Goals
    from gitopskit.reconciler.live import LiveObjects
    from gitopskit.reconciler.operation_request import OperationRequest
    from gitopskit.reconciler.publishing import Publisher
    from gitopskit.reconciler.state import Goal, Registry, Tracked
    from gitopskit.reconciler.status import Phase, ResourceResult
    from gitopskit.reconciler.sync_run import SyncRun
    from gitopskit.reconciler.syncing import Syncer

_LOG: Final = structlog.get_logger("reconciler")


class Reconciler:
    """Reconciles one Application at a time; several may be under way at once."""

    def __init__(
        self,
        *,
        clock: Clock,
        registry: Registry,
        goals: Goals,
        syncer: Syncer,
        live: LiveObjects,
        publisher: Publisher,
    ) -> None:
        """Keep the parts."""
        self._clock = clock
        self._registry = registry
        self._goals = goals
        self._syncer = syncer
        self.parting = Parting(
            clock=clock, registry=registry, syncer=syncer, live=live, heads=goals.heads
        )
        syncer.giver_of = self.parting.giver_of
        self._advancer = advancer = Advancer(registry=registry, syncer=syncer, live=live)
        self._teardown = Teardown(
            goals=goals,
            advancer=advancer,
            parting=self.parting,
            syncer=syncer,
            live=live,
            publisher=publisher,
        )
        self._live = live
        self._publisher = publisher
        self.first_word = FirstWord(publisher)
        self.away: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
        """Is entered while Git or a build is waited for."""

        self._turns = Turns(asyncio.Lock)

    async def reconcile(self, tracked: Tracked) -> float | None:
        """Bring an Application as far as it can be brought now; return when to come back.

        None means: when something changes. Otherwise: in so many seconds.

        Raises:
            ApiError: the API server did not answer, or a status could not be written.
        """
        try:
            if tracked.is_skipped:
                return None  # not even its status: whoever set this wants no write
            await self._publisher.be_sure(tracked)
            tracked.looked = tracked.fingerprint
            await self._syncer.read_inventory(tracked)
            if tracked.is_deleted:
                async with self._turns[tracked.name]:
                    return await self._teardown.go_on(tracked)
            await self._refresh(tracked)
            async with self.away(), self.first_word.given(tracked):
                goal = await self._goals.find(tracked)
        except Refused as refusal:
            return await self._refuse(tracked, refusal)
        except ApiError:
            raise
        except GitopskitError as error:
            return await self._refuse(tracked, Refused.of(status.COMPARISON_ERROR, error))
        async with self._turns[tracked.name]:
            try:
                return await self._pursue(tracked, goal)
            except ApiError as error:
                await self._refuse(tracked, Refused.of(status.SYNC_ERROR, error))
                raise

    async def peek(self, tracked: Tracked) -> None:
        """Find out what an Application wants, without a write.

        Raises:
            ApiError: the API server did not answer.
        """
        if tracked.is_skipped or tracked.is_deleted:
            return
        try:
            goal = await self._goals.find(tracked)
        except Refused as refusal:
            tracked.wishes = handover.refused(tracked, refusal.wished)
            return
        async with self._turns[tracked.name]:
            self._take_up(tracked, goal)

    async def heal(self, tracked: Tracked, ref: ObjectRef) -> bool | None:
        """Revert what was changed of one object, at once; tell whether it was, None if nothing was.

        Raises:
            ApiError: the API server did not answer.
        """
        async with self._turns[tracked.name]:
            if tracked.goal is not None:
                holding.look(tracked, tracked.goal, now=self._clock.now_utc())
            desired, applied = tracked.desired.get(ref), tracked.applied.get(ref)
            live = self._live.get(ref)
            if not tracked.heals or desired is None or applied is None:
                return None
            if applied.desired_digest != desired.digest:
                return None  # the sync under way brings it when its step comes
            reason = "deleted" if live is None else drift(live, applied)
            if not reason:
                return None
            begun = self._clock.monotonic_seconds()
            brought = await self._syncer.bring(tracked, desired, is_fresh=True)
            if brought is not None and brought.applied.uid != applied.uid:
                tracked.is_unsettled = True  # the pass that follows writes the new UID
        _LOG.info(
            "drift_reverted" if brought else "drift_not_reverted",
            application=tracked.name,
            object=str(ref),
            drift=reason,
            outcome=brought.action if brought else tracked.failures[ref].message,
            duration_seconds=round(self._clock.monotonic_seconds() - begun, 3),
        )
        return brought is not None

    async def _refuse(self, tracked: Tracked, refusal: Refused) -> float | None:
        """Tell why nothing is written; what was applied before stays as it is."""
        self._goals.heed(refusal.cause)
        await self._publisher.be_sure(tracked)
        tracked.waiting = ""  # it cannot begin, whatever becomes of those it depends on
        if refusal.condition != status.SYNC_ERROR:
            tracked.wishes = handover.refused(tracked, refusal.wished)
        tracked.is_refused = refusal.condition == status.INVALID_SPEC
        report = reporting.refused(tracked, refusal.condition, refusal.message, self._live.get)
        asked: JsonObject | None = tracked.content.get("operation") or None
        if answering.goes_on(refusal.cause):
            asked = None
        if asked is not None:
            ending: tuple[Phase, str] = ("Failed", refusal.message)
            now = self._clock.now_utc()
            report = answering.answered(tracked, report, goal=None, ending=ending, now=now)
        await self._publisher.publish(tracked, rollback.remembered(tracked, report), answered=asked)
        may_pass = isinstance(refusal.cause, EnvironmentFault | IntegrityFault)
        return FAULT_SECONDS if may_pass else None

    async def _pursue(self, tracked: Tracked, goal: Goal) -> float | None:
        """Apply, prune and tell."""
        tracked.awaited.clear()
        self._take_up(tracked, goal)
        await self._teardown.prepare(tracked, goal)
        begun = self._clock.now_utc()
        holding.look(tracked, goal, now=begun)
        results: list[ResourceResult] = []
        extra: list[tuple[str, str]] = []
        request = goal.application.operation
        if withdrawing.is_withdrawn(tracked, goal):
            await self._teardown.withdraw(tracked, goal, now=self._clock.now_utc())
            return None
        if request is not None and (request.is_dry_run or answering.refusal(goal)):
            await self._answer(tracked, goal, request)
            return None
        if goal.application.policy.is_automated or request is not None:
            results += await self._apply(tracked, goal, self._run_to(tracked, goal))
            results += await self.parting.prune(tracked, goal, extra)
        else:
            tracked.waiting = ""
            await self._syncer.compare(tracked, goal)
            await self.parting.follow(tracked)
        extra += reporting.empty_conditions(goal, extra)
        extra += self._conditions(tracked, goal)
        report = operations.with_operation(
            tracked,
            goal,
            reporting.report(tracked, goal, seen=self._live.get, extra=tuple(extra)),
            results=tuple(results),
            begun=begun,
            now=self._clock.now_utc(),
        )
        report = holding.told(tracked, report)
        report, judge_after = rollback.judged(tracked, goal, report, now=self._clock.now_utc())
        answer = answering.answer_of(report, request)
        await self._publisher.publish(tracked, report, answered=answer)
        if answer is not None and tracked.run is not None:
            tracked.run = sync_run.answered(tracked.run)
        tracked.told_digest, tracked.told_commits = goal.digest, tracked.commits
        delays = (judge_after, *self._delays(tracked, goal))
        return min((it for it in delays if it is not None), default=None)

    def _conditions(self, tracked: Tracked, goal: Goal) -> list[tuple[str, str]]:
        """Return what is told of an Application beside its sync."""
        tracked.fights = fighting.current(tracked.fights, now=self._clock.monotonic_seconds())
        conflicts = tracked.namespace_conflicts
        return [
            *dependencies.conditions(tracked.waiting),
            *namespace_metadata.conditions(goal.application.namespace, conflicts),
            *reporting.unwatched_conditions(goal, self._live.is_watched),
            *fighting.conditions(tracked.fights),
            *orphan_rules.conditions(tracked.orphaned, tracked.status),
        ]

    def _delays(self, tracked: Tracked, goal: Goal) -> tuple[float | None, float | None]:
        """Return when to look again for its own sake, and when for that of its windows."""
        now = self._clock.now_utc()
        holding.look(tracked, goal, now=now)
        own = coming_back.delay_seconds(
            tracked,
            now=self._clock.monotonic_seconds(),
            now_utc=now,
            is_watched=self._live.is_watched,
        )
        return own, holding.delay_seconds(tracked, now=now)

    async def _refresh(self, tracked: Tracked) -> None:
        """Look at Git now where a person asks for it; at all that was remembered where for that."""
        is_under_way = tracked.run is not None and tracked.run.request is not None
        asked, marks = applications.refresh_of(tracked.content), tracked.content["metadata"]
        if asked or (tracked.content.get("operation") and not is_under_way):
            async with self.away():
                await self._goals.look(tracked)
        if not asked:
            return
        tracked.is_check_due = True
        if asked == "hard":
            tracked.failed_key, tracked.asked = "", ("", "")
            tracked.applied.clear()
            tracked.is_recalled = True
        mark = names.REFRESH_ANNOTATION
        await self._publisher.unmark(tracked, mark, value=marks["annotations"][mark])

    async def _answer(self, tracked: Tracked, goal: Goal, request: OperationRequest) -> None:
        """Tell at once what a dry run found, or why what is asked for is not done."""
        report = reporting.report(tracked, goal, seen=self._live.get)
        results: tuple[ResourceResult, ...] = ()
        ending: tuple[Phase, str] = ("Failed", answering.refusal(goal))
        if not ending[1]:
            results = tuple(await self._syncer.rehearse(tracked, answering.narrowed(goal)))
            ending = answering.told_rehearsal(results)
        report = answering.answered(
            tracked,
            report,
            goal=goal,
            ending=ending,
            results=results,
            now=self._clock.now_utc(),
        )
        await self._publisher.publish(
            tracked, rollback.remembered(tracked, report), answered=request.content
        )

    def _take_up(self, tracked: Tracked, goal: Goal) -> None:
        before, tracked.is_refused = tracked.goal, False
        is_theirs = not goal.application.only_looks
        tracked.wishes = handover.wished(tracked, (it.ref for it in goal.objects if is_theirs))
        if before is not None and before.key == goal.key and goal.key:
            return
        tracked.goal = goal
        self._registry.own(tracked, goal.objects)
        if before is None or before.digest != goal.digest or before.key:
            tracked.begin_anew()
        tracked.failures = {
            ref: failure for ref, failure in tracked.failures.items() if ref in tracked.desired
        }
        policy = goal.application.policy
        if before is not None and before.digest != goal.digest and not policy.heals:
            self._forget_drifted(tracked, is_all=True)  # a new revision brings back what drifted
        if before is not None and not before.application.ignores_as(goal.application):
            tracked.applied.clear()  # what was remembered left other fields out
            for ref in tracked.desired:
                self._live.drop(ref)

    def _run_to(self, tracked: Tracked, goal: Goal) -> SyncRun:
        """Return the run that is under way; one to another goal is over at once."""
        run, goal = tracked.run, answering.narrowed(goal)
        request = goal.application.operation
        if run is not None and request is None and run.earlier is not None:
            run = tracked.run = run.earlier
        is_new = request is not None and (run is None or run.request != request)
        if is_new:
            self._forget(tracked, goal)
        is_repeated = run is not None and run.phase == "Failed" and not self._is_put_off(tracked)
        if run is None or run.digest != goal.digest or is_repeated or is_new:
            tracked.failures.clear()
            known = {} if is_new else tracked.status
            earlier, run = run, sync_run.following(run, goal, status=known)
            run.request = request
            if request is not None and request.resources and is_new:
                run.earlier = earlier
            tracked.run = run
        run.renew(goal)
        return run

    def _forget(self, tracked: Tracked, goal: Goal) -> None:
        """Forget what was applied of what is to be synced on demand: all of it is written again."""
        tracked.begin_anew()
        tracked.marked_key = ""
        if goal.application.policy.options.applies_out_of_sync_only:
            self._forget_drifted(tracked, is_all=True)
            return
        for desired in goal.objects:
            tracked.applied.pop(desired.ref, None)

    def _is_put_off(self, tracked: Tracked) -> bool:
        """Tell whether nothing is tried now, because of what failed before."""
        is_early = self._clock.monotonic_seconds() < tracked.retry_at_seconds
        return tracked.is_exhausted or is_early

    async def _apply(self, tracked: Tracked, goal: Goal, run: SyncRun) -> list[ResourceResult]:
        """Apply what is due, and note when a failure is to be tried again."""
        is_to_begin = not (run.is_begun or run.is_over or run.phase == "Failing")
        known = self._registry.applications
        tracked.waiting = dependencies.missing(tracked, known) if is_to_begin else ""
        if run.phase != "Failing" and self._is_put_off(tracked):
            return []
        if not tracked.is_recalled and run.request is None:
            await recall(tracked, goal, syncer=self._syncer, live=self._live)
        tracked.is_recalled = True
        if tracked.is_unsettled:
            await self._syncer.settle(tracked)
        if tracked.is_check_due:
            is_complete = await check_unwatched(tracked, syncer=self._syncer, live=self._live)
            tracked.is_check_due = not is_complete
        if tracked.closed:
            await compare_unknown(tracked, goal, syncer=self._syncer, live=self._live)
        if tracked.waiting or tracked.closed:
            return []
        await self._syncer.namespaces.mark(tracked, goal)
        if tracked.heals:
            self._forget_drifted(tracked)
        results = await self._advancer.advance(tracked, goal, run)
        operations.count_run(
            tracked,
            run,
            run.request.retry if run.request is not None else goal.application.policy.retry,
            now=self._clock.monotonic_seconds(),
        )
        return results

    def _forget_drifted(self, tracked: Tracked, *, is_all: bool = False) -> None:
        now = self._clock.monotonic_seconds()
        forget_drifted(tracked, self._live, now=now, is_all=is_all)
