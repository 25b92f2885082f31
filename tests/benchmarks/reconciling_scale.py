"""What much costs the reconciler: a large application, many applications, a crowded cluster.

The reconciler is a process with the shipped rights, on the two cores that the server runs on too.
The references are of Argo CD 3.6 without its validation, and of Flux, on a machine of two cores;
they are recorded, and worth only their ratios.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, SERVICES
from tests.benchmarks.building import build_settings
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import load, memory_mib
from tests.benchmarks.reconciler_world import Fleet, make_fleet
from tests.support import cluster
from tests.support.reconciling import PERSON, config_map, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_LARGE: Final = 1000
_MANY: Final = 500
_OBJECTS: Final = 4
_NAMESPACES: Final = 10
_FOREIGN: Final = 20_000
_AT_ONCE: Final = 16
_PUSHES: Final = 20
_SYNCS: Final = 5
_QUIET_SECONDS: Final = 2.0
_IDLE_SECONDS: Final = 65.0
"""Two polls at the default of thirty seconds."""

_ARGO: Final = "Argo CD, recorded"
_FLUX: Final = "Flux, recorded"
_ARGO_COLD: Final = 1000 / 4.8
_ARGO_NOTHING: Final = 1.3
_ARGO_ONE: Final = 3.1
_ARGO_MIB: Final = 285.0
_FLUX_MANY: Final = 120.0
_FLUX_MIB: Final = 183.0


def measure_large() -> list[Figure]:
    """Return the figures of one Application of a thousand objects."""
    return _on_a_server(_large)


def measure_many() -> list[Figure]:
    """Return the figures of five hundred Applications, and what they cost when nothing happens."""
    return _on_a_server(_many)


def measure_crowd() -> list[Figure]:
    """Return what twenty thousand objects of others cost."""
    return _on_a_server(_crowd)


def _on_a_server(
    measure: Callable[[ControlPlane, KubeClient, Path], Awaitable[list[Figure]]],
) -> list[Figure]:
    async def run(server: ControlPlane, folder: Path) -> list[Figure]:
        async with await cluster.connect(server.kubeconfig_path) as admin:
            return await measure(server, admin, folder)

    with (
        tempfile.TemporaryDirectory(prefix="gitopskit-bench-") as folder,
        ControlPlane(ensure_binaries(build_settings()), clock=SystemClock()) as server,
    ):
        cluster.install_platform(server)
        return asyncio.run(run(server, Path(folder).resolve()))


async def _large(server: ControlPlane, admin: KubeClient, folder: Path) -> list[Figure]:
    fleet = await make_fleet(server, admin, folder, name="large")
    objects = [config_map(f"c{number}", value="0") for number in range(_LARGE)]
    fleet.push({"apps/large/all.yaml": text(*objects)})
    with fleet.reconciler() as running:
        await _is_started(fleet)
        await fleet.register(["large"])
        begun = time.perf_counter()
        await fleet.until_synced()
        cold = time.perf_counter() - begun
        fleet.push({"README": "new"})
        one, writes = await _one_of_it(fleet, objects)
        nothing, idle_writes = await _asked(fleet)
        memory = memory_mib(running.pid, "VmHWM")
    restart, requests, rewritten = await _restarted(fleet)
    return [
        Figure(
            name=f"one application of {_LARGE} objects, cold, {load()}",
            value=_LARGE / cold,
            unit="obj/s",
            reference=_ARGO_COLD,
            reference_name=_ARGO,
            aim="> 250",
        ),
        Figure(
            name=f"  one of them changed, median of {_PUSHES}",
            value=one,
            unit="s",
            reference=_ARGO_ONE,
            reference_name=_ARGO,
            aim="< 1.5 s",
        ),
        Figure(name="  objects written for each push", value=writes, unit="", aim="1"),
        Figure(
            name=f"  synced again, nothing changed, median of {_SYNCS}",
            value=nothing,
            unit="s",
            reference=_ARGO_NOTHING,
            reference_name=_ARGO,
            aim="< 1 s",
        ),
        Figure(name="  objects written by all of them", value=idle_writes, unit="", aim="0"),
        Figure(name="  restart, one was edited meanwhile", value=restart, unit="s"),
        Figure(name="  requests about the objects by it", value=requests, unit="", aim="< 20"),
        Figure(name="  objects written by it", value=rewritten, unit="", aim="1"),
        Figure(
            name="  most memory, resident",
            value=memory,
            unit="MiB",
            reference=_ARGO_MIB,
            reference_name=_ARGO,
        ),
    ]


async def _is_started(fleet: Fleet) -> None:
    """Wait until the reconciler deals with what is registered: until it refuses an Application."""
    await fleet.register(["not-there"])
    waiting = {"not-there"}
    await fleet.arrivals(APPLICATIONS, "argocd", waiting, lambda item: bool(item.get("status")))
    fleet.applications.remove("not-there")


async def _one_of_it(fleet: Fleet, objects: list[JsonObject]) -> tuple[float, float]:
    """Return how long one change of many objects takes, and how many objects are written for it.

    Each change is pushed at a random phase of the poll.
    """
    name = f"c{_LARGE - 1}"
    await asyncio.sleep(_QUIET_SECONDS)
    before, times = fleet.objects_written(), []
    for number in range(_PUSHES):
        value = f"pushed-{number}"
        changed = [*objects[:-1], config_map(name, value=value)]
        files = {"apps/large/all.yaml": text(*changed)}
        await asyncio.sleep(random.random())  # noqa: S311 -- a phase of the poll, not a secret
        arriving = asyncio.create_task(
            fleet.arrivals(CONFIG_MAPS, fleet.namespaces[0], {name}, _holds(value))
        )
        _, pushed = await asyncio.to_thread(fleet.push, files)
        times.append((await arriving)[name] - pushed)
    await asyncio.sleep(_QUIET_SECONDS)
    return statistics.median(times), (fleet.objects_written() - before) / _PUSHES


def _holds(value: str) -> Callable[[JsonObject], bool]:
    return lambda item: (item.get("data") or {}).get("value") == value


async def _asked(fleet: Fleet) -> tuple[float, float]:
    """Return how long a sync that a person asks for takes where nothing changed, and its writes."""
    operation = {"sync": {"syncOptions": ["ApplyOutOfSyncOnly=true"]}}
    before, times = fleet.objects_written(), []
    for _ in range(_SYNCS):
        await fleet.world.admin.patch(
            APPLICATIONS, "large", "argocd", patch={"operation": operation}, field_manager="kubectl"
        )
        asked = time.perf_counter()
        done = await fleet.arrivals(
            APPLICATIONS, "argocd", {"large"}, lambda item: "operation" not in item
        )
        times.append(done["large"] - asked)
    await asyncio.sleep(_QUIET_SECONDS)
    return statistics.median(times), fleet.objects_written() - before


async def _restarted(fleet: Fleet) -> tuple[float, int, int]:
    """Return how long a restart takes to put right what was edited meanwhile, and what it costs.

    That is how many requests were made in the name of the applier, and how many objects written.
    """
    await fleet.world.admin.patch(
        CONFIG_MAPS, "c7", fleet.namespaces[0], patch={"data": {"value": "9"}}, field_manager=PERSON
    )
    before, requests = await _versions(fleet), fleet.requests()
    with fleet.reconciler() as running:
        seen = await fleet.arrivals(
            CONFIG_MAPS, fleet.namespaces[0], {"c7"}, lambda item: item["data"]["value"] == "0"
        )
        await asyncio.sleep(2)
    after = await _versions(fleet)
    written = sum(before[name] != after.get(name) for name in before)
    return seen["c7"] - running.begun, fleet.requests() - requests, written


async def _versions(fleet: Fleet) -> dict[str, str]:
    listing = await fleet.world.admin.list(
        CONFIG_MAPS, fleet.namespaces[0], label_selector="gitopskit.io/application"
    )
    return {it["metadata"]["name"]: it["metadata"]["resourceVersion"] for it in listing.items}


async def _many(server: ControlPlane, admin: KubeClient, folder: Path) -> list[Figure]:
    fleet = await make_fleet(server, admin, folder, name="many", namespaces=_NAMESPACES)
    names = [f"app-{number}" for number in range(_MANY)]
    fleet.push(_four_objects(names))
    await fleet.register(names)
    with fleet.reconciler(poll_seconds=30) as running:
        await fleet.until_synced()
        cold = time.perf_counter() - running.begun
        spent = running.cpu_seconds()
        most = memory_mib(running.pid, "VmHWM")
        await asyncio.sleep(5)
        before = running.cpu_seconds()
        await asyncio.sleep(_IDLE_SECONDS)
        idle = (running.cpu_seconds() - before) / _IDLE_SECONDS * 100
    what = f"{_MANY} applications of {_OBJECTS} objects, {load()}"
    return [
        Figure(
            name=f"{what}, from the start on",
            value=cold,
            unit="s",
            reference=_FLUX_MANY,
            reference_name=_FLUX,
            aim="< 25 s",
        ),
        Figure(name="  processor time of it", value=spent, unit="s"),
        Figure(name="  builds", value=fleet.builds(), unit=""),
        Figure(
            name="  most memory, resident",
            value=most,
            unit="MiB",
            reference=_FLUX_MIB,
            reference_name=_FLUX,
            aim="< 250 MB",
        ),
        Figure(name="  processor when idle, 30 s poll", value=idle, unit="%", aim="< 1 %"),
    ]


def _four_objects(names: list[str]) -> dict[str, str]:
    files = {}
    for name in names:
        listed = [f"o{number}.yaml" for number in range(_OBJECTS)]
        files[f"apps/{name}/kustomization.yaml"] = f"resources: [{', '.join(listed)}]\n"
        for number, file in enumerate(listed):
            files[f"apps/{name}/{file}"] = text(config_map(f"{name}-{number}", value="0"))
    return files


async def _crowd(server: ControlPlane, admin: KubeClient, folder: Path) -> list[Figure]:
    fleet = await make_fleet(server, admin, folder, name="crowd")
    names = [f"app-{number}" for number in range(10)]
    fleet.push({f"apps/{it}/all.yaml": text(config_map(it), _service(it)) for it in names})
    await fleet.register(names)
    first = await _memory(fleet)
    alone = await _memory(fleet)
    cluster.create_namespace(server, "foreign")
    await _create_foreign(admin)
    crowded = await _memory(fleet)
    return [
        Figure(name="10 applications, which are brought", value=first, unit="MiB"),
        Figure(name="  started again, alone", value=alone, unit="MiB"),
        Figure(
            name=f"  started again, beside {_FOREIGN} objects of others",
            value=crowded,
            unit="MiB",
            reference=alone,
            reference_name="alone",
            aim="no growth; Argo CD: 25 MB more",
        ),
    ]


def _service(name: str) -> JsonObject:
    """Return an object of a kind that has a health, so that all of the kind are watched."""
    spec = {"ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


async def _memory(fleet: Fleet) -> float:
    with fleet.reconciler() as running:
        await running.until_ready()
        await fleet.until_synced()
        await asyncio.sleep(5)
        return memory_mib(running.pid, "VmHWM")


async def _create_foreign(admin: KubeClient) -> None:
    numbers = iter(range(_FOREIGN))

    async def create_some() -> None:
        for number in numbers:
            name = f"f{number}"
            kind, body = (
                (CONFIG_MAPS, config_map(name, value="x" * 200))
                if number % 2
                else (SERVICES, _service(name))
            )
            body["metadata"]["namespace"] = "foreign"
            await admin.create(kind, body, field_manager="foreign")

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(create_some())
