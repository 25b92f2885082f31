"""The layout's registrations, not one letter changed, bring their applications to the cluster.

Reads ``../shared/design/layout-example`` and Argo CD's definitions from ``../shared/crds``; without
the folders the tests are skipped and say so. The address that the registrations name is nowhere to
be reached, so git itself is told where that repository lies.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import yaml

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import (
    APP_PROJECTS,
    APPLICATIONS,
    DEPLOYMENTS,
    NAMESPACES,
    SERVICES,
    ResourceType,
)
from gitopskit.process import find_program
from gitopskit.reconciler.loop import Controller, ReconcilerOptions
from gitopskit.reconciler.repositories import RepositoryOptions
from gitopskit.render.programs import find_programs
from gitopskit.repository.templates import templates_root
from tests.support.approving import approve_if_asked
from tests.support.cluster import kubectl, wait_established
from tests.support.gitrepo import SourceRepository
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

SHARED: Final = Path(__file__).parents[3] / "shared"
LAYOUT: Final = SHARED / "design/layout-example"
UPSTREAM: Final = SHARED / "crds/argo-cd"
ADDRESS: Final = "https://git.example.com/shop.git"
FILES: Final = {"application": APPLICATIONS, "appproject": APP_PROJECTS}
LONG_SECONDS: Final = 60
PREPARATION: Final = "platform-"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The registrations of one cluster of the layout, and who looks at what becomes of them."""

    admin: KubeClient
    contents: tuple[JsonObject, ...]

    def named(self, kind: ResourceType) -> list[str]:
        return [it["metadata"]["name"] for it in self.contents if it["kind"] == kind.kind]

    async def states(self) -> dict[str, tuple[str, str]]:
        found = {}
        for item in (await self.admin.list(APPLICATIONS, "argocd")).items:
            status = item.get("status") or {}
            sync, health = status.get("sync") or {}, status.get("health") or {}
            found[item["metadata"]["name"]] = (sync.get("status", ""), health.get("status", ""))
        return found

    async def until_well(self) -> None:
        wanted = self.named(APPLICATIONS)

        async def are_well() -> bool:
            states = await self.states()
            return all(states.get(name) == ("Synced", "Healthy") for name in wanted)

        try:
            await eventually(are_well, timeout_seconds=LONG_SECONDS)
        except TimeoutError as error:
            listing = await self.admin.list(APPLICATIONS, "argocd")
            raise AssertionError([it.get("status") for it in listing.items]) from error

    async def take_away(self, names: list[str]) -> None:
        """Delete Applications, approve what they ask, and wait until they are gone."""
        for name in names:
            live = await self.admin.get(APPLICATIONS, name, "argocd")
            await self.admin.delete(APPLICATIONS, name, "argocd", uid=live["metadata"]["uid"])

        async def are_gone() -> bool:
            for name in names:
                await approve_if_asked(self.admin, name)
            return not set(names) & (await self.states()).keys()

        await eventually(are_gone, timeout_seconds=LONG_SECONDS)


@pytest.fixture(params=["ours", "upstream"])
def definitions(platform: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    """Install one of the two definitions of registrations, and ours again."""
    if request.param == "upstream":
        if not UPSTREAM.is_dir():
            pytest.skip("../shared/crds is absent: Argo CD's definitions were not tried")
        _install(platform, [UPSTREAM / f"{name}-crd.yaml" for name in FILES])
    yield request.param
    folder = templates_root() / "platform/crds"
    _install(platform, [folder / f"{name}s.yaml" for name in FILES])


def _install(plane: ControlPlane, paths: list[Path]) -> None:
    """Put definitions in the place of those that are there."""
    files = [f"--filename={path}" for path in paths]
    kubectl(plane, "replace", *files)
    wait_established(plane, *files)


@pytest.fixture(params=["prod", "staging"])
async def layout(
    request: pytest.FixtureRequest,
    definitions: str,  # noqa: ARG001 -- the kinds are there before the objects are
    admin: KubeClient,
) -> AsyncIterator[Layout]:
    """Return a cluster's registrations, which are taken away afterwards whatever happened."""
    files = sorted(LAYOUT.glob(f"clusters/{request.param}/registrations/*.yaml"))
    if not files:
        pytest.skip("../shared/design is absent: the layout's registrations were not tried")
    texts = [file.read_text(encoding="utf-8") for file in files]
    contents = tuple(it for text in texts for it in yaml.safe_load_all(text))
    layout = Layout(admin=admin, contents=contents)
    yield layout
    for kind in (APPLICATIONS, APP_PROJECTS):
        for name in layout.named(kind):
            await _remove(admin, kind, name)


async def _remove(admin: KubeClient, kind: ResourceType, name: str) -> None:
    try:
        live = await admin.get(kind, name, "argocd")
    except ApiNotFound:
        return
    if live["metadata"].get("finalizers"):
        nothing = {"metadata": {"finalizers": None}}
        await admin.patch(kind, name, "argocd", patch=nothing, field_manager="tests")
    await admin.delete(kind, name, "argocd", uid=live["metadata"]["uid"])


def _path(folder: Path) -> str:
    """Return a PATH with a git that finds the layout's address in a folder of this machine."""
    repository = SourceRepository.create(folder / "shop.git")
    found = (path for path in LAYOUT.rglob("*") if path.is_file())
    repository.commit({str(path.relative_to(LAYOUT)): path.read_bytes() for path in found})
    git = find_program("git", path=os.environ["PATH"])
    setting = shlex.quote(f"url.file://{repository.folder}.insteadOf={ADDRESS}")
    program = folder / "bin" / "git"
    program.parent.mkdir()
    lines = ["#!/bin/sh", "export GIT_ALLOW_PROTOCOL=file", f'exec {git} -c {setting} "$@"', ""]
    program.write_text("\n".join(lines))
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


@asynccontextmanager
async def reconciling(api: KubeClient, folder: Path) -> AsyncIterator[None]:
    path = _path(folder)
    repositories = RepositoryOptions(
        cache_dir=folder / "cache",
        path=path,
        programs=find_programs(path, beside=Path(sys.executable)),
    )
    controller = Controller(api, ReconcilerOptions(repositories=repositories, poll_seconds=0.5))
    task = asyncio.create_task(controller.run())
    try:
        yield
    finally:
        controller.stop()
        await task


@pytest.mark.timeout(240)
async def test_registrations_become_synced_and_healthy_and_go_with_all_they_brought(
    layout: Layout,
    admin: KubeClient,
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
    tmp_path: Path,
) -> None:
    api = await service_account_client("gitopskit-reconciler", "gitopskit-system")
    names = layout.named(APPLICATIONS)
    platform = [name for name in names if name.startswith(PREPARATION)]
    places = {
        it["metadata"]["name"]: it["spec"]["destination"]["namespace"]
        for it in layout.contents
        if it["kind"] == "Application" and it["metadata"]["name"] not in platform
    }

    async with reconciling(api, tmp_path):
        for content in layout.contents:
            kind = APPLICATIONS if content["kind"] == "Application" else APP_PROJECTS
            await admin.apply(kind, content, field_manager="kubectl", force=True)
        await layout.until_well()
        running = {name: await _ready(admin, place) for name, place in places.items()}
        await layout.take_away([name for name in names if name not in platform])
        left = [await _count(admin, place) for place in places.values()]
        await layout.take_away(platform)

    assert all(running.values())
    assert left == [0] * len(places)
    for place in places.values():
        await _until_gone(admin, place)


async def _ready(admin: KubeClient, namespace: str) -> int:
    """Return how many Pods of Deployments are ready in a namespace."""
    items = (await admin.list(DEPLOYMENTS, namespace)).items
    return sum((it.get("status") or {}).get("readyReplicas", 0) for it in items)


async def _count(admin: KubeClient, namespace: str) -> int:
    return sum([len((await admin.list(it, namespace)).items) for it in (DEPLOYMENTS, SERVICES)])


async def _until_gone(admin: KubeClient, namespace: str) -> None:
    async def is_gone() -> bool:
        try:
            await admin.get(NAMESPACES, namespace)
        except ApiNotFound:
            return True
        return False

    await eventually(is_gone, timeout_seconds=LONG_SECONDS)
