"""The running unsealer: three watches feed one queue, workers empty it.

Watched are SealedSecrets, the metadata of all Secrets (edits and deletions), and the sealing keys
in the controller's namespace. Work begins when each was listed once, so that a restart finds what
is settled instead of writing it again. Of several replicas all watch, and one works.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import structlog

from gitopskit.backoff import Backoff
from gitopskit.controller.queue import WorkQueue, run_workers
from gitopskit.errors import GitopskitError
from gitopskit.kube.events import EventRecorder
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.kube.watch import Listed, watch
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE
from gitopskit.unsealer.allowed import Allowed
from gitopskit.unsealer.certificate import CertificatePublisher
from gitopskit.unsealer.memory import Key, Mark, Memory
from gitopskit.unsealer.ownership import FIELD_MANAGER
from gitopskit.unsealer.sealing_keys import SealingKeys
from gitopskit.unsealer.worker import Worker, WorkerOptions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from typing import TypeAlias

    from gitopskit.controller.election import Election
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.kube.watch import Change
    from gitopskit.unsealer.sealing_keys import KeySelection
    from gitopskit.unsealer.worker import DriftPolicy

    See: TypeAlias = Callable[[Listed | Change], Awaitable[None] | None]

_LOG: Final = structlog.get_logger("unsealer")

DEFAULT_NAMESPACE: Final = UNSEALER_NAMESPACE
LEASE_NAME: Final = FIELD_MANAGER
"""The Lease by which replicas choose the one that works, in the namespace of the keys."""

_FAULTS: Final = Backoff(initial_seconds=0.2, maximum_seconds=60.0)
_FAILURES: Final = Backoff(initial_seconds=1.0, maximum_seconds=300.0)
_REFUSED_WATCHES: Final = Backoff(initial_seconds=1.0, maximum_seconds=30.0)


class _Selection(TypedDict, total=False):
    namespace: str
    label_selector: str
    field_selector: str
    metadata_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsealerOptions:
    """How the unsealer runs: where the keys are, how many passes at once, which copy this is.

    ``drift`` tells whether Secrets that were changed are healed or only reported.
    """

    namespace: str = DEFAULT_NAMESPACE
    workers: int = 8
    instance: str = FIELD_MANAGER
    drift: DriftPolicy = "heal"
    allows_token_secrets: bool = False


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
        self._memory = Memory()
        self._keys = SealingKeys()
        self._queue: WorkQueue[Key] = WorkQueue(api.clock, backoff=_FAULTS)
        self._publisher = CertificatePublisher(api, self._keys, namespace=options.namespace)
        self._unlisted = {"sealed_secrets", "secrets"}
        self._unlisted |= {selection.source for selection in self._keys.selections}
        self._started = asyncio.Event()
        self._worker = Worker(
            api,
            WorkerOptions(
                allowed=Allowed(
                    key_namespace=options.namespace, token_secrets=options.allows_token_secrets
                ),
                drift=options.drift,
            ),
            events=EventRecorder(api, component=FIELD_MANAGER, instance=options.instance),
            memory=self._memory,
            keys=self._keys,
        )

    @property
    def keys(self) -> SealingKeys:
        """Return the sealing keys, as the watches show them."""
        return self._keys

    @property
    def is_ready(self) -> bool:
        """Whether every watch was listed once, so that all there is, is known."""
        return not self._unlisted

    def stop(self) -> None:
        """Take no more work; ``run`` ends when the passes at hand are done."""
        self._queue.close()
        if self._election is not None:
            self._election.stop()
        self._started.set()

    async def run(self) -> None:
        """Watch until ``stop``, and unseal whenever this replica leads."""
        async with asyncio.TaskGroup() as group:
            watches = [
                group.create_task(self._follow("sealed_secrets", SEALED_SECRETS, self._see_sealed)),
                group.create_task(
                    self._follow("secrets", SECRETS, self._see_secret, metadata_only=True)
                ),
                *(
                    group.create_task(self._follow_keys(selection))
                    for selection in self._keys.selections
                ),
            ]
            await self._started.wait()
            _LOG.info("ready", keys=len(self._keys.fingerprints), waiting=len(self._queue))
            await (self._lead() if self._election is None else self._election.run(self._lead))
            for task in watches:
                task.cancel()

    async def _lead(self) -> None:
        """Do what one replica alone does, until ``stop``; it may be cancelled and called again."""
        async with asyncio.TaskGroup() as group:
            publishing = group.create_task(self._publisher.run())
            await run_workers(self._queue, self._handle, workers=self._options.workers)
            publishing.cancel()

    async def _handle(self, key: Key) -> None:
        if not await self._worker.handle(key):
            pause = _FAILURES.pause_seconds(self._memory.repetitions(key))
            self._queue.add_after(key, pause)

    async def _follow_keys(self, selection: KeySelection) -> None:
        await self._follow(
            selection.source,
            SECRETS,
            lambda event: self._see_key(event, selection),
            namespace=self._options.namespace,
            label_selector=selection.label_selector,
            field_selector=selection.field_selector,
        )

    async def _follow(
        self,
        name: str,
        kind: ResourceType,
        see: See,
        **selection: Unpack[_Selection],
    ) -> None:
        """Hand what a watch shows to ``see``; where it is refused, wait and ask again."""
        refusals = 0
        while True:
            try:
                async with aclosing(watch(self._api, kind, **selection)) as events:
                    async for event in events:
                        await _take_in(see, event, watch_name=name)
                        refusals = 0
                        self._note_listed(name)
            except GitopskitError as error:
                _LOG.error("watch_refused", watch=name, problem=str(error), hint=error.hint)
                await self._clock.sleep(_REFUSED_WATCHES.pause_seconds(refusals))
                refusals += 1

    def _note_listed(self, name: str) -> None:
        self._unlisted.discard(name)
        if not self._unlisted:
            self._started.set()

    def _see_sealed(self, event: Listed | Change) -> None:
        if isinstance(event, Listed):
            self._add(self._memory.see_all_sealed(event.items))
        elif event.kind == "DELETED":
            key = Key.of(event.object)
            self._memory.lose_sealed(key)
            self._queue.forget(key)
        else:
            self._add_if_new(self._memory.see_sealed(event.object))

    def _see_secret(self, event: Listed | Change) -> None:
        if isinstance(event, Listed):
            self._add(self._memory.see_all_secrets(event.items))
            return
        key = Key.of(event.object)
        is_gone = event.kind == "DELETED"
        self._memory.see_secret(key, None if is_gone else Mark.of(event.object))
        self._add_if_new(key)

    async def _see_key(self, event: Listed | Change, selection: KeySelection) -> None:
        before = self._keys.fingerprints
        for problem in await self._keys.take(event, selection.source):
            _LOG.error("key_unusable", problem=str(problem), hint=problem.hint)
        self._use_keys(before, self._keys.fingerprints)

    def _use_keys(self, before: frozenset[str], after: frozenset[str]) -> None:
        """Look again at what a new key may open, or at everything if a key went away."""
        if before - after:
            self._add(self._memory.unsettle_all())
        elif after - before:
            self._add(self._memory.unsynced())
        if before != after:
            _LOG.info("keys_changed", fingerprints=sorted(after))

    def _add_if_new(self, key: Key) -> None:
        if self._memory.needs_look(key):
            self._queue.add(key)

    def _add(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._queue.add(key)


async def _take_in(see: See, event: Listed | Change, *, watch_name: str) -> None:
    try:
        taken = see(event)
        if taken is not None:
            await taken
    except Exception:  # noqa: BLE001 -- one odd object must not end the watch of the others
        _LOG.exception("event_not_understood", watch=watch_name)
