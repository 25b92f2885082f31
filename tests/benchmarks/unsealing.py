"""How long the unsealer takes over many SealedSecrets: cold, and after a restart.

The controller is a process with the shipped rights, on the two cores that the server runs on too.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.cli import settings
from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import BuildSettings, ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.kube.watch import Listed, watch
from gitopskit.process import Command, start, stop
from tests.benchmarks.figures import Figure
from tests.support import cluster
from tests.support.polling import eventually
from tests.support.unsealer_cluster import Cluster
from tests.support.unsealing import SealingKey, synced, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEALED_SECRETS: Final = 200
_DRIFTS: Final = 20
_PATIENCE_SECONDS: Final = 120.0


def measure() -> list[Figure]:
    """Return the figures for sealing keys of 2048 and 4096 bits."""
    found = settings.current()
    build = BuildSettings(
        cache_dir=found.cache_dir,
        path=found.path,
        kubebuilder_assets=found.kubebuilder_assets,
        go_environment=found.go_environment,
        clock=SystemClock(),
        progress=lambda line: print(line, file=sys.stderr),  # noqa: T201 -- for who waits
    )
    with ControlPlane(ensure_binaries(build), clock=SystemClock()) as server:
        cluster.install_platform(server)
        return [
            figure
            for size_bits in (2048, 4096)
            for figure in asyncio.run(_measure(server, size_bits))
        ]


async def _measure(server: ControlPlane, size_bits: int) -> list[Figure]:
    namespace = f"unsealing-{size_bits}"
    cluster.create_namespace(server, namespace)
    key = SealingKey.new(namespace, size_bits=size_bits)
    async with await cluster.connect(server.kubeconfig_path) as admin:
        seen = Cluster(admin, namespace)
        await seen.create(SECRETS, key.secret())
        for number in range(_SEALED_SECRETS):
            values = {"user": f"u{number}", "password": f"p{number}"}
            await seen.create_sealed(key.seal(f"s{number}", namespace, values))
        with _unsealer(server) as process:
            cold = await _seconds_until_synced(seen)
            heals = [await _heal_seconds(seen, number) for number in range(_DRIFTS)]
            memory_mib = _resident_mib(process)
    name = f"RSA-{size_bits}"
    return [
        Figure(
            name=f"{_SEALED_SECRETS} SealedSecrets of 2 items, {name}, cold start",
            value=cold,
            unit="s",
        ),
        Figure(
            name=f"edited Secret healed, {name}, median of {_DRIFTS}",
            value=statistics.median(heals) * 1000,
            unit="ms",
            aim="< 500 ms",
        ),
        Figure(name=f"unsealer's memory, {name}", value=memory_mib, unit="MiB"),
    ]


@contextmanager
def _unsealer(server: ControlPlane) -> Iterator[int]:
    """Run the controller for the length of a block; its process id is the value."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        token = server.service_account_token("kube-system", "gitopskit-unsealer")
        server.write_kubeconfig(kubeconfig, token=token)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "KUBECONFIG": str(kubeconfig)}
        command = Command(
            argv=(sys.executable, "-m", "gitopskit", "unsealer", "run"), environment=environment
        )
        process = start(command, output=Path(folder) / "log")
        try:
            yield process.pid
        finally:
            stop(process)


async def _seconds_until_synced(seen: Cluster) -> float:
    """Return how long it takes; watched, because polling lists would be most of the work."""
    begun = time.perf_counter()
    done: set[str] = set()
    async with (
        asyncio.timeout(_PATIENCE_SECONDS),
        aclosing(watch(seen.admin, SEALED_SECRETS, namespace=seen.namespace)) as events,
    ):
        async for event in events:
            items = event.items if isinstance(event, Listed) else (event.object,)
            done |= {
                item["metadata"]["name"] for item in items if synced(item).get("status") == "True"
            }
            if len(done) == _SEALED_SECRETS:
                break
    return time.perf_counter() - begun


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


def _resident_mib(pid: int) -> float:
    """Return a process's resident memory; Linux only, 0 elsewhere."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
