"""Alerts: tells receivers what is wrong with Applications, beside the work and never in its way.

Read (the two objects that describe receivers, the registry) -> decide (alerting.py) -> send
(alert_delivery.py) -> record (alert_records.py). Runs on the replica that leads.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.errors import ApiError
from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from gitopskit.reconciler import alerting, names
from gitopskit.reconciler.alert_delivery import Delivery
from gitopskit.reconciler.alert_receivers import parse_receivers
from gitopskit.reconciler.alert_records import AlertRecords
from gitopskit.reconciler.one_object import states

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.alert_receivers import Receiver
    from gitopskit.reconciler.alerting import Told
    from gitopskit.reconciler.metrics import ReconcilerMetrics
    from gitopskit.reconciler.state import Registry

_LOG: Final = structlog.get_logger("alerts")
_PAUSES: Final = Backoff(initial_seconds=1.0, maximum_seconds=60.0)
_KINDS: Final = (CONFIG_MAPS, SECRETS)


class Alerts:
    """All receivers; ``run`` it once, after the Applications were listed."""

    def __init__(self, api: KubeClient, *, registry: Registry, metrics: ReconcilerMetrics) -> None:
        """Keep whom to ask; nothing is started."""
        self._api = api
        self._registry = registry
        self._metrics = metrics
        self._records = AlertRecords(api)
        self._described: dict[ResourceType, JsonObject | None] = {}
        self._running: dict[str, tuple[Delivery, asyncio.Task[None]]] = {}

    def look(self, name: str) -> None:
        """Let every receiver be told soon what is new of an Application."""
        for delivery, _ in self._running.values():
            delivery.look(name)

    async def run(self) -> None:
        """Follow the receivers and tell them, until cancelled."""
        await self._begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._records.run())
            for kind in _KINDS:
                group.create_task(self._follow(kind, group))

    async def _begin(self) -> None:
        """Read what was told before; without that, everything would be told again."""
        attempt = 0
        while True:
            try:
                return await self._records.read()
            except ApiError as error:
                _LOG.warning("alerts_not_read", problem=str(error))
                await self._api.clock.sleep(_PAUSES.pause_seconds(attempt))
                attempt += 1

    async def _follow(self, kind: ResourceType, group: asyncio.TaskGroup) -> None:
        async with aclosing(
            states(self._api, kind, names.ALERTS, namespace=names.SYSTEM_NAMESPACE)
        ) as found:
            async for content in found:
                self._described[kind] = content
                self._take_in(group)

    def _take_in(self, group: asyncio.TaskGroup) -> None:
        """Let those receivers work that are described now, and stop the others."""
        if len(self._described) < len(_KINDS):
            return
        found = parse_receivers(*(self._described[kind] for kind in _KINDS))
        for problem in found.problems:
            _LOG.error("receiver_refused", problem=str(problem), hint=problem.hint)
        for name, (delivery, task) in list(self._running.items()):
            if found.known.get(name) != delivery.receiver:
                task.cancel()
                del self._running[name]
        for name in self._records.memories.keys() - found.known.keys():
            del self._records.memories[name]
            self._records.changed()
        for name, receiver in found.known.items():
            if name not in self._running:
                delivery = self._delivery(receiver)
                self._running[name] = (delivery, group.create_task(self._tell(delivery)))

    async def _tell(self, delivery: Delivery) -> None:
        await self._records.begun.wait()
        await delivery.run()

    def _delivery(self, receiver: Receiver) -> Delivery:
        if receiver.name not in self._records.memories:
            self._records.add(receiver.name, self._first(receiver))
        return Delivery(
            receiver,
            self._records.memories[receiver.name],
            clock=self._api.clock,
            applications=self._registry.applications,
            metrics=self._metrics,
            on_told=self._records.changed,
        )

    def _first(self, receiver: Receiver) -> dict[str, Told]:
        """Return what a new receiver need not be told: verdicts on commits that are older than it.

        Of what is wrong it hears everything.
        """
        if not receiver.is_forge:
            return {}
        found = {
            name: alerting.commit_news(tracked.content, {})
            for name, tracked in self._registry.applications.items()
        }
        return {name: alerting.after({}, it) for name, it in found.items() if it is not None}
