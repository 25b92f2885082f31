"""A controller with an old and a new key, and an API server that says what a test tells it to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.client import KubeClient
from tests.support.clock import FakeClock
from tests.support.fake_controller import FakeController
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture
def fake() -> Iterator[FakeController]:
    with FakeController([sealing_pair(0), sealing_pair(1)]) as running:
        yield running


@pytest.fixture
async def api(fake: FakeController) -> AsyncIterator[KubeClient]:
    """A client of the API server in front of the controller."""
    clock = FakeClock()
    async with KubeClient(fake.connection(clock), clock=clock) as client:
        yield client
