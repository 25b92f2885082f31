"""A webhook that reaches a replica which does not lead makes the leader look all the same."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.controller.http import Address
from gitopskit.controller.http_server import HttpServer
from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from gitopskit.reconciler.following import Following
from gitopskit.reconciler.names import PUSHES, SYSTEM_NAMESPACE
from gitopskit.reconciler.webhook_api import PATH, endpoint
from gitopskit.reconciler.webhooks import place_of
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text
from tests.support.replicas import Replica, leader_first, two_reconcilers
from tests.support.webhooks import SECRET, deliver, push_of, webhook_secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from gitopskit.kube.client import KubeClient

NEVER_SECONDS: Final = "3600"
"""Polls so seldom that what arrives came by webhook."""

URL: Final = "https://git.example.com/shop.git"
MANY: Final = 50


@pytest.fixture(autouse=True)
async def secret(admin: KubeClient) -> AsyncIterator[None]:
    await admin.create(SECRETS, webhook_secret(github=SECRET), field_manager="tests")
    yield
    for kind, name, namespace in (
        (SECRETS, "gitopskit-webhooks", "argocd"),
        (CONFIG_MAPS, PUSHES, SYSTEM_NAMESPACE),
    ):
        try:
            found = await admin.get(kind, name, namespace)
        except ApiNotFound:
            continue
        await admin.delete(kind, name, namespace, uid=found["metadata"]["uid"])


@asynccontextmanager
async def following(api: KubeClient) -> AsyncIterator[int]:
    """Run what a follower does, and yield its port once it knows the secret."""
    follower = Following(api)
    server = HttpServer(
        {PATH: endpoint(follower.answer, admit=follower.admit)},
        clock=api.clock,
        observe=lambda path, *, method, code, duration_seconds: None,  # noqa: ARG005 -- by name
    )
    task = asyncio.create_task(follower.run())
    try:
        async with server.listening(Address(host="127.0.0.1", port=0)) as port:
            await eventually(lambda: follower.admit("192.0.2.1") is None)
            yield port
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _recorded(admin: KubeClient) -> dict[str, str]:
    try:
        found = await admin.get(CONFIG_MAPS, PUSHES, SYSTEM_NAMESPACE)
    except ApiNotFound:
        return {}
    return found.get("data") or {}


async def _is_recorded(admin: KubeClient) -> bool:
    return bool(await _recorded(admin))


def _port(of: Replica) -> int:
    return next(int(line["port"]) for line in of.lines() if line["event"] == "listening")


@pytest.mark.timeout(120)
async def test_a_push_told_to_a_follower_is_applied_by_the_leader(
    world: World,
    unique: str,
    service_account_kubeconfig: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    kubeconfig = service_account_kubeconfig("gitopskit-reconciler", "gitopskit-system")
    world.repository.commit({"app/cm.yaml": text(config_map("settings", key="first"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    with two_reconcilers(kubeconfig, world.cache_dir, tmp_path, poll_seconds=NEVER_SECONDS) as both:
        _, other = await leader_first(*both)
        await world.until_synced(unique)
        for value in ("second", "third"):
            commit = world.repository.commit(
                {"app/cm.yaml": text(config_map("settings", key=value))}
            )

            async def is_taken() -> bool:
                return (await deliver(_port(other), push_of(world.url))).status == 202

            await eventually(is_taken)
            await world.until_synced(unique, revision=commit)

        assert not other.identity()
        assert other.has("pushes_passed_on")


async def test_a_follower_refuses_a_sender_who_is_not_proven(admin: KubeClient) -> None:
    async with following(admin) as port:
        refused = await deliver(port, push_of(URL), secret="another secret, as long")  # noqa: S106 -- made up
        taken = await deliver(port, push_of("https://git.example.com/other.git"))
        await eventually(lambda: _is_recorded(admin))

    assert (refused.status, taken.status) == (403, 202)
    assert place_of(URL) not in await _recorded(admin)


async def test_a_storm_of_deliveries_costs_few_writes(admin: KubeClient) -> None:
    async def is_again_recorded() -> bool:
        return int((await _recorded(admin)).get(str(place_of(URL)), "0")) > 1

    async with following(admin) as port:
        answers = [(await deliver(port, push_of(URL))).status for _ in range(MANY)]
        await eventually(is_again_recorded)

    writes = int((await _recorded(admin))[str(place_of(URL))])
    assert answers == [202] * MANY
    assert writes < MANY / 4


async def test_a_record_that_somebody_misshaped_is_mended(admin: KubeClient) -> None:
    odd = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": PUSHES, "namespace": SYSTEM_NAMESPACE},
        "data": {"odd": "x"},
    }
    await admin.create(CONFIG_MAPS, odd, field_manager="tests")

    async with following(admin) as port:
        await deliver(port, push_of(URL))

        async def is_recorded() -> bool:
            return str(place_of(URL)) in await _recorded(admin)

        await eventually(is_recorded)

    assert "odd" not in await _recorded(admin)


async def test_the_record_tells_no_address(admin: KubeClient) -> None:
    async with following(admin) as port:
        await deliver(port, push_of(URL))
        await eventually(lambda: _is_recorded(admin))

    assert "example" not in str(await _recorded(admin))
