"""An unsealer that dies after any of its writes loses nothing and overwrites nothing foreign.

A proxy before the API server cuts it off after its n-th write, for every n; from the server's side
that is a kill. Meanwhile Git moves on.

The other faults of the running unsealer stand beside this module: refusals and slowness
(test_faults_server.py), cut and outdated watches (test_faults_watches.py), a restarted API server
(test_faults_restart.py), tokens that end (test_faults_tokens.py), namespaces that go and come
(test_faults_namespaces.py), Secrets that are swapped between decision and write
(test_faults_swaps.py), wrong clocks (test_faults_clock.py), and a thousand broken SealedSecrets
among a thousand good ones (test_faults_crowds.py).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gitopskit.clock import SystemClock
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import SECRETS
from gitopskit.unsealer.loop import Unsealer
from gitopskit.unsealer.options import Field, UnsealerOptions
from tests.support.faulty_proxy import through, unsealers_tokens
from tests.support.many_sealed import Report, until_told
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.credentials import Connection
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.faulty_proxy import FaultyProxy
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

WRITES = 16
"""Five of Secrets (one is deleted and created), five of statuses (one was right), six Events."""

RECREATE = {"gitopskit.io/recreate-immutable": "true"}


class Round:
    """The objects of one death: what is there before, what Git says then, and what must be."""

    def __init__(self, cluster: Cluster, key: SealingKey, number: int) -> None:
        self._cluster = cluster
        self._key = key
        sorts = ("new", "moved", "lost", "fixed", "foreign", "broken")
        self._names = {sort: f"{sort}-{number}" for sort in sorts}

    @property
    def values(self) -> dict[str, str | None]:
        """Return what each Secret must hold in the end."""
        wanted = {"new": "1", "moved": "3", "lost": "1", "fixed": "2", "foreign": "foreign"}
        return {name: wanted.get(sort) for sort, name in self._names.items()}

    @property
    def told(self) -> dict[str, str]:
        """Return what each SealedSecret must tell in the end."""
        good = {"new", "moved", "lost", "fixed"}
        return {name: str(sort in good) for sort, name in self._names.items()}

    def sealed(self, sort: str, value: str) -> JsonObject:
        """Return a SealedSecret, which asks for an immutable Secret where that is its sort."""
        name, namespace = self._names[sort], self._cluster.namespace
        is_fixed = sort == "fixed" or None
        content = self._key.seal(name, namespace, {"a": value}, immutable=is_fixed)
        return {**content, "metadata": {**content["metadata"], "annotations": RECREATE}}

    async def prepare(self) -> dict[str, str]:
        """Create what is to be synced before the death; return what it is to tell."""
        await self._cluster.create_secret(self._names["foreign"], {"a": "foreign"})
        synced = ("moved", "lost", "fixed")
        for sort in synced:
            await self._cluster.create_sealed(self.sealed(sort, "1"))
        return {self._names[sort]: "True" for sort in synced}

    async def change(self) -> None:
        """Give the unsealer that is about to die something of every sort to do."""
        await self._seal_anew("moved", "2")
        await self._seal_anew("fixed", "2")
        await self._cluster.delete(SECRETS, await self._secret("lost"))
        broken = self.sealed("new", "1")
        broken["metadata"]["name"] = self._names["broken"]
        for content in (self.sealed("new", "1"), self.sealed("foreign", "sealed"), broken):
            await self._cluster.create_sealed(content)

    async def move_on(self) -> None:
        """Let Git say another thing while nobody is there to do it."""
        await self._seal_anew("moved", "3")

    async def _seal_anew(self, sort: str, value: str) -> None:
        later = self.sealed(sort, value)
        await self._cluster.patch_sealed(self._names[sort], {"spec": later["spec"]})

    async def _secret(self, sort: str) -> JsonObject:
        found = await self._cluster.secret(self._names[sort])
        assert found is not None
        return found


@asynccontextmanager
async def _living(connection: Connection, cluster: Cluster) -> AsyncIterator[None]:
    """Run an unsealer that nothing happens to."""
    watched = Field(namespaces=(cluster.namespace,))
    async with KubeClient(connection, clock=SystemClock()) as api, running(api, watched=watched):
        yield


async def _dying(
    proxy: FaultyProxy, connection: Connection, cluster: Cluster, told: Mapping[str, str]
) -> bool:
    """Run an unsealer until it is cut off, or has done everything; return whether it was."""

    async def is_over() -> bool:
        report = await Report.of(cluster)
        return proxy.died.is_set() or all(report.told(name) == told[name] for name in told)

    options = UnsealerOptions(workers=1, watched=Field(namespaces=(cluster.namespace,)))
    async with KubeClient(connection, clock=SystemClock()) as api:
        program = asyncio.create_task(Unsealer(api, options).run())
        await eventually(is_over, timeout_seconds=30)
        program.cancel()
        await asyncio.wait({program})
    return proxy.died.is_set()


def _versions(report: Report, *, without: int) -> dict[str, str]:
    """Return the version of every object but those of one round."""
    return {
        f"{kind}/{name}": item["metadata"]["resourceVersion"]
        for kind, items in (("Secret", report.secrets), ("SealedSecret", report.sealed))
        for name, item in items.items()
        if not name.endswith(f"-{without}")
    }


async def test_after_a_death_at_any_write_everything_is_as_git_says(
    cluster: Cluster,
    key: SealingKey,
    proxy: FaultyProxy,
    platform: ControlPlane,
    tell: Callable[[str], None],
) -> None:
    connection = through(proxy, unsealers_tokens(platform, SystemClock()))
    following, number, has_died = Round(cluster, key, 1), 0, True
    async with cluster.granting("delete"):
        async with _living(connection, cluster):
            await until_told(cluster, await following.prepare())
        while has_died:
            this, number = following, number + 1
            before = _versions(await Report.of(cluster), without=number)
            await this.change()

            proxy.arm(number)
            has_died = await _dying(proxy, connection, cluster, this.told)
            await this.move_on()
            proxy.arm(0)
            following = Round(cluster, key, number + 1)
            async with _living(connection, cluster):
                report = await until_told(cluster, this.told)
                await until_told(cluster, await following.prepare())

            assert {name: report.value(name) for name in this.values} == this.values
            foreign = report.secrets[f"foreign-{number}"]["metadata"]["managedFields"]
            assert {entry["manager"] for entry in foreign} == {"kubectl-edit"}
            assert _versions(report, without=number) == before
    tell(f"killed after each of {number - 1} writes: all as Git says, nothing written again")
    assert number > WRITES
