"""The unsealer as a process: ready, killed, started again, stopped in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.process import stop
from tests.support.replicas import replica

if TYPE_CHECKING:
    from collections.abc import Callable
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
    with replica(kubeconfig, log) as first:
        await first.until("ready")
        await cluster.create_sealed(key.seal("first", cluster.namespace, {"a": CANARY}))
        await cluster.until_status("first", "True")
        first.kill()
    before = await cluster.versions()

    with replica(kubeconfig, log) as second:
        await cluster.create_sealed(key.seal("second", cluster.namespace, {"a": CANARY}))
        await second.until("lease_acquired", times=2)  # of both, in one log
        await cluster.until_status("second", "True")
        after = await cluster.versions()
        exit_code = stop(second.process)

    assert {name: version for name, version in after.items() if "second" not in name} == before
    assert exit_code == 0
    assert CANARY not in log.read_text()
