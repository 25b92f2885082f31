"""Objects that no API server should send, and that must not end the controller."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from gitopskit.clock import SystemClock
from gitopskit.kube.client import KubeClient
from gitopskit.unsealer.loop import Unsealer
from gitopskit.unsealer.options import UnsealerOptions
from tests.support.fake_api import FakeApi, Reply
from tests.support.polling import eventually

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_WITHOUT_NAMESPACE: Final[JsonObject] = {"metadata": {"name": "odd", "resourceVersion": "1"}}
_LISTS_AND_WATCHES: Final = 6


async def test_an_object_that_is_not_understood_ends_no_watch() -> None:
    clock = SystemClock()
    listing = {"metadata": {"resourceVersion": "1"}, "items": [_WITHOUT_NAMESPACE]}
    async with FakeApi() as server, KubeClient(server.connection(clock), clock=clock) as api:
        server.reply(Reply(json=listing))
        controller = Unsealer(api, UnsealerOptions())
        program = asyncio.create_task(controller.run())

        await eventually(lambda: len(server.seen) >= _LISTS_AND_WATCHES or program.done())
        controller.stop()
        await program

    assert {"secrets", "sealedsecrets"} <= {seen.path.rpartition("/")[2] for seen in server.seen}
