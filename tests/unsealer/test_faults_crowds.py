"""A thousand broken SealedSecrets among a thousand good ones: the good ones never wait for them."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.unsealer.metric_list import PASSES
from gitopskit.unsealer.options import Field
from tests.support.many_sealed import create_all
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.unsealer.loop import Unsealer
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

CROWD = 1000
HEALED = 100
SHARE = 8
"""One look of so many goes to what can wait, while anything else waits; see controller/queue.py."""

WORKERS = 8
WATCHED_SECONDS = 2.0


class _NotingClient(KubeClient):
    """A client that notes when it asked for what, Events aside.

    ``times`` has the moments by name, for each verb and kind and the first word of the names.
    """

    times: defaultdict[tuple[str, str], dict[str, list[float]]]

    async def get(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        self._note("get", arguments[0], arguments[1])
        return await super().get(*arguments, **options)

    async def create(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        self._note("create", arguments[0], arguments[1]["metadata"]["name"])
        return await super().create(*arguments, **options)

    async def patch(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        self._note("patch", arguments[0], arguments[1])
        return await super().patch(*arguments, **options)

    def _note(self, verb: str, kind: ResourceType, name: str) -> None:
        found = self.times[f"{verb} {kind.kind}", name.partition("-")[0]]
        found.setdefault(name, []).append(asyncio.get_running_loop().time())


@asynccontextmanager
async def _running(
    client: KubeClient, namespace: str
) -> AsyncIterator[tuple[Unsealer, _NotingClient]]:
    """Run an unsealer of one namespace: in others may be what other tests left behind."""
    async with _NotingClient(client.connection, clock=client.clock) as api:
        api.times = defaultdict(dict)
        watched = Field(namespaces=(namespace,))
        async with running(api, workers=WORKERS, watched=watched) as unsealer:
            yield unsealer, api


def _failed_passes(unsealer: Unsealer) -> int:
    """Return how many looks at a SealedSecret found that it does not open."""
    return sum(
        int(sample.value)
        for family in text_string_to_metric_families(unsealer.metrics.text().decode())
        for sample in family.samples
        if sample.name == PASSES.name and sample.labels["outcome"] == "unseal_failed"
    )


async def _create_crowd(cluster: Cluster, key: SealingKey) -> None:
    """Create good and broken ones in turns; the values of the broken ones are for another name."""
    sealed = key.seal("another", cluster.namespace, {"a": "1"})

    async def create_broken(numbers: range) -> None:
        for number in numbers:
            metadata = {**sealed["metadata"], "name": f"broken-{number}"}
            await cluster.create_sealed({**sealed, "metadata": metadata})

    async with asyncio.TaskGroup() as group:
        for first in range(SHARE):
            group.create_task(create_broken(range(first, CROWD, SHARE)))
        await create_all(cluster, key, {f"good-{number}": "1" for number in range(CROWD)})


async def _delete_some(cluster: Cluster) -> None:
    for number in range(HEALED):
        secret = await cluster.secret(f"good-{number}")
        assert secret is not None
        await cluster.delete(SECRETS, secret)


async def _delete_all(cluster: Cluster) -> None:
    """Delete the crowd at once, so that nobody else works on what is left of it."""
    for kind in (SEALED_SECRETS, SECRETS):
        await cluster.admin.request("DELETE", kind.collection_path(cluster.namespace))


@pytest.mark.timeout(600)
async def test_a_thousand_broken_ones_delay_no_good_one(
    cluster: Cluster, plain_client: KubeClient, key: SealingKey, tell: Callable[[str], None]
) -> None:
    clock = asyncio.get_running_loop().time
    await _create_crowd(cluster, key)

    begun = clock()
    async with _running(plain_client, cluster.namespace) as (unsealer, api):
        good, broken = (api.times["patch SealedSecret", sort] for sort in ("good", "broken"))
        await eventually(lambda: len(good) == CROWD, timeout_seconds=240)
        good_seconds, looks = clock() - begun, _failed_passes(unsealer)
        await eventually(lambda: len(broken) == CROWD, timeout_seconds=240)
        all_told = clock()
        await eventually(lambda: clock() - all_told > WATCHED_SECONDS)
        again, ended = api.times["get SealedSecret", "broken"], clock()
    await _delete_some(cluster)
    async with _running(plain_client, cluster.namespace) as (unsealer, api):
        created = api.times["create Secret", "good"]
        await eventually(lambda: len(created) == HEALED, timeout_seconds=60)
        later_looks = _failed_passes(unsealer)
    await _delete_all(cluster)

    tell(f"{CROWD} good among {CROWD} broken: the good ones told after {good_seconds:.1f} s, with")
    tell(f"  {looks} looks at broken ones; {HEALED} healed after a restart, with {later_looks}")
    # a turn for each, one for what each status brought about, and one of so many for repetitions
    assert looks <= CROWD + 4 * CROWD / (SHARE - 1)
    # its share, and what was begun while the last good ones were under way
    assert later_looks < HEALED
    assert {len(times) for times in broken.values()} == {1}
    for name, times in again.items():
        assert len(times) <= 1 + math.log2(1 + 2 * (ended - broken[name][0]))
