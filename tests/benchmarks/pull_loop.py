"""How soon a commit is in the cluster, and how soon a manual edit is undone.

Both controllers run as processes with the shipped rights, polling every second; pushes come at
random phases of the poll. The reference is what the same change costs by hand in the same run:
one `kubectl apply --server-side` of one object.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from gitopskit.cli.settings import Settings, current
from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import BuildSettings, ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.client import KubeClient
from gitopskit.kube.credentials import load_connection
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.manifests.edit import set_value
from gitopskit.workflows import demo_repository
from gitopskit.workflows.demo_cluster import Demonstration
from gitopskit.workflows.demo_controllers import controllers, running, write_kubeconfigs
from gitopskit.workflows.demo_repository import NAMESPACE, DemoRepository
from tests.benchmarks.figures import Figure, median_ms

_ROUNDS: Final = 20
_POLL_SECONDS: Final = 0.01
_TIMEOUT_SECONDS: Final = 30.0


def measure() -> list[Figure]:
    """Return the two medians, and the reference, on a control plane of their own."""
    clock = SystemClock()
    settings = current()
    build = BuildSettings(
        cache_dir=settings.cache_dir,
        path=settings.program_path,
        kubebuilder_assets=settings.kubebuilder_assets,
        go_environment=settings.go_environment,
        clock=clock,
        progress=print,
    )
    binaries = ensure_binaries(build)
    with (
        tempfile.TemporaryDirectory(prefix="gitopskit-bench-") as name,
        ControlPlane(binaries, clock=clock) as plane,
    ):
        return asyncio.run(_measure(Path(name).resolve(), plane, settings))


async def _measure(folder: Path, plane: ControlPlane, settings: Settings) -> list[Figure]:
    clock = SystemClock()
    tree = demo_repository.scaffold(folder, path=settings.program_path)
    made = demo_repository.seal(tree, now=clock.now_utc())
    tree.commit_and_push("Begin")
    connection = await load_connection(
        kubeconfig=str(plane.kubeconfig_path), environment={}, clock=clock
    )
    async with KubeClient(connection, clock=clock) as api:
        show = Demonstration(api, made)
        await show.install()
        wanted = controllers(folder / "cache")
        kubeconfigs = await write_kubeconfigs(
            api, wanted, folder=folder, write=lambda p, t: plane.write_kubeconfig(p, token=t)
        )
        with running(wanted, folder=folder, kubeconfigs=kubeconfigs, path=settings.program_path):
            await show.settles()
            by_hand = [_apply_by_hand(folder, plane) for _ in range(5)]
            commits = [await _commit(api, made, number) for number in range(_ROUNDS)]
            edits = [await show.edit_is_reverted() for _ in range(_ROUNDS)]
    reference = median_ms(by_hand)
    return [
        Figure(
            name=f"{what}, median of {_ROUNDS}",
            value=median_ms(seconds),
            unit="ms",
            reference=reference,
            reference_name="kubectl apply of one object",
            aim=aim,
        )
        for what, seconds, aim in (
            ("commit pushed -> applied, 1 s poll", commits, "< 1500 ms"),
            ("manual edit -> reverted", edits, "< 500 ms"),
        )
    ]


async def _commit(api: KubeClient, made: DemoRepository, number: int) -> float:
    await asyncio.sleep(random.random())  # noqa: S311 -- a phase of the poll, not a secret
    wanted = f"level-{number}"
    kustomization = made.overlay / "kustomization.yaml"
    pointer = ("configMapGenerator", 0, "literals", 1)
    text = kustomization.read_text()
    kustomization.write_text(
        set_value(text, document=0, pointer=pointer, value=f"LOG_LEVEL={wanted}")
    )
    made.tree.commit_and_push(f"Change {number}")
    pushed = time.perf_counter()
    while time.perf_counter() - pushed < _TIMEOUT_SECONDS:
        items = (await api.list(CONFIG_MAPS, NAMESPACE)).items
        if any((item.get("data") or {}).get("LOG_LEVEL") == wanted for item in items):
            return time.perf_counter() - pushed
        await asyncio.sleep(_POLL_SECONDS)
    raise TimeoutError("the commit did not arrive")


def _apply_by_hand(folder: Path, plane: ControlPlane) -> float:
    manifest = folder / "by-hand.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: by-hand, namespace: default}\n"
        f"data: {{at: '{time.time()}'}}\n"
    )
    started = time.perf_counter()
    subprocess.run(
        [
            Path(sys.executable).parent / "kubectl",
            "apply",
            "--server-side",
            f"--filename={manifest}",
        ],
        check=True,
        capture_output=True,
        env={"KUBECONFIG": str(plane.kubeconfig_path), "PATH": os.defpath, "HOME": str(folder)},
    )
    return time.perf_counter() - started
