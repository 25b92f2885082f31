"""Election: lets one copy of a controller work at a time, and hands over fast.

The shell around lease.py. It has an API client of its own, so that its requests never wait behind
the controller's. Followers watch the Lease: one that is released is taken in a fraction of a
second, and a holder that fell silent is timed from the moment its last renewal was seen.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from gitopskit.backoff import Backoff
from gitopskit.controller import lease
from gitopskit.controller.first_of import first_of
from gitopskit.controller.lease import (
    Acquire,
    LeaseOptions,
    Read,
    Renew,
    StandDown,
    Standing,
    Wait,
)
from gitopskit.controller.lease_access import LeaseAccess
from gitopskit.controller.lease_record import Record
from gitopskit.errors import ApiConflict, ApiError, ApiNotFound, ApiUnreachable, GitopskitError
from gitopskit.kube.client import KubeClient
from gitopskit.kube.watch import Listed

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from gitopskit.controller.lease_record import Candidate
    from gitopskit.kube.watch import Change
    from gitopskit.manifests.json_types import JsonObject

    Lead = Callable[[], Coroutine[Any, Any, None]]

    class _Write(Protocol):
        async def __call__(
            self, lease: JsonObject | None, *, last: Record | None, duration_seconds: int
        ) -> JsonObject: ...


_LOG: Final = structlog.get_logger("election")

_IN_FLIGHT: Final = 4
_SPREAD_SECONDS: Final = 0.2
"""Followers that wait for the same moment do not all write at once."""

_CONFLICTS: Final = Backoff(initial_seconds=0.02, maximum_seconds=0.2)
_REFUSED_WATCHES: Final = Backoff(initial_seconds=1.0, maximum_seconds=30.0)


def new_identity(host: str) -> str:
    """Return a name that no other process has, and that tells people where this one runs."""
    return f"{host}_{uuid.uuid4().hex[:12]}"


class Election:
    """One candidate; ``run`` it once, ``stop`` it from the same event loop."""

    def __init__(
        self, api: KubeClient, candidate: Candidate, options: LeaseOptions | None = None
    ) -> None:
        """Keep whom to reach; nothing is opened. ``api`` lends its connection, nothing else."""
        self._options = options or LeaseOptions()
        self._candidate = candidate
        self._clock = api.clock
        self._api = KubeClient(
            api.connection,
            clock=api.clock,
            timeout_seconds=self._options.request_seconds,
            in_flight=_IN_FLIGHT,
        )
        self._lease = LeaseAccess(self._api, candidate)
        self._faults = Backoff(
            initial_seconds=self._options.retry_seconds / 8,
            maximum_seconds=self._options.retry_seconds,
        )
        self._standing = Standing()
        self._failures = 0
        self._conflicts = 0
        self._work: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._is_stopping = False

    @property
    def is_leading(self) -> bool:
        """Tell whether this copy leads now; never true once another copy may."""
        if self._work is None:
            return False
        end_seconds = lease.deadline_seconds(self._standing, options=self._options)
        return self._clock.monotonic_seconds() < end_seconds

    def stop(self) -> None:
        """Stand for election no more; who leads goes on until its work returns."""
        self._is_stopping = True
        self._changed.set()

    async def run(self, lead: Lead) -> None:
        """Stand for election until ``stop``; run ``lead()`` whenever, and as long as, we lead.

        When the lease is lost, ``lead`` is cancelled and waited for, to be called again after the
        next victory. When it returns of itself, or raises, the lease is released and ``run`` ends
        in the same way.
        """
        async with self._api, AsyncExitStack() as stack:
            stack.push_async_callback(self._release)
            stack.push_async_callback(self._end_work)
            stack.push_async_callback(_end, asyncio.create_task(self._follow()))
            await self._stand(lead)

    async def _stand(self, lead: Lead) -> None:
        while not self._has_ended():
            self._changed.clear()
            match self._decision():
                case Wait(until_seconds):
                    await self._wait(until_seconds)
                case Read():
                    await self._try(self._read)
                case Renew():
                    await self._try(self._renew)
                case Acquire():
                    await self._acquire(lead)
                case StandDown(reason):
                    await self._stand_down(reason)
        if self._work is not None:
            work, self._work = self._work, None
            await work

    def _has_ended(self) -> bool:
        return self._work.done() if self._work is not None else self._is_stopping

    def _decision(self) -> lease.Decision:
        return lease.decide(
            self._standing,
            identity=self._candidate.identity,
            now_seconds=self._clock.monotonic_seconds(),
            options=self._options,
        )

    async def _wait(self, until_seconds: float) -> None:
        """Wait for a time, or until there is news; followers wait a little longer."""
        spread = 0.0 if self._standing.is_leading else random.uniform(0, _SPREAD_SECONDS)  # noqa: S311 -- spreads load, guards nothing
        seconds = until_seconds - self._clock.monotonic_seconds() + spread
        await first_of(self._clock.sleep(max(0.0, seconds)), self._changed.wait())

    async def _acquire(self, lead: Lead) -> None:
        await self._try(self._take)
        if not self._standing.is_leading:
            return
        _LOG.info("lease_acquired", lease=str(self._candidate), holder=self._candidate.identity)
        if not self._is_stopping:
            self._work = asyncio.create_task(lead())
            self._work.add_done_callback(lambda _: self._changed.set())

    async def _stand_down(self, reason: str) -> None:
        record = self._standing.record
        self._standing = self._standing.following()
        _LOG.warning(
            "lease_lost",
            lease=str(self._candidate),
            reason=reason,
            holder=record.holder if record else "",
        )
        await self._end_work()

    async def _end_work(self) -> None:
        if self._work is not None:
            work, self._work = self._work, None
            await _end(work)

    async def _try(self, request: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do one request in the time that there is for it; after a failure comes a pause."""
        try:
            async with asyncio.timeout(self._seconds_for_a_request()):
                await request()
        except ApiConflict:
            self._standing = self._standing.doubting()
            self._pause(_CONFLICTS, self._conflicts)
            self._conflicts += 1
        except TimeoutError:
            self._note_failure(ApiUnreachable("the API server did not answer in time"))
        except ApiError as error:
            if isinstance(error, ApiNotFound):
                self._standing = self._standing.doubting()
            self._note_failure(error)
        else:
            self._failures = 0

    def _seconds_for_a_request(self) -> float:
        if not self._standing.is_leading:
            return self._options.request_seconds
        end_seconds = lease.deadline_seconds(self._standing, options=self._options)
        left_seconds = end_seconds - self._clock.monotonic_seconds()
        return min(self._options.request_seconds, left_seconds)

    def _note_failure(self, error: ApiError) -> None:
        """Tell of the first failure in a row, and pause."""
        write_line = _LOG.debug if self._failures else _LOG.warning
        write_line(
            "lease_unreachable", lease=str(self._candidate), problem=str(error), hint=error.hint
        )
        self._pause(self._faults, self._failures)
        self._failures += 1

    def _pause(self, pauses: Backoff, failures: int) -> None:
        until_seconds = self._clock.monotonic_seconds() + pauses.pause_seconds(failures)
        self._standing = self._standing.pausing(until_seconds)

    async def _read(self) -> None:
        found = await self._lease.live()
        now_seconds = self._clock.monotonic_seconds()
        self._standing = self._standing.seeing(found, now_seconds=now_seconds)

    async def _take(self) -> None:
        await self._write(self._lease.take)

    async def _renew(self) -> None:
        await self._write(self._lease.renew)

    async def _write(self, write: _Write) -> None:
        standing, sent_seconds = self._standing, self._clock.monotonic_seconds()
        answer = await write(
            standing.lease, last=standing.record, duration_seconds=self._options.duration_seconds
        )
        self._standing = self._standing.holding(answer, sent_seconds=sent_seconds)
        self._conflicts = 0

    async def _release(self) -> None:
        """Leave the lease free, if it is still ours and the API server answers soon."""
        if not self._standing.is_leading:
            return
        self._standing = self._standing.following()
        try:
            async with asyncio.timeout(self._options.request_seconds):
                await self._lease.leave()
        except (ApiError, TimeoutError) as error:
            problem = str(error) or "no answer in time"
            _LOG.warning("lease_not_released", lease=str(self._candidate), problem=problem)
        else:
            _LOG.info("lease_released", lease=str(self._candidate))

    async def _follow(self) -> None:
        """Take in what the watch of the Lease shows; where it is refused, wait and ask again."""
        refusals = 0
        while True:
            try:
                async with aclosing(self._lease.changes()) as events:
                    async for event in events:
                        self._see(event)
                        refusals = 0
            except GitopskitError as error:
                _LOG.error("watch_refused", watch="lease", problem=str(error), hint=error.hint)
            await self._clock.sleep(_REFUSED_WATCHES.pause_seconds(refusals))
            refusals += 1

    def _see(self, event: Listed | Change) -> None:
        """Take in an event, which may be older than what was read.

        So it tells a leader no more than to look; to a follower, an old one costs time only.
        """
        if isinstance(event, Listed):
            found = event.items[0] if event.items else None
        else:
            found = None if event.kind == "DELETED" else event.object
        now_seconds = self._clock.monotonic_seconds()
        if not self._standing.is_leading:
            self._standing = self._standing.seeing(found, now_seconds=now_seconds)
        elif found is None or Record.of(found).holder != self._candidate.identity:
            self._standing = self._standing.doubting()
        self._changed.set()


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is over; raise what it raised."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()
