"""What the real API server makes of a candidate's writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.lease_access import LeaseAccess
from gitopskit.controller.lease_record import Candidate, Record
from gitopskit.errors import ApiConflict, ApiNotFound
from tests.support.electing import LeaseSeen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

DURATION_SECONDS = 6


@pytest.fixture
async def seen(admin: KubeClient, namespace: str) -> AsyncIterator[LeaseSeen]:
    found = LeaseSeen(admin, Candidate(namespace, "shared", "nobody"))
    yield found
    await found.delete()


@pytest.fixture
def us(admin: KubeClient, namespace: str) -> LeaseAccess:
    return LeaseAccess(admin, Candidate(namespace, "shared", "us"))


@pytest.fixture
def them(admin: KubeClient, namespace: str) -> LeaseAccess:
    return LeaseAccess(admin, Candidate(namespace, "shared", "them"))


async def _taken(access: LeaseAccess, lease: JsonObject | None = None) -> JsonObject:
    last = Record.of(lease) if lease is not None else None
    return await access.take(lease, last=last, duration_seconds=DURATION_SECONDS)


async def _renewed(access: LeaseAccess, lease: JsonObject) -> JsonObject:
    return await access.renew(lease, last=Record.of(lease), duration_seconds=DURATION_SECONDS)


async def test_a_lease_is_made_renewed_left_and_taken_over(
    us: LeaseAccess, them: LeaseAccess, seen: LeaseSeen
) -> None:
    assert await us.live() is None

    lease = await _taken(us)
    made, renewed = Record.of(lease), Record.of(await _renewed(us, lease))
    await us.leave()
    left = await them.live()
    taken = Record.of(await _taken(them, left))

    assert renewed == made._replace(renewed=renewed.renewed)
    assert renewed.renewed > made.renewed
    assert (taken.holder, taken.transitions, taken.duration_seconds) == ("them", 1, 6)
    assert (await seen.record()) == taken


async def test_of_two_who_make_a_lease_one_succeeds(
    us: LeaseAccess, them: LeaseAccess, seen: LeaseSeen
) -> None:
    await _taken(us)

    with pytest.raises(ApiConflict):
        await _taken(them)

    assert (await seen.record()).holder == "us"


async def test_a_lease_that_changed_since_it_was_read_is_not_taken(
    us: LeaseAccess, them: LeaseAccess, seen: LeaseSeen
) -> None:
    read = await _taken(us)
    await _renewed(us, read)

    with pytest.raises(ApiConflict):
        await _taken(them, read)

    assert (await seen.record()).holder == "us"


async def test_nobody_renews_or_leaves_the_lease_of_another(
    us: LeaseAccess, them: LeaseAccess, seen: LeaseSeen
) -> None:
    before = await _taken(us)

    with pytest.raises(ApiConflict):
        await _renewed(them, {**before, "metadata": {**before["metadata"], "resourceVersion": "1"}})
    with pytest.raises(ApiConflict):
        await them.leave()

    assert await seen.content() == before


async def test_an_edit_of_the_metadata_stands_in_nobodys_way(
    us: LeaseAccess, seen: LeaseSeen
) -> None:
    lease = await _taken(us)
    await seen.patch({"metadata": {"labels": {"team": "web"}}})

    renewed = await _renewed(us, lease)

    assert renewed["metadata"]["labels"]["team"] == "web"


async def test_a_lease_that_is_gone_is_not_renewed_by_accident(
    us: LeaseAccess, seen: LeaseSeen
) -> None:
    lease = await _taken(us)
    await seen.delete()

    with pytest.raises(ApiNotFound):
        await _renewed(us, lease)
