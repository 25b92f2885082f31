"""An API server that fails once, or whose answer gets lost, while somebody waits for a sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.kube.tokens import fixed_token
from tests.support.asking import ask, until_answered, until_compared
from tests.support.fake_api import refusal
from tests.support.faulty_proxy import FaultyProxy, faulty_proxy, through
from tests.support.hooking import COMPLETE, JOBS, end, job
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, running, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.controlplane.server import ControlPlane
    from tests.support.fake_api import Reply
    from tests.support.faulty_proxy import Asked

BROKEN = refusal(500, reason="InternalError", message="etcdserver: request timed out")
RARELY_SECONDS = 600.0
"""No poll comes meanwhile."""

LAG_SECONDS = 0.5
"""A watch tells of a write when the answer has been lost already."""


class Once:
    """Tells of one call of a sort about what is named after the test, the first or a later one."""

    def __init__(self, call: str, name: str, *, number: int = 1, reply: Reply = BROKEN) -> None:
        self._reply = reply
        self._call = call
        self._name = name
        self._left = number

    @property
    def is_over(self) -> bool:
        return self._left <= 0

    def __call__(self, asked: Asked) -> bool:
        if asked.call == self._call and self._name in asked.name:
            self._left -= 1
            return self._left == 0
        return False

    async def fault(self, asked: Asked) -> Reply | None:
        return self._reply if self(asked) else None


@pytest.fixture
async def way(control_plane: ControlPlane) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(control_plane) as proxy:
        yield proxy


@pytest.fixture
async def client(
    world: World,  # noqa: ARG001 -- the account is there before its token is
    control_plane: ControlPlane,
    way: FaultyProxy,
) -> AsyncIterator[KubeClient]:
    """Return a client with the rights that are shipped, on a way that may break."""
    clock = SystemClock()
    token = control_plane.service_account_token("gitopskit-system", "gitopskit-reconciler")
    connection = through(way, fixed_token(token, clock=clock))
    async with KubeClient(connection, clock=clock) as found:
        yield found


async def register(world: World, name: str) -> None:
    """Register an Application that is synced on demand."""
    world.repository.commit({"app/all.yaml": text(config_map(name))})
    await world.project(name)
    await world.application(name, project=name, policy={})


@pytest.mark.parametrize("call", ["create configmaps", "patch applications"])
async def test_a_fault_that_passes_does_not_end_what_was_asked_for(
    world: World, client: KubeClient, way: FaultyProxy, unique: str, call: str
) -> None:
    await register(world, unique)

    async with running(client, world.cache_dir, poll_seconds=RARELY_SECONDS):
        await until_compared(world, unique)
        once = Once(call, unique)
        way.fault = once.fault
        await ask(world, unique)
        state = await until_answered(world, unique)

    assert once.is_over
    assert (state["phase"], state["operation"]["initiatedBy"]) == ("Succeeded", {"username": "ann"})
    assert [it["name"] for it in state["syncResult"]["resources"]] == [unique]
    assert await world.data(unique) == {}


async def test_what_was_made_anew_is_in_the_inventory_although_that_failed_once(
    world: World, client: KubeClient, way: FaultyProxy, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_listed() -> bool:
        live = await world.get(CONFIG_MAPS, unique)
        return (
            live is not None
            and live["metadata"]["uid"] == (await world.listed(unique))[unique]["uid"]
        )

    async with running(client, world.cache_dir, poll_seconds=RARELY_SECONDS):
        await world.until_synced(unique)
        way.fault = (once := Once("update configmaps", unique, number=2)).fault
        live = await world.admin.get(CONFIG_MAPS, unique, world.namespace)
        await world.admin.delete(CONFIG_MAPS, unique, world.namespace, uid=live["metadata"]["uid"])
        await eventually(lambda: once.is_over)
        await eventually(is_listed)


async def test_a_status_whose_answer_was_lost_is_known_as_ours(
    world: World, client: KubeClient, way: FaultyProxy, unique: str
) -> None:
    await register(world, unique)
    way.lag_seconds = LAG_SECONDS

    async with running(client, world.cache_dir, poll_seconds=RARELY_SECONDS) as controller:
        await until_compared(world, unique)
        way.loses = once = Once("patch applications", unique)
        await ask(world, unique, dryRun=True)
        told = await until_answered(world, unique)

        tracked = controller.registry.applications[unique]
        await eventually(lambda: "operation" not in tracked.content)
        is_disputed = tracked.is_disputed
        after = tracked.status["operationState"]

    assert once.is_over
    assert (is_disputed, after) == (False, told)
    assert told["message"] == "dry run: 1 objects would change"


async def test_an_object_that_could_not_be_read_once_is_told_no_longer_than_that(
    world: World, client: KubeClient, way: FaultyProxy, unique: str
) -> None:
    """Secrets are read by name at each poll."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": unique}}
    world.repository.commit({"app/all.yaml": text(secret)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with running(client, world.cache_dir):
        await world.until_synced(unique)
        way.fault = Once("get secrets", unique, reply=refusal(403, reason="Forbidden")).fault
        await world.until_condition(unique, "SyncError", unique)
        await eventually(lambda: is_well(world, unique))


async def test_a_hook_that_could_not_be_deleted_once_holds_nothing_up(
    world: World, client: KubeClient, way: FaultyProxy, unique: str
) -> None:
    contents = (job(unique, "PreSync"), config_map(unique, at="1"))
    world.repository.commit({"app/all.yaml": text(*contents)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with running(client, world.cache_dir):
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)
        way.fault = (once := Once("delete jobs", unique)).fault
        commit = world.repository.commit({"app/all.yaml": text(config_map(unique, at="2"))})
        await world.until_synced(unique, revision=commit)
        await eventually(lambda: is_well(world, unique))

    assert once.is_over
    assert await world.get(JOBS, unique) is None
    assert await world.data(unique) == {"at": "2"}


async def is_well(world: World, name: str) -> bool:
    phase = (await world.status(name))["operationState"]["phase"]
    return phase == "Succeeded" and await world.conditions(name) == {}
