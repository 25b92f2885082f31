"""A webhook brings a commit into the cluster without waiting for the next poll."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from statistics import median
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.controller.http import Address
from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import SECRETS
from gitopskit.reconciler.server import ReconcilerServer
from tests.support.polling import eventually
from tests.support.raw_http import ask
from tests.support.reconciling import World, config_map, running, text
from tests.support.webhooks import SECRET, deliver, push_of, webhook_secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.loop import Controller

NEVER_SECONDS: Final = 3600.0
"""Polls so seldom that what arrives came by webhook."""

PUSHES: Final = 10


@pytest.fixture
async def secret(admin: KubeClient) -> AsyncIterator[None]:
    made = await admin.create(SECRETS, webhook_secret(github=SECRET), field_manager="tests")
    yield
    try:
        await admin.delete(SECRETS, "gitopskit-webhooks", "argocd", uid=made["metadata"]["uid"])
    except ApiNotFound:
        return


@asynccontextmanager
async def listening(controller: Controller, api: KubeClient) -> AsyncIterator[int]:
    server = ReconcilerServer(
        endpoints=controller.webhooks.endpoints(),
        is_ready=lambda: controller.is_ready,
        metrics=controller.metrics,
        see=lambda: None,
        clock=api.clock,
        address=Address(host="127.0.0.1", port=0),
        metrics_address=Address(host="127.0.0.1", port=0),
    )
    async with server.serving() as ports:
        yield ports.api


async def _until_data(world: World, value: str) -> None:
    async def is_there() -> bool:
        return (await world.data("settings") or {}).get("key") == value

    await eventually(is_there)


@pytest.mark.usefixtures("secret")
async def test_a_push_arrives_by_webhook_at_once(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/cm.yaml": text(config_map("settings", key="first"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    seconds = []

    async with (
        running(reconciler_client, world.cache_dir, poll_seconds=NEVER_SECONDS) as controller,
        listening(controller, reconciler_client) as port,
    ):
        await world.until_synced(unique)
        assert (await ask(port, "GET", "/readyz")).status == 200
        for number in range(PUSHES):
            value = f"pushed-{number}"
            world.repository.commit({"app/cm.yaml": text(config_map("settings", key=value))})
            started = time.monotonic()
            assert (await deliver(port, push_of(world.url))).status == 202
            await _until_data(world, value)
            seconds.append(time.monotonic() - started)

    print(f"by webhook: median {median(seconds):.3f} s, most {max(seconds):.3f} s")  # noqa: T201 -- the figure is wanted
    assert median(seconds) < 0.35


async def test_without_the_secret_a_webhook_moves_nothing(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    first = world.repository.commit({"app/cm.yaml": text(config_map("others", key="first"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with (
        running(reconciler_client, world.cache_dir, poll_seconds=NEVER_SECONDS) as controller,
        listening(controller, reconciler_client) as port,
    ):
        await world.until_synced(unique)
        world.repository.commit({"app/cm.yaml": text(config_map("others", key="second"))})
        raw = await deliver(port, push_of(world.url))

    assert raw.status == 403
    await world.until_synced(unique, revision=first)
