"""Who renews a Lease, as others see it on the real server."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.lease_access import LeaseAccess
from gitopskit.controller.lease_holder import renewing_holder
from gitopskit.controller.lease_record import Candidate
from tests.support.electing import QUICK, Copy, LeaseSeen
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from gitopskit.kube.client import KubeClient

NAME = "watched"


@pytest.fixture
async def seen(admin: KubeClient, namespace: str) -> AsyncIterator[LeaseSeen]:
    found = LeaseSeen(admin, Candidate(namespace, NAME, "nobody"))
    yield found
    await found.delete()


@asynccontextmanager
async def leading(admin: KubeClient, namespace: str) -> AsyncIterator[Copy]:
    copy = Copy(admin, Candidate(namespace, NAME, "us"), QUICK)
    task = asyncio.create_task(copy.election.run(copy.lead))
    try:
        await eventually(lambda: copy.is_working)
        yield copy
    finally:
        copy.may_end.set()
        copy.election.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.usefixtures("seen")
async def test_a_holder_that_renews_is_named_and_one_that_left_is_not(
    admin: KubeClient, namespace: str
) -> None:
    assert await renewing_holder(admin, NAME, namespace) == ""

    async with leading(admin, namespace) as copy:
        assert await renewing_holder(admin, NAME, namespace) == copy.candidate.identity

    assert await renewing_holder(admin, NAME, namespace) == ""


@pytest.mark.usefixtures("seen")
async def test_a_holder_that_fell_silent_holds_nothing(admin: KubeClient, namespace: str) -> None:
    dead = LeaseAccess(admin, Candidate(namespace, NAME, "dead"))
    await dead.take(None, last=None, duration_seconds=1)

    assert await renewing_holder(admin, NAME, namespace) == ""


@pytest.mark.usefixtures("seen")
async def test_a_lease_that_may_not_be_read_is_in_nobodys_way(
    admin: KubeClient,
    namespace: str,
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
) -> None:
    stranger = await service_account_client("default", namespace)

    async with leading(admin, namespace):
        assert await renewing_holder(stranger, NAME, namespace) == ""
