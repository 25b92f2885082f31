"""How long the unsealer takes over many SealedSecrets: cold, with something new, after a restart.

The controller is a process with the shipped rights, on the two cores that the server runs on too.
The reference is the Bitnami controller (main, 2026-07) on a machine of two cores, without its
limits of requests; with its own limits it takes some ten minutes for the first row.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.kube.watch import Listed, watch_selection
from tests.benchmarks.building import build_settings
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import cpu_seconds, memory_mib, server_cpu_seconds
from tests.support import cluster
from tests.support.polling import eventually
from tests.support.replicas import replica
from tests.support.unsealer_cluster import Cluster
from tests.support.unsealing import SealingKey, synced, values_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from gitopskit.manifests.json_types import JsonObject

_SIZE_BITS: Final = 4096
_COUNTS: Final = (1000, 4000)
_DRIFTS: Final = 40
_FRESH: Final = 8
_AT_ONCE: Final = 16
_PATIENCE_SECONDS: Final = 240.0
_REFERENCE_SECONDS: Final = 18.6
_REFERENCE_MIB: Final = 54.0
_REFERENCE_NAME: Final = "Bitnami's at 1000, recorded"


def measure() -> list[Figure]:
    """Return the figures for one thousand and four thousand SealedSecrets."""
    with ControlPlane(ensure_binaries(build_settings()), clock=SystemClock()) as server:
        cluster.install_platform(server)
        return [figure for count in _COUNTS for figure in asyncio.run(_measure(server, count))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cold:
    """What is measured from a first start on."""

    seconds: float
    fresh: list[float]
    heals: list[float]
    cpu_seconds: float
    server_cpu_seconds: float
    memory_mib: float


async def _measure(server: ControlPlane, count: int) -> list[Figure]:
    namespace = f"unsealing-{count}"
    cluster.create_namespace(server, namespace)
    key = SealingKey.new(namespace, size_bits=_SIZE_BITS)
    async with await cluster.connect(server.kubeconfig_path) as admin:
        seen = Cluster(admin, namespace)
        held = await seen.create(SECRETS, key.secret())
        await _create_all(seen, key, count)
        cold = await _cold(server, seen, key, count)
        restart_seconds, memory_mib, written = await _restart(server, seen, count)
        await seen.delete(SECRETS, held)
    cluster.delete_namespace(server, namespace)
    return _figures(count, cold, restart_seconds, memory_mib, written)


def _figures(
    count: int, cold: _Cold, restart_seconds: float, memory_mib: float, written: int
) -> list[Figure]:
    name = f"{count} SealedSecrets of 2 items, RSA-{_SIZE_BITS}"
    return [
        Figure(
            name=f"{name}, cold",
            value=cold.seconds,
            unit="s",
            reference=_REFERENCE_SECONDS * count / 1000,
            reference_name=f"{_REFERENCE_NAME}, times {count // 1000}",
            aim=f"< {8 * count // 1000} s",
        ),
        Figure(name="  processor time of it", value=cold.cpu_seconds, unit="s"),
        Figure(
            name="  processor time of the server meanwhile",
            value=cold.server_cpu_seconds,
            unit="s",
        ),
        Figure(
            name=f"  a new one meanwhile, worst of {len(cold.fresh)}",
            value=max(cold.fresh) * 1000,
            unit="ms",
            aim="< 1000 ms",
        ),
        Figure(
            name="  most memory, resident",
            value=cold.memory_mib,
            unit="MiB",
            reference=_REFERENCE_MIB,
            reference_name=_REFERENCE_NAME,
            aim="< 150 MB",
        ),
        Figure(
            name=f"  edited Secret healed, median of {_DRIFTS}",
            value=statistics.median(cold.heals) * 1000,
            unit="ms",
            aim="< 500 ms",
        ),
        Figure(name="  restart, unchanged", value=restart_seconds, unit="s", aim="< 20 s"),
        Figure(name="  memory after it", value=memory_mib, unit="MiB", aim="< 150 MB"),
        Figure(name="  objects written by it", value=written, unit="", aim="0"),
    ]


async def _create_all(seen: Cluster, key: SealingKey, count: int) -> None:
    numbers = iter(range(count))

    async def create_some() -> None:
        for number in numbers:
            values = {"user": f"u{number}", "password": f"p{number}"}
            await seen.create_sealed(key.seal(f"s{number}", seen.namespace, values))

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(create_some())


async def _cold(server: ControlPlane, seen: Cluster, key: SealingKey, count: int) -> _Cold:
    before = server_cpu_seconds(server)
    with _unsealer(server) as (pid, begun):
        fresh = asyncio.create_task(_fresh_seconds(seen, key))
        await _until_synced(seen, count)
        seconds = time.perf_counter() - begun
        own_seconds = cpu_seconds(pid)
        server_seconds = server_cpu_seconds(server) - before
        heals = [await _heal_seconds(seen, number) for number in range(_DRIFTS)]
        return _Cold(
            seconds=seconds,
            fresh=await fresh,
            heals=heals,
            cpu_seconds=own_seconds,
            server_cpu_seconds=server_seconds,
            memory_mib=memory_mib(pid, "VmHWM"),
        )


async def _restart(server: ControlPlane, seen: Cluster, count: int) -> tuple[float, float, int]:
    """Return how long a restart takes, what it holds then, and how many objects it wrote.

    It is over when the last SealedSecret, which was changed while nothing ran, is up to date: by
    then all others have been looked at or need no look.
    """
    before = await seen.versions()
    last = f"s{count - 1}"
    await seen.patch_sealed(last, {"spec": {"template": {"metadata": {"labels": {"new": "1"}}}}})
    with _unsealer(server) as (pid, begun):
        await seen.until_generation(last, 2, timeout_seconds=_PATIENCE_SECONDS)
        seconds = time.perf_counter() - begun
        after = await seen.versions()
        resident_mib = memory_mib(pid, "VmRSS")
    changed = {name for name in before if before[name] != after.get(name)}
    return seconds, resident_mib, len({name for name in changed if name.partition("/")[2] != last})


@contextmanager
def _unsealer(server: ControlPlane) -> Iterator[tuple[int, float]]:
    """Run the controller for the length of a block; its process id, and when it was started."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        token = server.service_account_token("kube-system", "gitopskit-unsealer")
        server.write_kubeconfig(kubeconfig, token=token)
        begun = time.perf_counter()
        with replica(kubeconfig, Path(folder) / "log", "--key-renew-period", "0") as running:
            yield running.process.pid, begun


async def _changes(seen: Cluster) -> AsyncGenerator[JsonObject]:
    """Yield SealedSecrets of the first kind as they are and become; lists would be most of it."""
    selection = Selection(namespace=seen.namespace, label_selector="!fresh")
    async with aclosing(watch_selection(seen.admin, SEALED_SECRETS, selection)) as events:
        async for event in events:
            for item in event.items if isinstance(event, Listed) else (event.object,):
                yield item


async def _until_synced(seen: Cluster, count: int) -> None:
    done: set[str] = set()
    async with asyncio.timeout(_PATIENCE_SECONDS), aclosing(_changes(seen)) as items:
        async for item in items:
            if synced(item).get("status") == "True":
                done.add(item["metadata"]["name"])
            if len(done) == count:
                return


async def _fresh_seconds(seen: Cluster, key: SealingKey) -> list[float]:
    """Return how long it takes until something new is unsealed, while the others wait."""

    async def has_begun() -> bool:
        return synced(await seen.sealed("s0")).get("status") == "True"

    await eventually(has_begun, timeout_seconds=_PATIENCE_SECONDS)
    durations = []
    for number in range(_FRESH):
        content = key.seal(f"fresh-{number}", seen.namespace, {"a": "1"})
        content["metadata"]["labels"] = {"fresh": "yes"}
        await seen.create_sealed(content)
        begun = time.perf_counter()
        await seen.until_values(f"fresh-{number}", {"a": "1"}, timeout_seconds=_PATIENCE_SECONDS)
        durations.append(time.perf_counter() - begun)
    return durations


async def _heal_seconds(seen: Cluster, number: int) -> float:
    """Return how long one edit of a Secret lasts."""
    name = f"s{number}"
    begun = time.perf_counter()
    await seen.patch_secret(name, {"stringData": {"user": "edited"}})

    async def is_healed() -> bool:
        found = await seen.secret(name)
        return found is not None and values_of(found)["user"] == f"u{number}"

    await eventually(is_healed, timeout_seconds=_PATIENCE_SECONDS)
    return time.perf_counter() - begun
