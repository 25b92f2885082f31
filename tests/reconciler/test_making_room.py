"""An object goes only when it is sure that the new one would be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiConflict
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.forcing import make_room
from tests.support.clock import FakeClock
from tests.support.desiring import observation, prepared
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.reconciler.desired import Desired

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\nimmutable: true\n"


@pytest.fixture
def wanted() -> Desired:
    (found,) = prepared(CONFIG).objects
    return found


@pytest.fixture
async def server() -> AsyncIterator[FakeApi]:
    async with FakeApi() as running:
        yield running


@pytest.fixture
async def api(server: FakeApi) -> AsyncIterator[KubeClient]:
    clock = FakeClock()
    async with KubeClient(server.connection(clock), clock=clock, timeout_seconds=5) as client:
        yield client


async def test_what_is_there_already_is_deleted(
    server: FakeApi, api: KubeClient, wanted: Desired
) -> None:
    server.reply(refusal(409, reason="AlreadyExists"), Reply(json={"kind": "Status"}))

    await make_room(api, CONFIG_MAPS, wanted, live=observation())

    assert [it.method for it in server.seen] == ["POST", "DELETE"]


async def test_a_conflict_of_admission_deletes_nothing(
    server: FakeApi, api: KubeClient, wanted: Desired
) -> None:
    """A webhook may refuse with 409 too; it has not found the new object good."""
    server.reply(refusal(409, reason="Conflict", message="not now"))

    with pytest.raises(ApiConflict):
        await make_room(api, CONFIG_MAPS, wanted, live=observation())

    assert "DELETE" not in [it.method for it in server.seen]
