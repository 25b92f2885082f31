"""Alert records: what each receiver was told last, kept in one ConfigMap over restarts.

Written as the controller, at once after something was told, and at most twice a second.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import ApiError
from gitopskit.reconciler import names
from gitopskit.reconciler.alert_memory import Memory, read_memory, write_memory
from gitopskit.reconciler.system_record import SystemRecord

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.alerting import Told

_LOG: Final = structlog.get_logger("alerts")
_PAUSE_SECONDS: Final = 0.5
_FAULT_SECONDS: Final = 5.0
_LARGEST_RECORD_CHARACTERS: Final = 900_000
"""An object may hold 1.5 MiB. What is too much is not kept, and told again after a restart."""


class AlertRecords:
    """By receiver, what was told; whoever changes it calls ``changed``.

    ``begun`` is set once there is a record, or cannot be: before that nobody is told, for another
    leader would not know under which key.
    """

    def __init__(self, api: KubeClient) -> None:
        """Keep whom to ask; nothing is read yet."""
        self.memories: dict[str, Memory] = {}
        self.begun = asyncio.Event()
        self._clock = api.clock
        self._record = SystemRecord(api, names.ALERTS_TOLD)
        self._changed = asyncio.Event()

    async def read(self) -> None:
        """Take in what is stored.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        data = await self._record.read() or {}
        self.memories = {name: read_memory(str(text)) for name, text in data.items()}
        self._settle()

    def add(self, name: str, told: dict[str, Told]) -> None:
        """Begin the memory of a new receiver, who need not be told this."""
        self.memories[name] = Memory(told=told)
        self._settle()
        self.changed()

    def changed(self) -> None:
        """Have it written soon."""
        self._changed.set()

    async def run(self) -> None:
        """Write whenever something is new, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._write()
            except ApiError as error:
                _LOG.warning("alerts_not_recorded", problem=str(error))
                self._record.forget()
                self._changed.set()
                await self._clock.sleep(_FAULT_SECONDS)
            await self._clock.sleep(_PAUSE_SECONDS)

    async def _write(self) -> None:
        data = {name: write_memory(memory) for name, memory in self.memories.items()}
        if sum(map(len, data.values())) > _LARGEST_RECORD_CHARACTERS:
            _LOG.error("alerts_not_recorded", problem="too much is wrong to keep")
            self.begun.set()
            return
        await self._record.write(data)
        self._settle()

    def _settle(self) -> None:
        if self._record.uid:
            self.begun.set()
            for memory in self.memories.values():
                memory.seed = self._record.uid
