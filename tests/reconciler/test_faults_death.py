"""A reconciler that is killed: its successor brings what Git says then, and no more."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS
from gitopskit.process import Command, start, stop
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

OBJECTS = 60
LEFT = 40
RETRIES = {"limit": -1, "backoff": {"duration": "1s", "factor": 1}}


@contextmanager
def _process(kubeconfig: Path, cache_dir: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command for the length of a block."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(log.parent),
        "KUBECONFIG": str(kubeconfig),
    }
    flags = ("--allow-local-repositories", "--cache-dir", str(cache_dir), "--poll-seconds", "0.5")
    argv = (sys.executable, "-m", "gitopskit", "reconciler", "run", *flags)
    process = start(Command(argv=argv, environment=environment), output=log)
    try:
        yield process
    finally:
        stop(process)


async def _there(world: World, name: str) -> dict[str, str]:
    selector = f"gitopskit.io/application={name}"
    listing = await world.admin.list(CONFIG_MAPS, world.namespace, label_selector=selector)
    return {it["metadata"]["name"]: it["data"]["at"] for it in listing.items}


def _files(name: str, count: int, at: str) -> dict[str, str | bytes]:
    objects = [config_map(f"{name}-{number}", at=at) for number in range(count)]
    return {"app/all.yaml": text(*objects)}


async def _is(world: World, name: str, expected: dict[str, str]) -> bool:
    return await _there(world, name) == expected


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seen", [1, 20, 45, OBJECTS])
async def test_one_that_is_killed_in_a_sync_leaves_nothing_that_its_successor_does_not_know(
    world: World,
    unique: str,
    seen: int,
    service_account_kubeconfig: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    kubeconfig = service_account_kubeconfig("gitopskit-reconciler", "gitopskit-system")
    await world.project(unique)
    world.repository.commit(_files(unique, OBJECTS, "1"))
    policy = {"automated": AUTOMATED, "retry": RETRIES}
    await world.application(unique, project=unique, policy=policy, finalizer=True)
    log = tmp_path / "reconciler.log"

    with _process(kubeconfig, world.cache_dir, log) as first:

        async def is_so_far() -> bool:
            return len(await _there(world, unique)) >= seen

        await eventually(is_so_far, timeout_seconds=40)
        first.kill()
        first.wait()
    commit = world.repository.commit(_files(unique, LEFT, "2"))
    expected = {f"{unique}-{number}": "2" for number in range(LEFT)}
    with _process(kubeconfig, world.cache_dir, log):
        await eventually(lambda: _is(world, unique, expected), timeout_seconds=40)
        await world.until_synced(unique, revision=commit)
        live = await world.admin.get(APPLICATIONS, unique, "argocd")
        await world.admin.delete(APPLICATIONS, unique, "argocd", uid=live["metadata"]["uid"])
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await _there(world, unique) == {}
