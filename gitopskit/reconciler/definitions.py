"""Definitions: who waits for a kind that the cluster does not know is told when it is defined.

A watch of the metadata of CustomResourceDefinitions, of which nothing is kept. Where it is refused,
what waits is tried again now and then, as anything that others have to mend.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.errors import ApiError
from gitopskit.kube.resources import CUSTOM_RESOURCE_DEFINITIONS
from gitopskit.kube.watch import Listed, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Registry, Tracked

_LOG: Final = structlog.get_logger("reconciler")
_PAUSES: Final = Backoff(initial_seconds=1.0, maximum_seconds=30.0)


class Definitions:
    """Follows which kinds are defined."""

    def __init__(
        self, api: KubeClient, *, registry: Registry, on_news: Callable[[str], None]
    ) -> None:
        """Keep whom to ask, and whom to tell the names of Applications to look at."""
        self._api = api
        self._registry = registry
        self._on_news = on_news

    async def run(self) -> None:
        """Follow definitions for ever."""
        refusals = 0
        while True:
            try:
                async with aclosing(
                    watch(self._api, CUSTOM_RESOURCE_DEFINITIONS, metadata_only=True)
                ) as events:
                    async for event in events:
                        refusals = 0
                        items = event.items if isinstance(event, Listed) else (event.object,)
                        await self._wake(items)
            except ApiError as error:
                if not refusals:
                    _LOG.warning("definitions_not_watched", problem=str(error), hint=error.hint)
                await self._api.clock.sleep(_PAUSES.pause_seconds(refusals))
                refusals += 1

    async def _wake(self, definitions: Iterable[JsonObject]) -> None:
        """Let those try again who could not write objects of these groups."""
        groups = {str(it["metadata"]["name"]).partition(".")[2] for it in definitions}
        waiting = [it for it in self._registry.applications.values() if _waits(it, groups)]
        if waiting:
            await self._api.kinds(refresh=True)
        for tracked in waiting:
            tracked.begin_anew()
            self._on_news(tracked.name)


def _waits(tracked: Tracked, groups: set[str]) -> bool:
    return any(ref.group in groups for ref in tracked.failures)
