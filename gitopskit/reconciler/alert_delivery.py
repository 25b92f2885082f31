"""Delivery: one receiver of alerts, what it was told, and who is to be looked at for it.

What waits is the names of Applications, not messages: a receiver that was away hears how things
are when it is back, and there is never more than one look for each Application. One after another,
so that a slow receiver costs one connection, and delays nobody else.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.controller import http_client
from gitopskit.controller.queue import WorkQueue, run_workers
from gitopskit.errors import EnvironmentFault
from gitopskit.reconciler import alerting
from gitopskit.reconciler.alert_requests import REPEAT_SECONDS, request_of
from gitopskit.reconciler.alerting import CommitVerdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from gitopskit.clock import Clock
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.alert_memory import Memory
    from gitopskit.reconciler.alert_receivers import Receiver
    from gitopskit.reconciler.alert_requests import Outgoing
    from gitopskit.reconciler.alerting import Alert
    from gitopskit.reconciler.metrics import ReconcilerMetrics
    from gitopskit.reconciler.state import Tracked

_LOG: Final = structlog.get_logger("alerts")
_PAUSES: Final = Backoff(initial_seconds=2.0, maximum_seconds=300.0)
SETTLE_SECONDS: Final = 2.0
"""What is over after so long is told to nobody."""

_FIRST_REFUSAL: Final = 300
_FIRST_FAULT: Final = 500
_MAY_PASS: Final = frozenset({401, 403, 404, 408, 410, 425, 429})
"""What another token, another URL or time may mend."""

_MAY_PASS_AT_A_FORGE: Final = _MAY_PASS - {404}
"""There it means a commit or a repository that the token does not see."""


class Delivery:
    """Tells one receiver; ``run`` it once.

    ``memory`` is changed here, and ``on_told`` called after each change.
    """

    def __init__(
        self,
        receiver: Receiver,
        memory: Memory,
        *,
        clock: Clock,
        applications: Mapping[str, Tracked],
        metrics: ReconcilerMetrics,
        on_told: Callable[[], None],
    ) -> None:
        """Keep the parts; nothing is sent yet."""
        self.receiver = receiver
        self.memory = memory
        self._clock = clock
        self._applications = applications
        self._metrics = metrics
        self._on_told = on_told
        self._queue: WorkQueue[str] = WorkQueue(clock, backoff=_PAUSES)
        self._first_tried: dict[str, dict[str, datetime]] = {}

    def look(self, name: str) -> None:
        """Look soon whether something of an Application is to be told."""
        self._queue.add_after(name, SETTLE_SECONDS)

    async def run(self) -> None:
        """Look at everything, then at what changes, until cancelled."""
        for name in {*self._applications, *self.memory.told}:
            self.look(name)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat())
            group.create_task(run_workers(self._queue, self._deliver, workers=1))

    async def _repeat(self) -> None:
        """Look from time to time at what is gone, and at what has to be told again."""
        while True:
            await self._clock.sleep(REPEAT_SECONDS)
            for name in {*self.memory.told, *self.memory.keys}:
                if self.receiver.wants_repeats or name not in self._applications:
                    self._queue.add(name)

    async def _deliver(self, name: str) -> None:
        """Tell what is new of an Application.

        Raises:
            EnvironmentFault: the receiver cannot be told now.
        """
        tracked = self._applications.get(name)
        content = tracked.content if tracked is not None else None
        self._come_back(name, content)
        tried = self._first_tried.setdefault(name, {})
        for item in self._items(name, content):
            now = self._clock.now_utc()
            at = now if self.receiver.wants_repeats else tried.setdefault(item.told, now)
            key = self._key_of(name, item, content)
            request = request_of(self.receiver, item, at=at, key=key)
            if request is not None:
                await self._send(name, request)
            if self.memory.note(name, item, key=key):
                self._on_told()
        del self._first_tried[name]
        if content is None and self.memory.forget(name):
            self._on_told()

    def _key_of(self, name: str, item: Alert | CommitVerdict, content: JsonObject | None) -> str:
        if isinstance(item, CommitVerdict):
            return ""
        uid = content["metadata"].get("uid", "") if content is not None else ""
        return self.memory.key_of(name, item, uid=str(uid))

    def _come_back(self, name: str, content: JsonObject | None) -> None:
        """Look again when what is under way may have become trouble."""
        now = self._clock.now_utc()
        delay = alerting.seconds_until_stuck(content, now=now) if content is not None else None
        if delay is not None:
            self._queue.add_after(name, delay)

    def _items(self, name: str, content: JsonObject | None) -> Iterator[Alert | CommitVerdict]:
        receiver, known = self.receiver, self.memory.told.get(name, {})
        project = alerting.about(content).project if content is not None else ""
        is_covered = receiver.covers(name, project)
        if not receiver.is_forge:
            yield from alerting.news(
                content,
                known,
                name=name,
                topics=receiver.topics if is_covered else (),
                is_repeated=receiver.wants_repeats,
                now=self._clock.now_utc(),
            )
        elif content is not None and is_covered:
            verdict = alerting.commit_news(content, known)
            if verdict is not None:
                yield verdict

    async def _send(self, name: str, request: Outgoing) -> None:
        secret = {key: value.reveal().decode() for key, value in request.secret_headers.items()}
        answer = await http_client.post(
            request.url,
            request.body,
            headers={**request.headers, **secret},
            ca_pem=request.ca_pem,
        )
        told = {"receiver": self.receiver.name, "application": name, "status": answer.status}
        passing = _MAY_PASS_AT_A_FORGE if self.receiver.is_forge else _MAY_PASS
        if answer.problem or answer.status >= _FIRST_FAULT or answer.status in passing:
            self._metrics.alerted(self.receiver.name, outcome="later")
            problem = answer.problem or f"it answered {answer.status}"
            raise EnvironmentFault(f"an alert waits: {problem}", where=self.receiver.where)
        if answer.status >= _FIRST_REFUSAL:
            self._metrics.alerted(self.receiver.name, outcome="refused")
            _LOG.error("alert_refused", **told)
            return
        self._metrics.alerted(self.receiver.name, outcome="sent")
        _LOG.info("alert_sent", **told)
