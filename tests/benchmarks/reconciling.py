"""How soon commits, edits and changes of health are dealt with, by a reconciler that polls.

The reconciler is a process with the shipped rights, on the two cores that the server runs on too.
The references are of Flux (2026-08, source polled every second) and Argo CD 3.6 (refreshed at
once, as by a webhook) on a machine of two cores; they are recorded, and worth only their ratios.
"""

from __future__ import annotations

import asyncio
import random
import socket
import statistics
import tempfile
import time
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, SECRETS, SERVICES
from tests.benchmarks.building import build_settings
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import load
from tests.benchmarks.reconciler_world import Fleet, changes, make_fleet
from tests.support import cluster
from tests.support.polling import eventually
from tests.support.reconciling import PERSON, config_map, text
from tests.support.webhooks import SECRET, deliver, push_of, webhook_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.manifests.json_types import JsonObject

_APPLICATIONS: Final = 50
_ALL_CHANGED: Final = 20
_ONE_CHANGED: Final = 20
_EDITS: Final = 300
_IN_A_ROW: Final = 10
_HEALTH_CHANGES: Final = 20
_QUIET_SECONDS: Final = 2.2
_NEVER_SECONDS: Final = 3600.0
_FLUX: Final = "Flux, recorded"
_ARGO: Final = "Argo CD, recorded"
_FLUX_FIRST: Final = 2.5
_FLUX_LAST: Final = 8.9
_FLUX_ONE: Final = 6.6
_ARGO_ONE: Final = 0.38
_ARGO_REVERT: Final = 0.29
_ARGO_IN_A_ROW: Final = 53.5


def measure() -> list[Figure]:
    """Return the figures of a fleet of fifty Applications of one object."""
    with (
        tempfile.TemporaryDirectory(prefix="gitopskit-bench-") as folder,
        ControlPlane(ensure_binaries(build_settings()), clock=SystemClock()) as server,
    ):
        cluster.install_platform(server)
        return asyncio.run(_measure(server, Path(folder).resolve()))


async def _measure(server: ControlPlane, folder: Path) -> list[Figure]:
    async with await cluster.connect(server.kubeconfig_path) as admin:
        fleet = await make_fleet(server, admin, folder, name="many-small")
        names = [f"app-{number}" for number in range(_APPLICATIONS)]
        fleet.push(_files(names, "0"))
        await fleet.register(names)
        with fleet.reconciler():
            await fleet.until_synced()
            figures = await _all_changed(fleet, names)
            figures += await _one_changed(fleet, names)
            figures += await _reverts(fleet, names)
            figures += await _health(fleet)
        return [*figures, *await _by_webhook(fleet, names)]


def _files(names: list[str], value: str) -> dict[str, str]:
    """Return overlays of one ConfigMap each, with a value in it."""
    files = {}
    for name in names:
        files[f"apps/{name}/kustomization.yaml"] = "resources: [all.yaml]\n"
        files[f"apps/{name}/all.yaml"] = text(config_map(name, value=value))
    return files


def _holds(value: str) -> Callable[[JsonObject], bool]:
    return lambda item: (item.get("data") or {}).get("value") == value


async def _push(fleet: Fleet, names: list[str], value: str) -> list[float]:
    """Push a value at a random phase of the poll; return how long each took to arrive, sorted."""
    await asyncio.sleep(random.random())  # noqa: S311 -- a phase of the poll, not a secret
    waiting = asyncio.create_task(
        fleet.arrivals(CONFIG_MAPS, fleet.namespaces[0], set(names), _holds(value))
    )
    _, pushed = await asyncio.to_thread(fleet.push, _files(names, value))
    seen = await waiting
    return sorted(moment - pushed for moment in seen.values())


async def _all_changed(fleet: Fleet, names: list[str]) -> list[Figure]:
    begun = fleet.builds()
    rounds = [await _push(fleet, names, f"all-{number}") for number in range(_ALL_CHANGED)]
    builds = (fleet.builds() - begun) / _ALL_CHANGED
    what = f"{len(names)} applications changed, 1 s poll"
    first, last = ([times[at] for times in rounds] for at in (0, -1))
    return [
        _seconds(f"{what}: first, median of {_ALL_CHANGED}, {load()}", first, 1.5, _FLUX_FIRST),
        _seconds("  last", last, 2.5, _FLUX_LAST),
        Figure(name="  builds for each push", value=builds, unit=""),
    ]


async def _one_changed(fleet: Fleet, names: list[str]) -> list[Figure]:
    await _is_quiet(fleet)
    builds, writes = fleet.builds(), fleet.writes()
    others = names[_ONE_CHANGED:]
    elsewhere = fleet.writes_about(others)
    times = []
    for number in range(_ONE_CHANGED):
        times += await _push(fleet, [names[number % len(names)]], f"one-{number}")
    await _is_quiet(fleet)
    return [
        _seconds(
            f"one of {len(names)} changed: median of {_ONE_CHANGED}, {load()}",
            times,
            1.5,
            _FLUX_ONE,
        ),
        Figure(
            name="  builds for each push",
            value=(fleet.builds() - builds) / _ONE_CHANGED,
            unit="",
            aim="1",
        ),
        Figure(
            name="  writes for each push, status and event too",
            value=(fleet.writes() - writes) / _ONE_CHANGED,
            unit="",
        ),
        Figure(
            name=f"  writes about the {len(others)} that never changed",
            value=fleet.writes_about(others) - elsewhere,
            unit="",
            aim="0",
        ),
    ]


async def _by_webhook(fleet: Fleet, names: list[str]) -> list[Figure]:
    """Measure one change of one application that a forge tells of, without polls."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    await fleet.world.admin.create(SECRETS, webhook_secret(github=SECRET), field_manager="bench")
    times: list[float] = []
    listen = f"--listen=127.0.0.1:{port}"
    with fleet.reconciler(listen, poll_seconds=_NEVER_SECONDS) as running:
        await running.until_ready()
        await _is_quiet(fleet)
        for number in range(_ONE_CHANGED + 1):
            wanted, value = {names[number]}, f"told-{number}"
            waiting = asyncio.create_task(
                fleet.arrivals(CONFIG_MAPS, fleet.namespaces[0], wanted, _holds(value))
            )
            _, pushed = await asyncio.to_thread(fleet.push, _files([*wanted], value))
            await deliver(port, push_of(fleet.world.url))
            times += [moment - pushed for moment in (await waiting).values()]
    return [
        _seconds(
            f"one of {len(names)} changed, by webhook: median of {_ONE_CHANGED}",
            times[1:],
            0.35,
            _ARGO_ONE,
            name=_ARGO,
        )
    ]


async def _is_quiet(fleet: Fleet) -> None:
    """Wait until nothing was written for two polls."""
    held = [-1]
    while fleet.writes() not in held:
        held = [fleet.writes()]
        await asyncio.sleep(_QUIET_SECONDS)


async def _reverts(fleet: Fleet, names: list[str]) -> list[Figure]:
    seen: dict[str, list[tuple[str, float]]] = {}
    noting = asyncio.create_task(_note(fleet, seen))
    await eventually(lambda: len(seen) == len(names))
    times = [await _edit(fleet, names[at % len(names)], seen, at) for at in range(_EDITS)]
    row = [await _edit(fleet, names[0], seen, _EDITS + at) for at in range(_IN_A_ROW)]
    noting.cancel()
    slow = sorted(times)[int(len(times) * 0.99) - 1]
    what = f"edit -> reverted: median of {_EDITS}, {load()}"
    tenth = f"  the same object, {_IN_A_ROW}th time in a row"
    return [
        _seconds(what, times, 0.2, _ARGO_REVERT, name=_ARGO),
        _seconds("  99th percentile", [slow], 1.0),
        _seconds(tenth, row[-1:], 0.2, _ARGO_IN_A_ROW, name=_ARGO),
    ]


async def _note(fleet: Fleet, seen: dict[str, list[tuple[str, float]]]) -> None:
    """Note every value that the objects ever have, and when it was seen."""
    place = fleet.namespaces[0]
    async with aclosing(
        changes(fleet.world.admin, CONFIG_MAPS, place, "gitopskit.io/application")
    ) as items:
        async for item in items:
            value = str((item.get("data") or {}).get("value"))
            seen.setdefault(item["metadata"]["name"], []).append((value, time.perf_counter()))


async def _edit(
    fleet: Fleet, name: str, seen: dict[str, list[tuple[str, float]]], number: int
) -> float:
    """Return how long an edit of an object lasts, from the answer to it on."""
    notes = seen[name]
    known, wanted, edited = len(notes), notes[-1][0], f"edited-{number}"
    await fleet.world.admin.patch(
        CONFIG_MAPS,
        name,
        fleet.namespaces[0],
        patch={"data": {"value": edited}},
        field_manager=PERSON,
    )
    begun = time.perf_counter()
    await eventually(lambda: wanted in [value for value, _ in notes[known:]])
    return max(0.0, next(at for value, at in notes[known:] if value == wanted) - begun)


async def _health(fleet: Fleet) -> list[Figure]:
    """Measure from a changed status of a Service to the Application's health."""
    body: JsonObject = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "front"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    fleet.push({"apps/front/all.yaml": text(body)})
    await fleet.register(["front"])
    times = []
    health = "Progressing"
    for number in range(_HEALTH_CHANGES + 1):
        await fleet.arrivals(APPLICATIONS, "argocd", {"front"}, _has_health(health))
        health = "Progressing" if number % 2 else "Healthy"
        ingress = [] if number % 2 else [{"ip": "192.0.2.1"}]
        waiting = asyncio.create_task(
            fleet.arrivals(APPLICATIONS, "argocd", {"front"}, _has_health(health))
        )
        await fleet.world.admin.patch(
            SERVICES,
            "front",
            fleet.namespaces[0],
            patch={"status": {"loadBalancer": {"ingress": ingress}}},
            field_manager="balancer",
            subresource="status",
        )
        changed = time.perf_counter()
        times.append(max(0.0, (await waiting)["front"] - changed))
    return [
        _seconds(f"status changed -> health told: median of {_HEALTH_CHANGES}", times, 0.3),
        _seconds("  longest", [max(times)], 0.3),
    ]


def _has_health(wanted: str) -> Callable[[JsonObject], bool]:
    return lambda item: ((item.get("status") or {}).get("health") or {}).get("status") == wanted


def _seconds(
    what: str, times: list[float], aim: float, reference: float = 0.0, *, name: str = _FLUX
) -> Figure:
    return Figure(
        name=what,
        value=statistics.median(times),
        unit="s",
        reference=reference,
        reference_name=name if reference else "",
        aim=f"< {aim:g} s",
    )
