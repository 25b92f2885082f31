"""A fleet of Applications for measurements: a repository, namespaces, a reconciler as a process.

The reconciler has the shipped rights. Its kustomize is a script that counts how often it is run;
its writes are counted in the API server's audit log.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.kube.watch import Listed, watch_selection
from gitopskit.process import Command, find_program, start, stop
from gitopskit.reconciler.names import inventory_name
from tests.benchmarks.processes import children_cpu_seconds, cpu_seconds
from tests.support import cluster
from tests.support.audit import WRITES, Request, read_requests
from tests.support.gitrepo import SourceRepository
from tests.support.polling import eventually
from tests.support.reconciling import World

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Iterator
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject

PATIENCE_SECONDS: Final = 240.0
_ACCOUNT: Final = "system:serviceaccount:gitopskit-system:gitopskit-reconciler"
_SELECTED: Final = "gitopskit.io/application"
_NOT_OURS: Final = frozenset({"authorization.k8s.io", "coordination.k8s.io"})
"""Questions about rights are asked by a create, and a lease is renewed all the time."""


@dataclass
class Running:
    """A reconciler that runs, and when it was started."""

    pid: int
    begun: float
    log: Path
    log_begins: int

    async def until_ready(self) -> None:
        """Wait until it has seen everything and dealt with what was there."""
        await eventually(self._is_ready, timeout_seconds=PATIENCE_SECONDS)

    def _is_ready(self) -> bool:
        lines = self.log.read_bytes()[self.log_begins :].splitlines()
        return any(json.loads(it)["event"] == "ready" for it in lines if it.endswith(b"}"))

    def cpu_seconds(self) -> float:
        """Return what it and the programs that it started have used."""
        return cpu_seconds(self.pid) + children_cpu_seconds(self.pid)


@dataclass
class Fleet:
    """Namespaces, a project, a repository and Applications."""

    server: ControlPlane
    folder: Path
    world: World
    namespaces: tuple[str, ...]
    project: str
    applications: list[str] = field(default_factory=list)

    @property
    def repository(self) -> SourceRepository:
        """Return the repository that all of them follow."""
        return self.world.repository

    @property
    def _counter(self) -> Path:
        return self.folder / "builds"

    async def register(self, names: list[str], *, policy: JsonObject | None = None) -> None:
        """Make Applications, spread over the namespaces; each has the path ``apps/<name>``."""
        for number, name in enumerate(names):
            place = self.namespaces[number % len(self.namespaces)]
            await self.world.application(
                name, project=self.project, path=f"apps/{name}", namespace=place, policy=policy
            )
        self.applications += names

    def push(self, files: dict[str, str]) -> tuple[str, float]:
        """Commit some files on top of the others; return the commit and when it was there."""
        for path, content in files.items():
            blob = self.repository.git("hash-object", "-w", "--stdin", stdin=content.encode())
            self.repository.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        commit = self.repository.commit_index()
        return commit, time.perf_counter()

    def writes(self) -> int:
        """Return how many objects were written so far by the reconciler, or in its charge."""
        return sum(1 for _ in self._written())

    def writes_about(self, names: Collection[str]) -> int:
        """Return how many of those were about some Applications, or objects of their names."""
        inventories = {inventory_name(name, 0): name for name in names}
        about = [inventories.get(it.name, it.name.partition(".")[0]) for it in self._written()]
        return sum(name in names for name in about)

    def objects_written(self) -> int:
        """Return how many writes of objects of Applications there were so far."""
        return sum(bool(request.impersonated) for request in self._written())

    def _written(self) -> Iterator[Request]:
        for request in read_requests(self.server.audit_log_path):
            is_write = request.verb in WRITES and request.group not in _NOT_OURS
            if request.user == _ACCOUNT and is_write:
                yield request

    def requests(self) -> int:
        """Return how many requests were made so far in the name of an applier."""
        found = read_requests(self.server.audit_log_path)
        return sum(request.user == _ACCOUNT and bool(request.impersonated) for request in found)

    def builds(self) -> int:
        """Return how often kustomize was run so far."""
        return len(self._counter.read_text().splitlines()) if self._counter.exists() else 0

    @contextmanager
    def reconciler(self, *flags: str, poll_seconds: float = 1.0) -> Iterator[Running]:
        """Run the reconciler for the length of a block; its log is ``log`` in the folder."""
        kubeconfig = self.folder / "kubeconfig"
        kubeconfig.unlink(missing_ok=True)
        token = self.server.service_account_token("gitopskit-system", "gitopskit-reconciler")
        self.server.write_kubeconfig(kubeconfig, token=token)
        environment = {
            "PATH": f"{self._programs()}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "KUBECONFIG": str(kubeconfig),
        }
        argv = (
            *(sys.executable, "-m", "gitopskit", "reconciler", "run"),
            *("--allow-local-repositories", f"--poll-seconds={poll_seconds:g}"),
            f"--cache-dir={self.folder / 'cache'}",
            *flags,
        )
        log = self.folder / "log"
        log.touch()
        log_begins, begun = log.stat().st_size, time.perf_counter()
        process = start(Command(argv=argv, environment=environment), output=log)
        try:
            yield Running(process.pid, begun, log, log_begins)
        finally:
            stop(process)

    def _programs(self) -> Path:
        """Return a folder with a kustomize that counts."""
        folder = self.folder / "bin"
        kubectl = find_program("kubectl", path=cluster.program_path())
        script = f'#!/bin/sh\necho >>{self._counter}\nshift\nexec {kubectl} kustomize "$@"\n'
        folder.mkdir(exist_ok=True)
        program = folder / "kustomize"
        program.write_text(script)
        program.chmod(0o755)
        return folder

    async def until_synced(self, wanted: set[str] | None = None) -> None:
        """Wait until Applications are synced and healthy."""
        await self.arrivals(
            APPLICATIONS,
            "argocd",
            wanted if wanted is not None else set(self.applications),
            is_well,
        )

    async def arrivals(
        self,
        kind: ResourceType,
        namespace: str,
        wanted: set[str],
        is_there: Callable[[JsonObject], bool],
    ) -> dict[str, float]:
        """Return when each object of some names was first seen as it is to be."""
        seen: dict[str, float] = {}
        selector = "" if kind is APPLICATIONS else _SELECTED
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            aclosing(changes(self.world.admin, kind, namespace, selector)) as items,
        ):
            async for item in items:
                name = item["metadata"]["name"]
                if name in wanted and name not in seen and is_there(item):
                    seen[name] = time.perf_counter()
                    if len(seen) == len(wanted):
                        break
        return seen


def is_well(application: JsonObject) -> bool:
    """Tell whether an Application is synced and healthy."""
    status = application.get("status") or {}
    sync, health = status.get("sync") or {}, status.get("health") or {}
    return (sync.get("status"), health.get("status")) == ("Synced", "Healthy")


async def changes(
    api: KubeClient, kind: ResourceType, namespace: str, selector: str = ""
) -> AsyncGenerator[JsonObject]:
    """Yield objects as they are and as they become."""
    selection = Selection(namespace=namespace, label_selector=selector)
    async with aclosing(watch_selection(api, kind, selection)) as events:
        async for event in events:
            for item in event.items if isinstance(event, Listed) else (event.object,):
                yield item


async def make_fleet(
    server: ControlPlane, admin: KubeClient, folder: Path, *, name: str, namespaces: int = 1
) -> Fleet:
    """Return a fleet without Applications; the names in it begin with its own."""
    places = tuple(f"{name}-{number}" for number in range(namespaces))
    world = World(
        admin=admin,
        namespace=places[0],
        repository=SourceRepository.create(folder / "repository.git"),
        cache_dir=folder / "cache",
    )
    for place in places:
        cluster.create_namespace(server, place)
        await world.prepare_namespace(place)
    here = "https://kubernetes.default.svc"
    destinations = [{"server": here, "namespace": place} for place in places]
    await world.project(name, destinations=destinations)
    return Fleet(server=server, folder=folder, world=world, namespaces=places, project=name)
