"""Who may use kubeseal against our unsealer: the groups that were named, and nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from gitopskit.workflows.unsealer_installation import UnsealerInstallation
from gitopskit.workflows.unsealer_manifests import rights_files
from tests.support import cluster
from tests.support.outside import machine_address
from tests.support.polling import eventually
from tests.support.unsealer_cluster import is_allowed
from tests.support.unsealer_service import NAME, NAMESPACE, served_in_cluster
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient

KEY = SealingKey.new("readers")
SEALED = json.dumps(KEY.seal("db", "shop", {"password": "hunter2"}))
PROXY = {
    "namespace": NAMESPACE,
    "resource": "services",
    "subresource": "proxy",
    "name": f"http:{NAME}:http",
    "verb": "create",
}
"""One of the rights of readers, as a review of access names it."""

FLAGS = pytest.mark.parametrize(
    "flag", ["--fetch-cert", "--validate", "--re-encrypt"], ids=lambda flag: flag.strip("-")
)


@pytest.fixture
async def unsealer(
    platform: ControlPlane, admin: KubeClient, namespace: str
) -> AsyncIterator[None]:
    """Serve where kubeseal looks, and let the accounts of the test's namespace read."""
    host = machine_address()
    if not host:
        pytest.skip("this machine has no IPv4 address but the loopback's")
    group = f"system:serviceaccounts:{namespace}"
    made = rights_files(UnsealerInstallation(cert_readers=(group,)))["rbac.yaml"]
    readers = [item for item in made if item["metadata"]["name"] == "gitopskit-certificate-reader"]
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": readers}).encode()
    cluster.kubectl(platform, "apply", "--server-side", "--filename=-", stdin=content)
    reader = f"system:serviceaccount:{namespace}:developer"
    await eventually(lambda: is_allowed(admin, reader, groups=[group], **PROXY))
    async with served_in_cluster(admin, platform, KEY, host=host):
        yield
    cluster.kubectl(platform, "delete", "--filename=-", stdin=content)


async def _kubeseal(program: Path, flag: str, kubeconfig: Path) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [str(program), flag],
        input="" if flag == "--fetch-cert" else SEALED,
        capture_output=True,
        text=True,
        check=False,
        env={"KUBECONFIG": str(kubeconfig), "HOME": os.environ["HOME"]},
    )


@FLAGS
@pytest.mark.usefixtures("unsealer")
async def test_a_member_of_a_named_group_uses_kubeseal_without_flags(
    platform: ControlPlane,
    kubeseal: Path,
    namespace: str,
    service_account_kubeconfig: Callable[[str, str], Path],
    flag: str,
) -> None:
    cluster.ensure_account(platform, namespace, "developer")

    done = await _kubeseal(kubeseal, flag, service_account_kubeconfig("developer", namespace))

    assert done.returncode == 0, done.stderr


@FLAGS
@pytest.mark.usefixtures("unsealer")
async def test_everybody_else_is_refused_by_the_api_server(
    platform: ControlPlane,
    kubeseal: Path,
    service_account_kubeconfig: Callable[[str, str], Path],
    flag: str,
) -> None:
    cluster.ensure_account(platform, "default", "stranger")

    done = await _kubeseal(kubeseal, flag, service_account_kubeconfig("stranger", "default"))

    assert done.returncode == 1
    assert "forbidden" in done.stderr
