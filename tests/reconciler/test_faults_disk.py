"""A full disk: it is told, what is in the cluster stays, and it goes on when there is room."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.process import Command, start, stop
from tests.support.bitnami import UNSHARE, can_run_as_in_a_pod
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE = "2m"
TOO_MUCH_BYTES = 8_000_000


@pytest.mark.timeout(120)
async def test_a_full_cache_is_told_and_costs_nothing_in_the_cluster(
    world: World,
    unique: str,
    service_account_kubeconfig: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    if not can_run_as_in_a_pod():
        pytest.skip("no small disk: a program cannot have mounts of its own here")
    kubeconfig = service_account_kubeconfig("gitopskit-reconciler", "gitopskit-system")
    world.cache_dir.mkdir()
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    flags = ("--allow-local-repositories", "--cache-dir", str(world.cache_dir))
    run = (sys.executable, "-m", "gitopskit", "reconciler", "run", *flags, "--poll-seconds", "0.5")
    mount = f"mount -t tmpfs -o size={SIZE} tmpfs {shlex.quote(str(world.cache_dir))}"
    argv = (*UNSHARE, "sh", "-c", f'{mount} && exec "$@"', "sh", *run)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig)}
    process = start(Command(argv=argv, environment=environment), output=tmp_path / "log")
    try:
        await world.until_synced(unique)
        large = {"large.bin": os.urandom(TOO_MUCH_BYTES)}
        blue = {"app/all.yaml": text(config_map(unique, color="blue"))}
        world.repository.commit({**blue, **large})
        message = await world.until_condition(unique, "ComparisonError")
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "edited"}})
        await eventually(lambda: _is(world, unique, {"color": "red"}))
        commit = world.repository.commit(blue)
        await world.until_synced(unique, revision=commit)
    finally:
        stop(process)

    assert message.startswith("the disk of the cache is full")
    assert await world.data(unique) == {"color": "blue"}


async def _is(world: World, name: str, expected: dict[str, str]) -> bool:
    return await world.data(name) == expected
