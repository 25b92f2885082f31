"""Two unsealers that both believe to lead, on the same objects of the real server.

An election makes this rare and short, never impossible: a process can be paused at any point. So
every write must be harmless by itself.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiConflict, ApiNotFound
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import SECRETS
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import misnamed, synced, values_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

GOOD = 30
BROKEN = 5
FOREIGN = 5
QUIET_SECONDS = 3.0


class _CountingClient(KubeClient):
    """A client that counts its writes in a namespace, Events aside, and knows the last one's time.

    Other namespaces may have what other tests left behind.
    """

    namespace = ""
    writes = 0
    wrote_at = 0.0

    async def create(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        self._count(arguments[0].kind, arguments[1]["metadata"]["namespace"])
        return await super().create(*arguments, **options)

    async def replace(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        self._count(arguments[0].kind, arguments[1]["metadata"]["namespace"])
        return await super().replace(*arguments, **options)

    async def patch(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        self._count(arguments[0].kind, arguments[2])
        return await super().patch(*arguments, **options)

    async def delete(self, *arguments: JsonValue, **options: JsonValue) -> None:
        self._count(arguments[0].kind, arguments[2])
        await super().delete(*arguments, **options)

    def _count(self, kind: str, namespace: str) -> None:
        if kind != "Event" and namespace == self.namespace:
            self.writes += 1
            self.wrote_at = asyncio.get_running_loop().time()


@pytest.fixture
async def leaders(
    plain_client: KubeClient, cluster: Cluster
) -> AsyncIterator[list[_CountingClient]]:
    """Return the clients of two running unsealers."""
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                _CountingClient(plain_client.connection, clock=plain_client.clock)
            )
            for _ in range(2)
        ]
        for client in clients:
            client.namespace = cluster.namespace
            await stack.enter_async_context(running(client))
        yield clients


async def _until_quiet(leaders: list[_CountingClient]) -> int:
    """Wait until nobody has written for a while; return how many writes there were."""
    clock = asyncio.get_running_loop().time

    def is_quiet() -> bool:
        return all(clock() - leader.wrote_at > QUIET_SECONDS for leader in leaders)

    await eventually(is_quiet, timeout_seconds=60)
    writes = sum(leader.writes for leader in leaders)
    for leader in leaders:
        leader.writes = 0
    return writes


async def _statuses(cluster: Cluster, names: list[str]) -> set[str]:
    return {synced(await cluster.sealed(name)).get("status", "") for name in names}


async def _values(cluster: Cluster, names: list[str]) -> dict[str, dict[str, str]]:
    return {name: values_of(await cluster.secret(name) or {}) for name in names}


async def test_two_who_lead_at_once_agree_and_fall_silent(
    cluster: Cluster,
    leaders: list[_CountingClient],
    key: SealingKey,
    tell: Callable[[str], None],
) -> None:
    namespace = cluster.namespace
    foreign = [f"foreign-{number}" for number in range(FOREIGN)]
    good = [f"good-{number}" for number in range(GOOD)]
    broken = [f"broken-{number}" for number in range(BROKEN)]
    for name in foreign:
        await cluster.create_secret(name, {"a": "foreign"})
    await _until_quiet(leaders)

    for name in (*foreign, *good):
        await cluster.create_sealed(key.seal(name, namespace, {"a": name}))
    for number in range(BROKEN):
        await cluster.create_sealed(misnamed(key.seal("other", namespace, {"a": "1"}), number))
    first_writes = await _until_quiet(leaders)

    assert await _values(cluster, good) == {name: {"a": name} for name in good}
    assert await _values(cluster, foreign) == {name: {"a": "foreign"} for name in foreign}
    assert await _statuses(cluster, good) == {"True"}
    assert await _statuses(cluster, [*broken, *foreign]) == {"False"}
    # each of the two tries each Secret once and tells each outcome once, or twice after a race
    assert first_writes <= 2 * (2 * GOOD + GOOD + BROKEN + FOREIGN)

    disturbances = await _disturb(cluster, key, good)
    later_writes = await _until_quiet(leaders)

    taken = good[20:]
    expected = {name: {"a": name} for name in good[:10]} | {
        name: {"a": "2"} for name in good[10:20]
    }
    assert await _values(cluster, good[:20]) == expected
    assert await _values(cluster, taken) == {name: {"a": "foreign"} for name in taken}
    assert await _statuses(cluster, good[:20]) == {"True"}
    assert await _statuses(cluster, taken) == {"False"}
    tell(f"two leaders at once: {first_writes} writes for {GOOD} good and 10 bad, then none;")
    tell(f"  {later_writes} after {disturbances} disturbances, then none")
    assert later_writes <= 2 * 3 * disturbances


async def _disturb(cluster: Cluster, key: SealingKey, good: list[str]) -> int:
    """Edit ten Secrets, seal ten anew, and let ten be taken; return how often that disturbed."""
    for name in good[:10]:
        await cluster.patch_secret(name, {"stringData": {"a": "edited"}})
    for name in good[10:20]:
        later = key.seal(name, cluster.namespace, {"a": "2"})
        await cluster.patch_sealed(name, {"spec": later["spec"]})
    return 20 + sum([await _replace_by_foreign(cluster, name) for name in good[20:]])


async def _replace_by_foreign(cluster: Cluster, name: str) -> int:
    """Put a foreign Secret in the place of ours, however often ours comes back in between.

    Every deletion disturbs: it is answered by a new Secret where the foreign one comes too late.
    """
    attempts = 0

    async def is_taken() -> bool:
        nonlocal attempts
        attempts += 1
        with suppress(ApiConflict, ApiNotFound):
            ours = await cluster.secret(name)
            if ours is not None:
                await cluster.delete(SECRETS, ours)
            await cluster.create_secret(name, {"a": "foreign"})
            return True
        return False

    await eventually(is_taken)
    return attempts
