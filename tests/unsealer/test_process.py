"""The unsealer as a process: ready, killed, started again, stopped in order."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gitopskit.process import Command, start, stop
from tests.support.polling import eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

CANARY = "canary-in-a-process"


async def test_a_killed_unsealer_starts_again_without_writing_and_goes_on(
    cluster: Cluster,
    key: SealingKey,
    service_account_kubeconfig: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    kubeconfig = service_account_kubeconfig("gitopskit-unsealer", "kube-system")
    log = tmp_path / "unsealer.log"
    with _running(kubeconfig, log) as process:
        await eventually(lambda: "ready" in _events(log), timeout_seconds=20)
        await cluster.create_sealed(key.seal("first", cluster.namespace, {"a": CANARY}))
        await cluster.until_status("first", "True")
        process.kill()
        process.wait()
    before = await cluster.versions()

    with _running(kubeconfig, log) as process:
        await cluster.create_sealed(key.seal("second", cluster.namespace, {"a": CANARY}))
        await cluster.until_status("second", "True")
        after = await cluster.versions()
        exit_code = stop(process)

    assert {name: version for name, version in after.items() if "second" not in name} == before
    assert exit_code == 0
    assert CANARY not in log.read_text()


@contextmanager
def _running(kubeconfig: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(log.parent),
        "KUBECONFIG": str(kubeconfig),
    }
    command = Command(
        argv=(sys.executable, "-m", "gitopskit", "unsealer", "run"), environment=environment
    )
    process = start(command, output=log)
    try:
        yield process
    finally:
        stop(process)


def _events(log: Path) -> list[str]:
    lines = log.read_text().splitlines()
    return [json.loads(line)["event"] for line in lines if line.startswith("{")]
