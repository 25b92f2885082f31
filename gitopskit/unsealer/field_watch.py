"""Which namespaces are watched: all, those named, and those that carry the labels."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import NAMESPACES
from gitopskit.kube.watch import Listed
from gitopskit.unsealer.following import Followed, follow
from gitopskit.unsealer.territory import Territory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.watch import Change
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.intake import Intake
    from gitopskit.unsealer.metrics import UnsealerMetrics
    from gitopskit.unsealer.options import Field
    from gitopskit.unsealer.records import Key

_LOG: Final = structlog.get_logger("unsealer")


class FieldWatch:
    """Starts and ends territories as namespaces come and go; ``run`` it until cancelled."""

    def __init__(
        self, api: KubeClient, field: Field, *, intake: Intake, metrics: UnsealerMetrics
    ) -> None:
        """Keep what to watch; nothing is started."""
        self._api = api
        self._field = field
        self._intake = intake
        self._metrics = metrics
        self._territories: dict[str, tuple[Territory, asyncio.Task[None]]] = {}
        self._selected = asyncio.Event()

    def watches_secret(self, key: Key) -> bool:
        """Tell whether a watch shows what becomes of a Secret."""
        found = self._territories.get("") or self._territories.get(key.namespace)
        return found is not None and found[0].watches_secrets

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._begin(group, ("",) if self._field.is_everywhere else self._field.namespaces)
            if self._field.namespace_selector:
                await self._follow_namespaces(group)

    async def known(self) -> None:
        """Wait until everything that is watched has been listed, or refused."""
        if self._field.namespace_selector:
            await self._selected.wait()
        for territory, _ in list(self._territories.values()):
            await territory.is_known.wait()

    async def _follow_namespaces(self, group: asyncio.TaskGroup) -> None:
        followed = Followed(
            name="namespaces",
            kind=NAMESPACES,
            selection=Selection(label_selector=self._field.namespace_selector, metadata_only=True),
        )
        await follow(
            self._api,
            followed,
            lambda event: self._see(event, group),
            metrics=self._metrics,
            refused=self._selected.set,
        )

    def _see(self, event: Listed | Change, group: asyncio.TaskGroup) -> None:
        if isinstance(event, Listed):
            names = {_name(item) for item in event.items}
            for gone in self._territories.keys() - names:
                self._end(gone)
            self._begin(group, names)
            self._selected.set()
        elif event.kind == "DELETED":
            self._end(_name(event.object))
        else:
            self._begin(group, [_name(event.object)])

    def _begin(self, group: asyncio.TaskGroup, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._territories:
                territory = Territory(
                    self._api, name, self._field, intake=self._intake, metrics=self._metrics
                )
                self._territories[name] = territory, group.create_task(territory.run())
                _LOG.info("namespace_watched", namespace=name or "all")

    def _end(self, name: str) -> None:
        if name in self._territories and name not in self._field.namespaces:
            territory, task = self._territories.pop(name)
            territory.leave()
            task.cancel()
            _LOG.info("namespace_left", namespace=name)


def _name(content: JsonObject) -> str:
    return str(content["metadata"]["name"])
