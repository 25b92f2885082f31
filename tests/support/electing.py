"""Copies of a controller that stand for election, and one Lease as an administrator sees it."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from gitopskit.controller.election import Election, new_identity
from gitopskit.controller.lease import LeaseOptions
from gitopskit.controller.lease_record import Candidate, Record
from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import LEASES
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

PERSON: Final = "kubectl-edit"


QUICK: Final = LeaseOptions(
    duration_seconds=3,
    renew_seconds=0.8,
    deadline_seconds=2.4,
    request_seconds=0.7,
    retry_seconds=0.4,
)
"""Half the usual times, where a test does not ask how long something takes."""


class Copy:
    """One candidate; its work goes on until somebody ends it, and notes when it began and ended."""

    def __init__(
        self, api: KubeClient, lease: Candidate, options: LeaseOptions | None = None
    ) -> None:
        self.candidate = lease._replace(identity=new_identity(lease.identity))
        self.election = Election(api, self.candidate, options)
        self.is_working = False
        self.began: list[float] = []
        self.ended: list[float] = []
        self.may_end = asyncio.Event()
        self.failure: Exception | None = None

    async def lead(self) -> None:
        clock = asyncio.get_running_loop().time
        self.is_working = True
        self.began.append(clock())
        try:
            await self.may_end.wait()
            if self.failure is not None:
                raise self.failure
        finally:
            self.is_working = False
            self.ended.append(clock())

    def stop(self) -> None:
        """Stop as a controller does: stand no more, and bring the work to its end."""
        self.election.stop()
        self.may_end.set()

    async def until_working(self, *, timeout_seconds: float = 10.0) -> float:
        """Wait until it leads; return when that began."""
        await eventually(lambda: self.is_working, timeout_seconds=timeout_seconds)
        return self.began[-1]

    async def until_idle(self, *, timeout_seconds: float = 10.0) -> float:
        """Wait until it leads no more; return when that ended."""
        await eventually(lambda: not self.is_working, timeout_seconds=timeout_seconds)
        return self.ended[-1]


@asynccontextmanager
async def standing(*copies: Copy) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run candidates for the length of a block, stop them in order; yield their programs."""
    programs = [asyncio.create_task(copy.election.run(copy.lead)) for copy in copies]
    try:
        yield programs
    finally:
        for copy in copies:
            copy.stop()
        for program in programs:
            with contextlib.suppress(asyncio.CancelledError):
                await program


class LeaseSeen:
    """A Lease, read and edited by somebody with every right."""

    def __init__(self, admin: KubeClient, lease: Candidate) -> None:
        self._admin = admin
        self._lease = lease

    async def content(self) -> JsonObject | None:
        try:
            return await self._admin.get(LEASES, self._lease.name, self._lease.namespace)
        except ApiNotFound:
            return None

    async def record(self) -> Record:
        return Record.of(await self.content() or {})

    async def until_held_by(self, identity: str, *, timeout_seconds: float = 10.0) -> None:
        async def is_held() -> bool:
            return (await self.record()).holder == identity

        await eventually(is_held, timeout_seconds=timeout_seconds)

    async def until_renewed(self, *, times: int) -> None:
        """Wait until it was renewed so many times."""
        for _ in range(times):
            before = (await self.record()).renewed

            async def is_renewed(before: str = before) -> bool:
                return (await self.record()).renewed != before

            await eventually(is_renewed)

    async def create(self, content: JsonObject) -> JsonObject:
        return await self._admin.create(LEASES, content, field_manager=PERSON)

    async def patch(self, patch: JsonObject) -> JsonObject:
        return await self._admin.patch(
            LEASES, self._lease.name, self._lease.namespace, patch=patch, field_manager=PERSON
        )

    async def delete(self) -> None:
        content = await self.content()
        if content is not None:
            metadata = content["metadata"]
            with contextlib.suppress(ApiNotFound):
                await self._admin.delete(
                    LEASES, metadata["name"], metadata["namespace"], uid=metadata["uid"]
                )
