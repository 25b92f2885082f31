"""An object goes only when it is sure that the new one would be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiConflict
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.forcing import make_room
from tests.support.desiring import observation, prepared
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.desired import Desired

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\nimmutable: true\n"


@pytest.fixture
def wanted() -> Desired:
    (found,) = prepared(CONFIG).objects
    return found


async def test_what_is_there_already_is_deleted(
    scripted: FakeApi, scripted_api: KubeClient, wanted: Desired
) -> None:
    scripted.reply(refusal(409, reason="AlreadyExists"), Reply(json={"kind": "Status"}))

    await make_room(scripted_api, CONFIG_MAPS, wanted, live=observation())

    assert [it.method for it in scripted.seen] == ["POST", "DELETE"]


async def test_a_conflict_of_admission_deletes_nothing(
    scripted: FakeApi, scripted_api: KubeClient, wanted: Desired
) -> None:
    """A webhook may refuse with 409 too; it has not found the new object good."""
    scripted.reply(refusal(409, reason="Conflict", message="not now"))

    with pytest.raises(ApiConflict):
        await make_room(scripted_api, CONFIG_MAPS, wanted, live=observation())

    assert "DELETE" not in [it.method for it in scripted.seen]
