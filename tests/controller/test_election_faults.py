"""What happens to a leader on the real API server when things go wrong around it."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from gitopskit.controller.lease import LeaseOptions
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import CONFIG_MAPS
from tests.support.clock import WrongClock
from tests.support.electing import QUICK, Copy, LeaseSeen, standing
from tests.support.walls import Wall, is_a_write_of_a_lease, is_for_a_lease

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.controller.lease_record import Candidate

YEAR = timedelta(days=365)


@pytest.mark.parametrize("fault", ["cut off", "not answered"])
async def test_a_leader_without_the_server_stops_before_another_takes_over(
    fault: str,
    admin: KubeClient,
    lease: Candidate,
    behind: KubeClient,
    proxy: Wall,
    tell: Callable[[str], None],
) -> None:
    seen = LeaseSeen(admin, lease)
    lonely, other = Copy(behind, lease), Copy(admin, lease)
    async with standing(lonely):
        await lonely.until_working()
        async with standing(other):
            await seen.until_renewed(times=1)

            lost = asyncio.get_running_loop().time()
            if fault == "cut off":
                proxy.died.set()
            else:
                proxy.swallows = is_for_a_lease
            taken = await other.until_working()
            proxy.died.clear()
            proxy.swallows = lambda _: False
            await seen.until_renewed(times=2)

            assert other.is_working
            assert not lonely.is_working

    ended_seconds, taken_seconds = lonely.ended[0] - lost, taken - lost
    tell(f"leader {fault}: stopped after {ended_seconds:.2f} s, next after {taken_seconds:.2f} s")
    assert ended_seconds < taken_seconds < 8.0


async def test_a_deleted_lease_is_written_again_by_its_holder(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    leader, follower = Copy(admin, lease, QUICK), Copy(admin, lease, QUICK)
    async with standing(leader):
        await leader.until_working()
        async with standing(follower):
            await seen.until_renewed(times=1)

            await seen.delete()
            await seen.until_held_by(leader.candidate.identity, timeout_seconds=1.0)
            await seen.until_renewed(times=4)

            assert leader.is_working
            assert len(leader.began) == 1
            assert follower.began == []


async def test_a_leader_gives_way_to_a_stranger_and_comes_back_when_that_falls_silent(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    copy = Copy(admin, lease, QUICK)
    async with standing(copy):
        await copy.until_working()

        written = asyncio.get_running_loop().time()
        await seen.patch({"spec": {"holderIdentity": "stranger", "leaseDurationSeconds": 1}})
        gave_way = await copy.until_idle()
        came_back = await copy.until_working()

    assert gave_way - written < 1.0
    assert came_back - written >= QUICK.duration_seconds


async def test_a_lease_that_makes_no_sense_is_waited_for_and_taken(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    body = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": lease.name, "namespace": lease.namespace, "labels": {"a": "b"}},
        "spec": {"holderIdentity": "nobody", "renewTime": "2126-01-01T00:00:00.000000Z"},
    }
    await seen.create(body)
    copy = Copy(admin, lease, QUICK)

    async with standing(copy):
        await copy.until_working()
        content = await seen.content()

    assert content is not None
    assert content["metadata"]["labels"] == {"a": "b"}
    assert content["spec"]["leaseTransitions"] == 1


@pytest.mark.parametrize("skew", [-YEAR, YEAR], ids=["behind", "ahead"])
async def test_clocks_that_are_wrong_by_years_move_no_lease(
    skew: timedelta, admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    wrong = KubeClient(admin.connection, clock=WrongClock(skew=skew))
    leader, follower = Copy(wrong, lease, QUICK), Copy(admin, lease, QUICK)
    async with standing(leader):
        await leader.until_working()
        async with standing(follower):
            await seen.until_renewed(times=5)

            assert leader.is_working
            assert follower.began == []


async def test_a_leader_outlasts_somebody_who_edits_the_lease_all_the_time(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    copy = Copy(admin, lease, QUICK)
    async with standing(copy):
        await copy.until_working()
        storm = asyncio.create_task(_edit_for_ever(seen))

        await seen.until_renewed(times=5)
        storm.cancel()
        await asyncio.wait({storm})

        assert copy.is_working
        assert len(copy.began) == 1


async def test_a_leader_whose_every_renewal_is_refused_stands_down_and_asks_seldom(
    lease: Candidate, proxy: Wall, behind: KubeClient
) -> None:
    copy = Copy(behind, lease, QUICK)
    async with standing(copy):
        began = await copy.until_working()

        proxy.conflicts = is_a_write_of_a_lease
        ended = await copy.until_idle()
        before = proxy.arrived
        proxy.conflicts = lambda _: False
        await copy.until_working()

    assert ended - began <= 2 * QUICK.deadline_seconds
    assert before < 60
    assert len(copy.began) == 2


async def test_renewals_never_wait_behind_the_controllers_own_requests(
    lease: Candidate, proxy: Wall, behind: KubeClient, seen: LeaseSeen
) -> None:
    proxy.swallows = lambda request: "/configmaps" in request.path
    stuck = [asyncio.create_task(behind.list(CONFIG_MAPS, lease.namespace)) for _ in range(40)]
    copy = Copy(behind, lease, QUICK)

    async with standing(copy):
        await copy.until_working(timeout_seconds=2.0)
        await seen.until_renewed(times=4)

        assert len(copy.began) == 1
        assert not any(task.done() for task in stuck)

    for task in stuck:
        task.cancel()
    await asyncio.wait(stuck)


async def test_a_stop_without_the_server_ends_in_time(
    lease: Candidate, proxy: Wall, behind: KubeClient
) -> None:
    copy = Copy(behind, lease)
    with capture_logs() as logs:
        async with standing(copy):
            await copy.until_working()
            proxy.swallows = is_for_a_lease
            stopped = asyncio.get_running_loop().time()

    assert asyncio.get_running_loop().time() - stopped < 2 * LeaseOptions().request_seconds
    assert logs[-1]["event"] == "lease_not_released"


async def _edit_for_ever(seen: LeaseSeen) -> None:
    for number in itertools.count():
        await seen.patch({"metadata": {"labels": {"edited": str(number)}}})
