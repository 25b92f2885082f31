"""The running unsealer: watches feed one queue, and the replica that leads empties it.

Every replica watches and serves, so that a hand-over needs no list; only the leader writes. Start
at ``Unsealer.run``; what is watched is field_watch.py's, what is queued is intake.py's, one pass is
worker.py's.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import structlog

from gitopskit import __version__
from gitopskit.backoff import Backoff
from gitopskit.controller.first_of import first_of
from gitopskit.controller.queue import run_workers
from gitopskit.errors import GitopskitError
from gitopskit.kube.events import EventRecorder
from gitopskit.unsealer.allowed import Allowed
from gitopskit.unsealer.certificate import CertificatePublisher
from gitopskit.unsealer.field_watch import FieldWatch
from gitopskit.unsealer.intake import Intake
from gitopskit.unsealer.key_life_task import KeyLife
from gitopskit.unsealer.key_watch import KeyWatch
from gitopskit.unsealer.metrics import UnsealerMetrics
from gitopskit.unsealer.ownership import FIELD_MANAGER
from gitopskit.unsealer.report import Reporter
from gitopskit.unsealer.sealing_keys import SealingKeys
from gitopskit.unsealer.worker import Worker, WorkerOptions

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from gitopskit.controller.election import Election
    from gitopskit.kube.client import KubeClient
    from gitopskit.unsealer.options import UnsealerOptions
    from gitopskit.unsealer.records import Key

_LOG: Final = structlog.get_logger("unsealer")


LEASE_NAME: Final = FIELD_MANAGER
"""The Lease by which replicas choose the one that works, in the namespace of the keys."""

_FAILURES: Final = Backoff(initial_seconds=1.0, maximum_seconds=300.0)


class Unsealer:
    """The controller; ``run`` it once, ``stop`` it from the same event loop."""

    def __init__(
        self, api: KubeClient, options: UnsealerOptions, *, election: Election | None = None
    ) -> None:
        """Put the parts together; nothing is started. Without an election this replica leads."""
        self._election = election
        self._api = api
        self._clock = api.clock
        self._options = options
        self.metrics = UnsealerMetrics(api.clock, revision=__version__)
        self._intake = Intake(api.clock, metrics=self.metrics)
        self.metrics.follow_queue(lambda: len(self._intake.queue))
        life = options.key_life
        self.keys = SealingKeys(prefix=life.prefix, order=life.order)
        parts: dict[str, Any] = {"intake": self._intake, "metrics": self.metrics}
        self._key_watch = KeyWatch(api, self.keys, namespace=options.namespace, **parts)
        self._field_watch = FieldWatch(api, options.watched, **parts)
        self._threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="open")
        self._is_ready = False
        self._is_stopping = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Tell whether everything that is watched was listed once."""
        return self._is_ready

    def stop(self) -> None:
        """Take no more work; ``run`` ends when the passes at hand are done."""
        self._intake.queue.close()
        self._is_stopping.set()
        if self._election is not None:
            self._election.stop()

    async def run(self) -> None:
        """Watch until ``stop``, and unseal whenever this replica leads."""
        async with AsyncExitStack() as stack:
            stack.callback(self._threads.shutdown, wait=False, cancel_futures=True)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            watching = [
                group.create_task(each) for each in (self._key_watch.run(), self._field_watch.run())
            ]
            await first_of(self._become_ready(), self._is_stopping.wait())
            await (self._lead() if self._election is None else self._election.run(self._lead))
            for task in watching:
                task.cancel()

    async def _become_ready(self) -> None:
        await self._key_watch.known()
        await self._field_watch.known()
        self._is_ready = True
        _LOG.info(
            "ready", keys=len(self.keys.fingerprints), sealed_secrets=len(self._intake.memory)
        )

    async def _lead(self) -> None:
        """Work until ``stop``, or until cancelled because another one leads now."""
        self._intake.lead()
        self.metrics.leads(is_leader=True)
        try:
            await self._work(self._worker())
        finally:
            self._intake.stand_down()
            self.metrics.leads(is_leader=False)

    async def _work(self, worker: Worker) -> None:
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(each) for each in self._duties()]
            await run_workers(
                self._intake.queue,
                lambda key: self._handle(worker, key),
                workers=self._options.workers,
            )
            for task in background:
                task.cancel()

    def _duties(self) -> list[Coroutine[Any, Any, None]]:
        """Return what the leader does beside its passes."""
        options = self._options
        publisher = CertificatePublisher(self._api, self.keys, namespace=options.namespace)
        duties = [self._resync(), publisher.run()]
        if options.makes_keys:
            life = KeyLife(self._api, options.key_life, self.keys, namespace=options.namespace)
            duties.append(life.run())
        return duties

    async def _handle(self, worker: Worker, key: Key) -> None:
        if self._intake.is_too_early(key):
            return
        started = self._clock.monotonic_seconds()
        try:
            what_next = await worker.handle(key)
        except GitopskitError as error:
            seconds = self._clock.monotonic_seconds() - started
            self.metrics.pass_ended(key.namespace, outcome="fault", duration_seconds=seconds)
            if error.next_step != "terminal":
                raise
            _LOG.error("work_failed", key=str(key), problem=str(error), hint=error.hint)
            what_next = "retry"
        if what_next == "again":
            self._intake.queue.add(key)
        elif what_next == "retry":
            pause = _FAILURES.pause_seconds(self._intake.memory.repetitions(key))
            self._intake.queue.add_after(key, pause)

    async def _resync(self) -> None:
        """Look at everything anew, one after the other, so that all is seen once in the time."""
        while True:
            keys = self._intake.memory.keys()
            if not keys:
                await self._clock.sleep(self._options.resync_seconds)
            for key in keys:
                await self._clock.sleep(self._options.resync_seconds / len(keys))
                self._intake.doubt(key)

    def _worker(self) -> Worker:
        options = self._options
        events = EventRecorder(self._api, component=FIELD_MANAGER, instance=options.instance)
        return Worker(
            self._api,
            WorkerOptions(
                allowed=Allowed(
                    key_namespace=options.namespace,
                    key_prefix=options.key_life.prefix,
                    token_secrets=options.allows_token_secrets,
                ),
                drift=options.drift,
                is_watched=self._field_watch.watches_secret,
            ),
            intake=self._intake,
            keys=self.keys,
            reporter=Reporter(
                self._api, events=events, memory=self._intake.memory, metrics=self.metrics
            ),
            threads=self._threads,
        )
