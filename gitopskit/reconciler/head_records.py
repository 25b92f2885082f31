"""Head records: what heads.py knows, kept in one ConfigMap for whoever waits for a commit.

Written as the controller, once for a commit that concerns nobody, however many follow it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import ApiError
from gitopskit.reconciler.heads import CONFIG_MAP, Heads
from gitopskit.reconciler.system_record import SystemRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.application import Follow
    from gitopskit.reconciler.state import Registry, Tracked

_LOG: Final = structlog.get_logger("reconciler")
_GATHER_SECONDS: Final = 0.3
_LONGEST_GATHER_SECONDS: Final = 5.0
"""Followers that are not through after so long are missing in the record until the next one."""

_FAULT_SECONDS: Final = 5.0


class HeadRecords:
    """Gathers what Applications have passed, and writes it when all are through or time is up."""

    def __init__(self, api: KubeClient, *, registry: Registry) -> None:
        """Keep whom to tell; nothing is read or written yet."""
        self._clock = api.clock
        self._record = SystemRecord(api, CONFIG_MAP)
        self._registry = registry
        self._heads = Heads()
        self._changed = asyncio.Event()

    def note(self, tracked: Tracked, heads: Mapping[Follow, str]) -> None:
        """Note that an Application was brought to its commits, and which are the newest.

        One that is rolled back has passed the commit that it was kept from.
        """
        commits = (tracked.head, *tracked.commits[1:]) if tracked.commits else ()
        passed = dict(zip(tracked.follows, commits, strict=False))
        if self._heads.note(tracked.name, passed, heads=heads):
            self._changed.set()

    async def run(self) -> None:
        """Write whenever something is new, for ever."""
        while True:
            await self._changed.wait()
            await self._gather()
            self._changed.clear()
            try:
                await self.write()
            except ApiError as error:
                _LOG.warning("heads_not_written", problem=str(error))
                self._record.forget()
                await self._clock.sleep(_FAULT_SECONDS)
                self._changed.set()

    async def write(self) -> None:
        """Write what is known, if it differs from what is stored.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        self._heads.keep_only(self._registry.applications)
        before = await self._record.read()
        record = self._heads.record(before or {})
        if record != before:
            await self._record.write(record)

    async def _gather(self) -> None:
        """Wait until all followers are through, but not for ever."""
        deadline = self._clock.monotonic_seconds() + _LONGEST_GATHER_SECONDS
        await self._clock.sleep(_GATHER_SECONDS)
        while not self._heads.is_complete(self._registry.applications):
            if self._clock.monotonic_seconds() >= deadline:
                return
            await self._clock.sleep(_GATHER_SECONDS)


async def read_heads(api: KubeClient) -> Mapping[str, str]:
    """Return the record as it is stored; empty where there is none, or we may not read it."""
    try:
        return await SystemRecord(api, CONFIG_MAP).read() or {}
    except ApiError:
        return {}
