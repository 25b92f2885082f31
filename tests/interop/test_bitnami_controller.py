"""The Bitnami controller and ours on the same objects: one after the other, and both at once.

What docs/howto/migrate-from-bitnami.md tells is done here, with the real controller in its own
version, on a control plane of this module's own.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.keys import KEY_LABEL, KEY_LABEL_ACTIVE, read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions, seal_secret
from tests.support import bitnami, cluster
from tests.support.audit import WRITES, read_requests
from tests.support.bitnami import BitnamiController
from tests.support.hybrid import hybrid_certificate, hybrid_pair
from tests.support.polling import eventually
from tests.support.unsealer_cluster import Cluster, running
from tests.support.unsealing import synced, values_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import SealingCertificate

KEYS = f"{KEY_LABEL}={KEY_LABEL_ACTIVE}"
START_SECONDS = 30.0
"""The Bitnami controller begins with a new RSA key of 4096 bits."""


@pytest.fixture(scope="module")
def plane(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, this cannot either
    build_settings: BuildSettings,
) -> Iterator[ControlPlane]:
    """Return a control plane with both controllers' accounts and roles, and no key."""
    with ControlPlane(ensure_binaries(build_settings), clock=SystemClock()) as plane:
        cluster.install_platform(plane)
        theirs = {"apiVersion": "v1", "kind": "List", "items": bitnami.rights()}
        content = json.dumps(theirs).encode()
        cluster.kubectl(plane, "apply", "--server-side", "--filename=-", stdin=content)
        yield plane


@pytest.fixture
def theirs(plane: ControlPlane, bitnami_program: Path, tmp_path: Path) -> BitnamiController:
    return BitnamiController(program=bitnami_program, plane=plane, folder=tmp_path / "theirs")


@pytest.fixture
async def world(plane: ControlPlane, request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """Return a namespace of the test's own, seen by an administrator."""
    name = f"test-{abs(hash(request.node.name)) % 10**8}"
    cluster.create_namespace(plane, name)
    async with await cluster.connect(plane.kubeconfig_path) as admin:
        yield Cluster(admin, name)


@pytest.fixture
async def ours(plane: ControlPlane, tmp_path: Path) -> AsyncIterator[KubeClient]:
    """Return a client with the rights of our unsealer."""
    path = tmp_path / "ours.kubeconfig"
    token = plane.service_account_token("kube-system", "gitopskit-unsealer")
    plane.write_kubeconfig(path, token=token)
    async with await cluster.connect(path) as client:
        yield client


async def _certificate(world: Cluster) -> SealingCertificate:
    """Return the certificate of the one key of the cluster, once there is one."""

    async def exists() -> bool:
        return bool((await world.admin.list(SECRETS, "kube-system", label_selector=KEYS)).items)

    await eventually(exists, timeout_seconds=START_SECONDS)
    [key] = (await world.admin.list(SECRETS, "kube-system", label_selector=KEYS)).items
    pem = values_of(key)["tls.crt"].encode()
    return read_certificate(pem, where="the cluster", now=SystemClock().now_utc())


def _sealed(
    certificate: SealingCertificate,
    world: Cluster,
    name: str,
    *,
    scope: Scope = Scope.STRICT,
    **secret: object,
) -> JsonObject:
    content: JsonObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": world.namespace, "labels": {"team": "web"}},
        "stringData": {"password": name, "user": "app"},
        **secret,
    }
    return seal_secret(content, SealOptions(certificate=certificate, scope=scope))


async def _create_all(world: Cluster, certificate: SealingCertificate) -> dict[str, dict[str, str]]:
    """Create a SealedSecret of each sort; return what each is to become."""
    sorts: dict[str, JsonObject] = {
        "strict": _sealed(certificate, world, "strict"),
        "wide": _sealed(certificate, world, "wide", scope=Scope.CLUSTER_WIDE),
        "typed": _sealed(certificate, world, "typed", type="kubernetes.io/basic-auth"),
        "immutable": _sealed(certificate, world, "immutable", immutable=True),
    }
    for content in sorts.values():
        await world.create_sealed(content)
    return {name: {"password": name, "user": "app"} for name in sorts}


async def _until_all_synced(world: Cluster, wanted: dict[str, dict[str, str]]) -> None:
    for name, values in wanted.items():
        await world.until_values(name, values, timeout_seconds=START_SECONDS)
        await eventually(partial(_is_synced, world, name))


async def _is_synced(world: Cluster, name: str) -> bool:
    """Tell whether the condition is true; the other controller gives it no message then."""
    return synced(await world.sealed(name)).get("status") == "True"


async def _secret_versions(world: Cluster) -> dict[str, str]:
    versions = await world.versions()
    return {name: version for name, version in versions.items() if name.startswith("Secret/")}


@pytest.mark.timeout(120)
async def test_ours_goes_on_where_bitnamis_stopped(
    theirs: BitnamiController, world: Cluster, ours: KubeClient
) -> None:
    with theirs.running():
        certificate = await _certificate(world)
        wanted = await _create_all(world, certificate)
        await _until_all_synced(world, wanted)
    before = await _secret_versions(world)

    async with running(ours):
        await world.create_sealed(_sealed(certificate, world, "later"))
        await _until_all_synced(world, {"later": {"password": "later", "user": "app"}})
        strict = await world.secret("strict")
        assert strict is not None
        untouched = {name: before[name] for name in before if name != "Secret/strict"}
        await world.delete(SECRETS, strict)
        await _until_all_synced(world, wanted)

    after = await _secret_versions(world)
    assert {name: after[name] for name in untouched} == untouched


@pytest.mark.timeout(120)
async def test_bitnamis_goes_on_where_ours_stopped(
    theirs: BitnamiController, world: Cluster, ours: KubeClient
) -> None:
    with theirs.running():
        certificate = await _certificate(world)
    async with running(ours):
        wanted = await _create_all(world, certificate)
        await _until_all_synced(world, wanted)
    owners = {
        item["metadata"]["name"]: item["metadata"]["uid"]
        for item in (await world.admin.list(SECRETS, world.namespace)).items
    }

    with theirs.running():
        await world.create_sealed(_sealed(certificate, world, "later"))
        later = {"later": {"password": "later", "user": "app"}}
        await _until_all_synced(world, wanted | later)

    kept = (await world.admin.list(SECRETS, world.namespace)).items
    uids = {item["metadata"]["name"]: item["metadata"]["uid"] for item in kept}
    assert {name: uids[name] for name in owners} == owners


@pytest.mark.timeout(180)
async def test_both_at_once_come_to_rest_on_the_same_secrets(
    theirs: BitnamiController, world: Cluster, ours: KubeClient, plane: ControlPlane
) -> None:
    with theirs.running():
        certificate = await _certificate(world)
        async with running(ours):
            wanted = await _create_all(world, certificate)
            for name in (f"many-{number}" for number in range(20)):
                await world.create_sealed(_sealed(certificate, world, name))
                wanted[name] = {"password": name, "user": "app"}
            await _until_all_synced(world, wanted)
            await _until_bitnamis_saw(world, theirs, set(wanted))
            await _change_one(world, certificate)
            await _until_both_rest(world)

    written = [
        request.name
        for request in read_requests(plane.audit_log_path)
        if request.resource == SECRETS.plural
        and request.namespace == world.namespace
        and request.verb in WRITES
        and request.status < 400
    ]
    assert max(written.count(name) for name in wanted) <= 6
    assert synced(await world.sealed("strict"))["status"] == "True"


@pytest.mark.timeout(180)
async def test_both_at_once_come_to_rest_on_what_is_broken_foreign_and_edited(
    theirs: BitnamiController, world: Cluster, ours: KubeClient, plane: ControlPlane
) -> None:
    foreign = await world.create_secret("foreign", {"password": "foreign"})
    with theirs.running("--watch-for-secrets"):
        certificate = await _certificate(world)
        broken = _sealed(certificate, world, "another")
        broken["metadata"]["name"] = "broken"
        async with running(ours):
            for content in (_sealed(certificate, world, "foreign"), broken):
                await world.create_sealed(content)
            wanted = await _create_all(world, certificate)
            await _until_all_synced(world, wanted)
            await _until_bitnamis_saw(world, theirs, {*wanted, "foreign", "broken"})
            for name in ("strict", "wide"):
                await world.patch_secret(name, {"stringData": {"password": "edited"}})
            for name in ("strict", "wide"):
                await world.until_values(name, wanted[name])
            await _until_both_rest(world)

    written = Counter(
        (request.resource, request.name)
        for request in read_requests(plane.audit_log_path)
        if request.namespace == world.namespace and request.verb in WRITES and request.status < 400
    )
    assert await world.secret("foreign") == foreign
    assert await world.secret("broken") is None
    for name in ("foreign", "broken"):
        assert synced(await world.sealed(name))["status"] == "False"
    assert max(count for (kind, _), count in written.items() if kind != "events") <= 6


@pytest.mark.timeout(120)
async def test_bitnamis_refuses_hybrid_items_and_goes_on(
    theirs: BitnamiController, world: Cluster, ours: KubeClient
) -> None:
    key = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1")
    await world.admin.create(SECRETS, key, field_manager="test")
    mixed = _sealed(hybrid_certificate(), world, "mixed")
    with theirs.running():
        certificate = await _certificate(world)
        plain = _sealed(certificate, world, "plain")
        rsa = _sealed(certificate, world, "mixed")["spec"]["encryptedData"]["user"]
        mixed["spec"]["encryptedData"]["user"] = rsa
        await world.create_sealed(mixed)
        await world.create_sealed(plain)
        wanted = {"plain": {"password": "plain", "user": "app"}}
        await _until_all_synced(world, wanted)
        await eventually(
            partial(_is_refused, world, "mixed", theirs), timeout_seconds=START_SECONDS
        )

    assert await world.secret("mixed") is None
    assert "panic" not in theirs.log
    async with running(ours):
        opened = {"mixed": {"password": "mixed", "user": "app"}}
        await _until_all_synced(world, wanted | opened)


async def _is_refused(world: Cluster, name: str, theirs: BitnamiController) -> bool:
    """Tell whether the real controller said of it what it says of all that it cannot open.

    It says so in its log, and in the status, unless that could not be written at the first try.
    """
    words = "no key could decrypt secret (password)"
    said = synced(await world.sealed(name))
    is_told = said.get("status") == "False" and words in str(said.get("message"))
    return is_told or any(
        words in line and f"{world.namespace}/{name}" in line for line in theirs.log.splitlines()
    )


async def _until_bitnamis_saw(world: Cluster, theirs: BitnamiController, names: set[str]) -> None:
    """Wait until its log tells of each of them: its two passes a second take a while."""

    def has_seen() -> bool:
        return all(f"{world.namespace}/{name}" in theirs.log for name in names)

    await eventually(has_seen, timeout_seconds=90)


async def _change_one(world: Cluster, certificate: SealingCertificate) -> None:
    changed = _sealed(certificate, world, "strict")
    changed["spec"]["template"]["metadata"]["labels"] = {"team": "ops"}
    live = await world.sealed("strict")
    await world.admin.replace(
        SEALED_SECRETS, live | {"spec": changed["spec"]}, field_manager="kubectl-edit"
    )

    async def is_relabelled() -> bool:
        secret = await world.secret("strict")
        return secret is not None and secret["metadata"]["labels"].get("team") == "ops"

    await eventually(is_relabelled)


async def _until_both_rest(world: Cluster) -> None:
    """Wait until a whole look at everything a while later finds nothing that changed."""
    seen: list[dict[str, str]] = []

    async def is_at_rest() -> bool:
        seen.append(await world.versions())
        return len(seen) > 40 and all(versions == seen[-1] for versions in seen[-40:])

    await eventually(is_at_rest, timeout_seconds=60)
