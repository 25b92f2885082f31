"""docs/howto/migrate-from-bitnami.md, step by step: there, and back."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.resources import SECRETS, SERVICES
from gitopskit.repository.templates import templates_root
from gitopskit.sealing.keys import KEY_LABEL
from tests.support import bitnami, cluster
from tests.support.bitnami import BitnamiController
from tests.support.polling import eventually
from tests.support.unsealer_cluster import Cluster, running
from tests.support.unsealing import synced, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.manifests.json_types import JsonObject

IMAGE = "registry.example.com/gitopskit:0.1.0"
SERVICE = "sealed-secrets-controller"
NAMESPACE = "shop"
SLOW_SECONDS = 30.0


@pytest.fixture
def plane(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, this cannot either
    build_settings: BuildSettings,
) -> Iterator[ControlPlane]:
    """Return a control plane as the Bitnami manifest leaves it, but for the Deployment."""
    with ControlPlane(ensure_binaries(build_settings), clock=SystemClock()) as plane:
        definition = str(templates_root() / "platform" / "crds" / "sealedsecrets.yaml")
        cluster.kubectl(plane, "apply", "--server-side", f"--filename={definition}")
        cluster.wait_established(plane, f"--filename={definition}")
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": SERVICE, "namespace": "kube-system", "labels": {"name": SERVICE}},
            "spec": {"ports": [{"port": 8080}], "selector": {"name": SERVICE}},
        }
        items = [*bitnami.rights(), service]
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()
        cluster.kubectl(plane, "apply", "--server-side", "--filename=-", stdin=content)
        cluster.create_namespace(plane, NAMESPACE)
        yield plane


class _Operator:
    """Somebody at a terminal: our commands and kubectl, with an administrator's kubeconfig."""

    def __init__(self, plane: ControlPlane, kubeseal: Path, folder: Path) -> None:
        self._plane = plane
        self._kubeseal = kubeseal
        self._folder = folder
        self._environment = {
            "HOME": str(folder),
            "KUBECONFIG": str(plane.kubeconfig_path),
            "PATH": os.environ["PATH"],
        }

    def gitopskit(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-m", "gitopskit", *arguments], stdin=stdin)

    def kubectl(self, *arguments: str) -> bytes:
        return cluster.kubectl(self._plane, *arguments)

    def seal(self, certificate: bytes, name: str) -> JsonObject:
        """Have the real kubeseal seal a Secret."""
        (self._folder / "tls.crt").write_bytes(certificate)
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "stringData": {"password": name},
        }
        done = self._run([str(self._kubeseal), "--cert=tls.crt"], stdin=json.dumps(secret))
        sealed: JsonObject = json.loads(done.stdout)
        return sealed

    def _run(self, argv: list[str], *, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            input=stdin,
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )


async def _until_unsealed(world: Cluster, name: str) -> str:
    """Wait until a Secret holds what was sealed and its status says so; return its version."""
    found = await world.until_values(name, {"password": name}, timeout_seconds=SLOW_SECONDS)

    async def is_synced() -> bool:
        return synced(await world.sealed(name)).get("status") == "True"

    await eventually(is_synced)
    return str(found["metadata"]["resourceVersion"])


async def _keys(world: Cluster) -> list[JsonObject]:
    listing = await world.admin.list(SECRETS, "kube-system", label_selector=KEY_LABEL)
    return list(listing.items)


async def _certificate(world: Cluster) -> bytes:
    async def is_there() -> bool:
        return bool(await _keys(world))

    await eventually(is_there, timeout_seconds=SLOW_SECONDS)
    [key] = await _keys(world)
    return values_of(key)["tls.crt"].encode()


@pytest.mark.timeout(180)
async def test_a_cluster_changes_over_and_back_without_losing_or_rewriting_a_secret(
    plane: ControlPlane, bitnami_program: Path, kubeseal: Path, tmp_path: Path
) -> None:
    theirs = BitnamiController(program=bitnami_program, plane=plane, folder=tmp_path / "theirs")
    somebody = _Operator(plane, kubeseal, tmp_path)
    async with await cluster.connect(plane.kubeconfig_path) as admin:
        world = Cluster(admin, NAMESPACE)

        with theirs.running():
            certificate = await _certificate(world)
            await world.create_sealed(somebody.seal(certificate, "before"))
            version = await _until_unsealed(world, "before")

        await _change_over(somebody, world)
        token = plane.service_account_token("kube-system", "gitopskit-unsealer")
        plane.write_kubeconfig(tmp_path / "ours", token=token)
        async with await cluster.connect(tmp_path / "ours") as ours, running(ours):
            published = await _published(somebody)
            await world.create_sealed(somebody.seal(published, "between"))
            between = await _until_unsealed(world, "between")
            assert await _until_unsealed(world, "before") == version

        _change_back(somebody)
        with theirs.running():
            await world.create_sealed(somebody.seal(certificate, "after"))
            await _until_unsealed(world, "after")
            await _until_unsealed(world, "between")

        assert published.strip() == certificate.strip()
        assert len(await _keys(world)) == 1
        assert (
            between
            == (await world.until_values("between", {"password": "between"}))["metadata"][
                "resourceVersion"
            ]
        )


async def _change_over(somebody: _Operator, world: Cluster) -> None:
    """Steps 1 to 5 of the guide; the plan refuses while the Service is still theirs."""
    backup = ("keys", "backup", "keys.age", "--passphrase-file", "-")
    backed_up = somebody.gitopskit(*backup, stdin="correct horse battery staple")
    assert backed_up.returncode == 0, backed_up.stderr
    url = "https://git.example.com/shop.git"
    assert somebody.gitopskit("init", "--name", "shop", "--repo-url", url).returncode == 0
    install = ("unsealer", "install", "--image", IMAGE, "--out", "clusters/prod/unsealer")
    assert somebody.gitopskit(*install).returncode == 0
    bootstrap = ("bootstrap", "prod", "--image", IMAGE, "--yes")

    refused = somebody.gitopskit(*bootstrap)
    assert refused.returncode == 4
    assert f"Service/kube-system/{SERVICE}" in refused.stderr

    somebody.kubectl("--namespace=kube-system", "delete", "service", SERVICE)
    done = somebody.gitopskit(*bootstrap)
    assert done.returncode == 0, done.stderr
    assert "keep      CustomResourceDefinition/sealedsecrets.bitnami.com" in done.stderr
    assert len(await _keys(world)) == 1
    service = await world.admin.get(SERVICES, SERVICE, "kube-system")
    assert service["spec"]["ports"][0]["name"] == "http"


async def _published(somebody: _Operator) -> bytes:
    """Return the certificate as a member of the team gets it."""
    done = await asyncio.to_thread(somebody.gitopskit, "keys", "fetch")
    assert done.returncode == 0, done.stderr
    return done.stdout.encode()


def _change_back(somebody: _Operator) -> None:
    ours = "app.kubernetes.io/name=gitopskit-unsealer"
    somebody.kubectl(
        "--namespace=kube-system", "delete", "deployment,service", f"--selector={ours}"
    )
    everywhere = ("delete", "clusterrole,clusterrolebinding", "gitopskit-unsealer")
    somebody.kubectl(*everywhere)
    kinds = "role,rolebinding,serviceaccount,networkpolicy,poddisruptionbudget"
    somebody.kubectl("--namespace=kube-system", "delete", kinds, "gitopskit-unsealer")
