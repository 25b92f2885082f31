"""The running reconciler: what it watches, when it looks at Git, who works on what.

Registrations are followed by registrations.py, live objects by live.py. Two queues keep apart what
may take long (an Application) from what must be quick (one object that drifted).
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit import __version__
from gitopskit.backoff import Backoff
from gitopskit.controller.crew import Crew
from gitopskit.controller.fights import Fights
from gitopskit.controller.queue import WorkQueue, run_workers
from gitopskit.kube.events import EventRecorder
from gitopskit.reconciler import (
    dependencies,
    fighting,
    handover,
    names,
    passed_on,
    rivals,
    single_pass,
    waking,
)
from gitopskit.reconciler.alerts import Alerts
from gitopskit.reconciler.asking import Asking
from gitopskit.reconciler.audit import Audit
from gitopskit.reconciler.definitions import Definitions
from gitopskit.reconciler.goals import Goals
from gitopskit.reconciler.head_records import HeadRecords
from gitopskit.reconciler.inventories import Inventories
from gitopskit.reconciler.live import LiveObjects
from gitopskit.reconciler.metrics import ReconcilerMetrics
from gitopskit.reconciler.observation import drift
from gitopskit.reconciler.orphans import OrphanWatch
from gitopskit.reconciler.permissions import Permissions
from gitopskit.reconciler.publishing import Publisher
from gitopskit.reconciler.reconcile import Reconciler
from gitopskit.reconciler.registrations import Registrations
from gitopskit.reconciler.repositories import Repositories, RepositoryOptions
from gitopskit.reconciler.standing_back import StandingBack
from gitopskit.reconciler.state import Registry
from gitopskit.reconciler.syncing import Syncer
from gitopskit.reconciler.webhook_api import WebhookApi
from gitopskit.reconciler.webhooks import concerned
from gitopskit.reconciler.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Follow
    from gitopskit.reconciler.observation import Observation
    from gitopskit.reconciler.state import Tracked
    from gitopskit.reconciler.webhooks import Place

_LOG: Final = structlog.get_logger("reconciler")

_FAULTS: Final = Backoff(initial_seconds=0.2, maximum_seconds=60.0)
_POLL_JITTER: Final = 0.05
_LOOK_SECONDS: Final = 0.25
_MOST_LOOKS: Final = 40
"""A single pass waits for deletions, and for waves and hooks, for ten seconds at most."""


Heal = tuple[str, "ObjectRef"]
"""An Application and one object of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilerOptions:
    """How the reconciler runs: where it reads from, how often, how much at once, which copy."""

    repositories: RepositoryOptions
    poll_seconds: float = 30.0
    workers: int = 32
    instance: str = names.OBJECT_MANAGER


class Controller:
    """The controller; ``run`` it once, ``stop`` it from the same event loop."""

    def __init__(
        self,
        api: KubeClient,
        options: ReconcilerOptions,
        *,
        metrics: ReconcilerMetrics | None = None,
    ) -> None:
        """Put the parts together; nothing is started."""
        self.metrics = metrics or ReconcilerMetrics(revision=__version__)
        self._api, self._clock, self._options = api, api.clock, options
        self.registry = Registry()
        self._queue: WorkQueue[str] = WorkQueue(api.clock, backoff=_FAULTS)
        self._heals: WorkQueue[Heal] = WorkQueue(api.clock, backoff=_FAULTS, group=itemgetter(0))
        self._fights: Fights[tuple[ObjectRef, str]] = Fights()
        self._repositories = Repositories(options.repositories, on_news=self._moved)
        self._inventories = Inventories(api)
        self._head_records = HeadRecords(api, registry=self.registry)
        self._alerts = Alerts(api, registry=self.registry, metrics=self.metrics)
        permissions = Permissions(api)
        self._live = LiveObjects(
            api, registry=self.registry, permissions=permissions, on_change=self._changed
        )
        self._reconciler = self._made_reconciler(permissions)
        self._crew = Crew(options.workers)
        self._reconciler.away = self._crew.away
        self.metrics.follow(queue=lambda: len(self._queue), unread=self._repositories.unread)
        self._asking = Asking(self._repositories.look)
        self._reconciler.parting.ask = self._repositories.look
        self.webhooks = WebhookApi(clock=api.clock, heed=self._heed)
        self._standing = StandingBack(api, on_change=self._stand_back)
        self._orphans = OrphanWatch(
            api, registry=self.registry, permissions=permissions, on_change=self._queue.add
        )
        self._registrations = Registrations(
            api,
            registry=self.registry,
            repositories=self._repositories,
            on_change=self._queue.add,
            on_health_rules=self._live.judge_again,
            on_webhook_secret=self.webhooks.set_secret,
        )
        self._registrations.on_dispute = self._queue.add_after

    def _made_reconciler(self, permissions: Permissions) -> Reconciler:
        api, live, registry = self._api, self._live, self.registry
        writer = Writer(api, live=live, permissions=permissions)
        self._goals = Goals(api, registry=registry, repositories=self._repositories, jq=live.jq)
        return Reconciler(
            clock=self._clock,
            registry=registry,
            goals=self._goals,
            syncer=Syncer(
                api, registry=registry, writer=writer, live=live, inventories=self._inventories
            ),
            live=live,
            publisher=self._publisher(self._options.instance),
        )

    def _publisher(self, instance: str) -> Publisher:
        recorder = EventRecorder(self._api, component=names.OBJECT_MANAGER, instance=instance)
        return Publisher(
            self._api,
            recorder=recorder,
            metrics=self.metrics,
            audit=Audit(self._repositories),
            on_told=self._alerts.look,
        )

    @property
    def is_ready(self) -> bool:
        """Tell whether everything that is registered has been seen."""
        return self._registrations.started.is_set()

    def stop(self) -> None:
        """Take no more work; ``run`` ends when the passes at hand are done."""
        self._queue.close()
        self._heals.close()
        self._orphans.close()
        self._registrations.started.set()
        self._standing.started.set()

    async def run(self) -> None:
        """Watch and reconcile until ``stop``.

        Raises:
            ApiError: the inventories cannot be read at the start.
        """
        await self._inventories.read()
        definitions = Definitions(self._api, registry=self.registry, on_news=self._queue.add)
        try:
            async with asyncio.TaskGroup() as group:
                watches = (*self._registrations.watches(), *self._standing.watches())
                background = [group.create_task(it) for it in watches]
                await self._registrations.started.wait()
                await self._standing.started.wait()
                _LOG.info("ready", applications=len(self.registry.applications))
                tasks = (
                    self._asking.run(),
                    self._poll(),
                    definitions.run(),
                    self._head_records.run(),
                    self._alerts.run(),
                    passed_on.follow(self._api, heed=self._heed),
                    self._orphans.run(),
                )
                background += map(group.create_task, tasks)
                healing = group.create_task(
                    run_workers(self._heals, self._heal, workers=self._options.workers)
                )
                await self._crew.run(self._queue, self._handle)
                await healing
                for task in background:
                    task.cancel()
        finally:
            self.metrics.stands_back(is_back=False)
            await self._live.close()
            self._repositories.close()

    async def pass_once(self, wanted: Iterable[str] = ()) -> list[JsonObject]:
        """Reconcile every Application (or those named) once, new ones that appear too.

        Once more those that lacked what another may have made meanwhile. Returns them as they are
        then.

        Raises:
            InputError: there is no Application of a name that was given.
            EnvironmentFault: this machine cannot do what an Application needs; none is told of it.
            IntegrityFault: Argo CD's own controller runs.
            ApiError: the API server refused or did not answer.
        """
        single_pass.require_nobody_else(await self._standing.look())
        self._goals.heed = single_pass.require_not_local
        await self._inventories.read()
        await self._registrations.list_all()
        chosen = set(wanted)
        done: set[str] = set()
        again: set[str] = set()
        single_pass.require_known(chosen, self.registry.applications)
        try:
            while True:
                todo = [
                    name
                    for name in self.registry.applications
                    if name not in done and (not chosen or name in chosen)
                ]
                if not todo:
                    todo = single_pass.to_try_again(done - again, self.registry.applications)
                    again.update(todo)
                if not todo:
                    return [self.registry.applications[name].content for name in sorted(done)]
                done.update(todo)
                for name in dependencies.in_order(todo, self.registry.applications):
                    await self._bring_once(self.registry.applications[name])
                await self._bring_waiting(todo)
                await self._registrations.list_all()
                done &= self.registry.applications.keys()
        finally:
            await self._live.close()
            self._repositories.close()

    async def _bring_once(self, tracked: Tracked) -> None:
        """Reconcile an Application, and wait a while for what is being deleted or not healthy."""
        await self._reconciler.reconcile(tracked)
        for name in [it for it in tracked.awaited if it in self.registry.applications]:
            await self._reconciler.peek(self.registry.applications[name])
        if handover.has_news(tracked, self.registry.applications):
            await self._reconciler.reconcile(tracked)
        for _ in range(_MOST_LOOKS):
            is_leaving = any(verdict.fate == "leaving" for verdict in tracked.pending)
            is_waiting = tracked.run is not None and tracked.run.awaited is not None
            if not (is_leaving or is_waiting):
                return
            await self._clock.sleep(_LOOK_SECONDS)
            await self._reconciler.reconcile(tracked)

    async def _bring_waiting(self, wanted: Iterable[str]) -> None:
        """Reconcile again who has waited for another one's turn."""
        for name in wanted:
            tracked = self.registry.applications.get(name)
            if tracked is not None and handover.has_news(tracked, self.registry.applications):
                tracked.begin_anew()
                await self._bring_once(tracked)

    async def _handle(self, name: str) -> None:
        tracked = self.registry.applications.get(name)
        if tracked is None or self._standing.is_back:
            self._wake(name)
            return
        self._orphans.note(tracked)
        with self.metrics.looking(self._clock) as look:
            delay = await self._reconciler.reconcile(tracked)
            look.is_done = delay is None
        self._head_records.note(tracked, self._repositories.heads(tracked.follows))
        if delay is not None:
            self._queue.add_after(name, delay)
        self._wake(name)

    def _wake(self, name: str) -> None:
        for other in waking.after_a_look(name, self.registry.applications):
            self._queue.add(other)

    async def _heal(self, key: Heal) -> None:
        tracked = self.registry.applications.get(key[0])
        if tracked is not None and not self._standing.is_back:
            is_reverted = await self._reconciler.heal(tracked, key[1])
            if is_reverted is not None:
                self.metrics.healed(is_reverted=is_reverted)
            self._queue.add(key[0])

    async def _poll(self) -> None:
        """Ask every repository that is followed, once per poll for all that follow it.

        A repository that does not answer is not asked again meanwhile, and keeps nobody waiting.
        """
        while True:
            spread = 1 + _POLL_JITTER * random.uniform(-1, 1)  # noqa: S311 -- spreads load only
            await self._clock.sleep(self._options.poll_seconds * spread)
            if self._standing.is_back:
                continue
            follows = self._follows()
            self._repositories.keep_only(follows)
            for follow in follows:
                self._asking.ask(follow)
            for item in list(self.registry.applications.values()):
                item.is_check_due = True
                if waking.needs_poll(item, is_watched=self._live.is_watched):
                    self._queue.add(item.name)

    def _stand_back(self, is_back: bool) -> None:  # noqa: FBT001 -- what has become of it
        """Tell of it, and begin again with all Applications when it is over."""
        self.metrics.stands_back(is_back=is_back)
        for tracked in self.registry.applications.values():
            tracked.is_told = False
            if not is_back:
                rivals.begin_again(tracked)
                self._queue.add(tracked.name)

    def _follows(self) -> set[Follow]:
        tracked = self.registry.applications.values()
        return {follow for item in tracked for follow in item.follows}

    def _heed(self, places: Collection[Place]) -> int:
        """Look at once at those of the repositories of which a webhook says that they changed."""
        follows = self._follows()
        urls = concerned({follow.url for follow in follows}, places)
        for follow in follows:
            if follow.url in urls:
                self._asking.ask(follow, is_news=True)
        return len(urls)

    def _moved(self, follow: Follow) -> None:
        """Look at those who follow a revision that moved."""
        for item in self.registry.applications.values():
            if follow in item.follows:
                self._queue.add(item.name)

    def _changed(
        self, ref: ObjectRef, before: Observation | None, after: Observation | None
    ) -> None:
        """Tell those whom a change of a live object concerns."""
        claimants = self.registry.claimants(ref)
        if not claimants:
            return
        for name in waking.after_a_change(ref, after, self.registry.applications):
            self._queue.add(name)
        holder = claimants[0]
        if after is None and holder.heals and ref in holder.applied:
            del claimants[1:]  # it comes back at once, and is nobody else's to make
        for tracked in claimants:
            self._react(tracked, ref, before, after)

    def _react(
        self,
        tracked: Tracked,
        ref: ObjectRef,
        before: Observation | None,
        after: Observation | None,
    ) -> None:
        """React to a change of a live object: heal it, or tell of its health."""
        failure = tracked.failures.get(ref)
        if failure is not None and (not failure.is_of_health or _is_well(after)):
            tracked.begin_anew()  # what stood in the way may be gone
        applied = tracked.applied.get(ref)
        has_drift = applied is not None and (after is None or bool(drift(after, applied)))
        if has_drift and tracked.heals:
            self._begin_heal(tracked, ref, fighting.rival_of(after))
            return
        is_news = before is None or after is None or before.health != after.health
        if is_news or has_drift or applied is None:
            self._queue.add(tracked.name)

    def _begin_heal(self, tracked: Tracked, ref: ObjectRef, rival: str) -> None:
        """Put an object right: at once, or later where the same manager keeps changing it."""
        now = self._clock.monotonic_seconds()
        delay = self._fights.delay_seconds((ref, rival), now=now)
        if delay:
            tracked.fights[ref] = fighting.noticed(rival, delay_seconds=delay, now=now)
        pause = fighting.pause_seconds(rival, delay)
        if pause:
            _LOG.warning("drift_fight", object=str(ref), manager=rival, delay_seconds=pause)
            self._queue.add(tracked.name)  # tells of it meanwhile
            self._heals.add_after((tracked.name, ref), pause)
        else:
            self._heals.add((tracked.name, ref))


def _is_well(live: Observation | None) -> bool:
    return live is not None and live.health.status == "Healthy"
