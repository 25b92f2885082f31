"""An API server that dies in the middle of a sync and comes back: nothing is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.kube.resources import CONFIG_MAPS
from tests.support.cluster import connect, create_namespace, install_platform
from tests.support.gitrepo import SourceRepository
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, running, text
from tests.support.restartable_plane import RestartablePlane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient

OBJECTS = 80
KILLED_AFTER = 15
LEFT = 40


@pytest.fixture(scope="module")
def plane(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, this cannot either
    build_settings: BuildSettings,
) -> Iterator[RestartablePlane]:
    """Return a control plane of this module's own with the shipped rights."""
    with RestartablePlane(ensure_binaries(build_settings), clock=SystemClock()) as plane:
        install_platform(plane)
        create_namespace(plane, "shop")
        yield plane


@pytest.fixture
async def shop(plane: RestartablePlane, tmp_path: Path) -> AsyncIterator[World]:
    async with await connect(plane.kubeconfig_path) as admin:
        world = World(
            admin=admin,
            namespace="shop",
            repository=SourceRepository.create(tmp_path / "shop.git"),
            cache_dir=tmp_path / "cache",
        )
        await world.prepare_namespace("shop")
        yield world


@pytest.fixture
async def in_pod(plane: RestartablePlane, tmp_path: Path) -> AsyncIterator[KubeClient]:
    """Return a client with the rights that are shipped for the reconciler."""
    path = tmp_path / "reconciler.kubeconfig"
    token = plane.service_account_token("gitopskit-system", "gitopskit-reconciler")
    plane.write_kubeconfig(path, token=token)
    async with await connect(path) as client:
        yield client


def _all(count: int, at: str) -> dict[str, str | bytes]:
    return {"app/all.yaml": text(*(config_map(f"many-{number}", at=at) for number in range(count)))}


async def _there(world: World) -> dict[str, str]:
    """Return what an administrator sees of the Application's objects."""
    listing = await world.admin.list(
        CONFIG_MAPS, "shop", label_selector="gitopskit.io/application=many"
    )
    return {it["metadata"]["name"]: it["data"]["at"] for it in listing.items}


@pytest.mark.timeout(180)
async def test_a_server_that_dies_in_the_middle_of_a_sync_finds_everything_as_git_says(
    plane: RestartablePlane, shop: World, in_pod: KubeClient, tell: Callable[[str], None]
) -> None:
    shop.repository.commit(_all(OBJECTS, "1"))
    await shop.project("many")
    # nobody collects what depends on a deleted object in this control plane
    policy = {"automated": AUTOMATED, "syncOptions": ["PrunePropagationPolicy=background"]}
    await shop.application("many", project="many", policy=policy)

    async def is_under_way() -> bool:
        return len(await _there(shop)) >= KILLED_AFTER

    async with running(in_pod, shop.cache_dir):
        await eventually(is_under_way)
        plane.kill_server()
        commit = shop.repository.commit(_all(LEFT, "2"))
        await asyncio.to_thread(plane.start_server)
        back = asyncio.get_running_loop().time()

        await shop.until_synced("many", revision=commit)
        done = asyncio.get_running_loop().time()
        await eventually(lambda: _is(shop, {f"many-{number}": "2" for number in range(LEFT)}))
        await shop.edit(CONFIG_MAPS, "many-0", {"data": {"at": "edited"}})
        await eventually(lambda: _is(shop, {f"many-{number}": "2" for number in range(LEFT)}))

    tell(
        f"API server killed in a sync of {OBJECTS} objects:"
        f" all as Git says {done - back:.1f} s after it is back"
    )


async def _is(world: World, expected: dict[str, str]) -> bool:
    return await _there(world) == expected
