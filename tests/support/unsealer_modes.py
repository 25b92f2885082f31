"""An unsealer as `unsealer install` sets it up in one mode, and what uses every right of it."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from gitopskit.controller.election import Election, new_identity
from gitopskit.controller.lease_record import Candidate
from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import CONFIG_MAPS, LEASES, NAMESPACES, SECRETS
from gitopskit.sealing.keys import KEY_LABEL, KEY_LABEL_ACTIVE, read_certificate
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.unsealer.key_life import KeyLifeOptions
from gitopskit.unsealer.loop import LEASE_NAME, Unsealer
from gitopskit.unsealer.options import Field, UnsealerOptions
from gitopskit.workflows.unsealer_manifests import rights_files
from tests.support import cluster
from tests.support.polling import eventually
from tests.support.unsealer_cluster import Cluster, rbac_object

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import SealingCertificate
    from gitopskit.workflows.unsealer_installation import UnsealerInstallation

CERTIFICATE = "gitopskit-sealing-certificate"
RECREATE = "gitopskit.io/recreate-immutable"
_POLL_SECONDS = 0.3


class Right(NamedTuple):
    """One verb on one resource, of a role in a namespace (empty: of the whole cluster)."""

    namespace: str
    role: str
    group: str
    resource: str
    verb: str


def rights_of(objects: Sequence[JsonObject]) -> set[Right]:
    """Return what the roles among some objects grant."""
    return set(_rights(objects))


def _rights(objects: Sequence[JsonObject]) -> Iterator[Right]:
    for role in objects:
        if role["kind"] not in {"Role", "ClusterRole"}:
            continue
        metadata = role["metadata"]
        place = metadata.get("namespace", "")
        for rule in role["rules"]:
            for group, resource, verb in product(
                rule["apiGroups"], rule["resources"], rule["verbs"]
            ):
                yield Right(place, metadata["name"], group, resource, verb)


def without(objects: Sequence[JsonObject], right: Right) -> list[JsonObject]:
    """Return the objects with one verb less."""
    return [_without(content, right) for content in objects]


def _without(content: JsonObject, right: Right) -> JsonObject:
    metadata = content["metadata"]
    is_its = (metadata.get("namespace", ""), metadata["name"]) == (right.namespace, right.role)
    if content["kind"] not in {"Role", "ClusterRole"} or not is_its:
        return content
    rules = [
        {**rule, "verbs": [verb for verb in rule["verbs"] if verb != right.verb]}
        if right.resource in rule["resources"] and right.group in rule["apiGroups"]
        else rule
        for rule in content["rules"]
    ]
    return {**content, "rules": [rule for rule in rules if rule["verbs"]]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An installation in a cluster: its rights are there, and it may be run."""

    plane: ControlPlane
    wanted: UnsealerInstallation
    app_namespace: str

    @property
    def options(self) -> UnsealerOptions:
        """Return how the command runs by the flags of the installation, and faster."""
        wanted = self.wanted
        return UnsealerOptions(
            namespace=wanted.namespace,
            instance="tests",
            watched=Field(
                namespaces=wanted.watch_namespaces,
                namespace_selector=wanted.namespace_selector,
                watches_secrets=wanted.watches_secrets,
                poll_seconds=_POLL_SECONDS,
            ),
            drift=wanted.drift,
            makes_keys=True,
            key_life=KeyLifeOptions(size_bits=2048),
        )

    def objects(self) -> list[JsonObject]:
        """Return the account and the rights."""
        return rights_files(self.wanted)["rbac.yaml"]

    def apply(self, objects: Sequence[JsonObject]) -> None:
        """Put namespaces and rights into the cluster, with what the namespaces add themselves."""
        labels = {"modes": self.app_namespace}
        cluster.create_namespace(self.plane, self.app_namespace, **labels)
        cluster.create_namespace(self.plane, self.wanted.namespace)
        own = [] if self._binds_everywhere() else [self._binding_of_the_namespace()]
        self._kubectl([*objects, *own], "apply", "--server-side", "--force-conflicts")

    def remove(self, objects: Sequence[JsonObject]) -> None:
        """Take the rights away, so that the next installation begins without any."""
        where = f"--namespace={self.app_namespace}"
        cluster.kubectl(self.plane, "delete", "sealedsecrets", "--all", where)
        self._kubectl(objects, "delete", "--ignore-not-found")
        cluster.delete_namespace(self.plane, self.app_namespace)
        cluster.delete_namespace(self.plane, self.wanted.namespace)

    def _binds_everywhere(self) -> bool:
        return self.wanted.mode == "cluster" or not self.wanted.namespace_selector

    def _binding_of_the_namespace(self) -> JsonObject:
        metadata = {"name": "gitopskit-unsealer", "namespace": self.app_namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole"}
        subject = {"kind": "ServiceAccount", "namespace": self.wanted.namespace}
        return rbac_object(
            "RoleBinding",
            metadata,
            roleRef={**role, "name": "gitopskit-unsealer"},
            subjects=[{**subject, "name": "gitopskit-unsealer"}],
        )

    def _kubectl(self, objects: Sequence[JsonObject], *arguments: str) -> None:
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        cluster.kubectl(self.plane, *arguments, "--filename=-", stdin=content.encode())


@asynccontextmanager
async def elected(api: KubeClient, options: UnsealerOptions) -> AsyncIterator[None]:
    """Run an unsealer that has to be elected, for the length of a block."""
    candidate = Candidate(options.namespace, LEASE_NAME, new_identity(options.instance))
    controller = Unsealer(api, options, election=Election(api, candidate))
    program = asyncio.create_task(controller.run())
    try:
        yield
    finally:
        controller.stop()
        await program


class Scenario:
    """The steps that use every right of a mode; each waits for what the step before led to."""

    def __init__(self, admin: KubeClient, installed: Installed) -> None:
        self._admin = admin
        self._wanted = installed.wanted
        self._options = installed.options
        self._world = Cluster(admin, installed.app_namespace)

    async def play(self, api: KubeClient) -> None:
        """Run the unsealer through all of them, and once more, as its successor."""
        async with elected(api, self._options):
            certificate = await self._published()
            await self._unseal("first", certificate, {"a": "1"})
            await self._promote_the_key()
            await self._mend_the_certificate(certificate)
            if self._wanted.allows_recreation:
                await self._recreate(certificate)
            await self._heal_until_it_is_counted()
            await self._renew_the_lease()
            if self._wanted.namespace_selector:
                await self._leave_the_selection()
        async with elected(api, self._options):
            await self._is_led_again()

    async def _published(self) -> SealingCertificate:
        found: list[bytes] = []

        async def is_there() -> bool:
            try:
                live = await self._admin.get(CONFIG_MAPS, CERTIFICATE, self._wanted.namespace)
            except ApiNotFound:
                return False
            found.append(live["data"]["tls.crt"].encode())
            return True

        await eventually(is_there, timeout_seconds=30)
        return read_certificate(found[-1], where="published", now=self._admin.clock.now_utc())

    def _sealed(
        self, name: str, certificate: SealingCertificate, values: dict[str, str], **secret: object
    ) -> JsonObject:
        content: JsonObject = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": self._world.namespace},
            "stringData": values,
            **secret,
        }
        return seal_secret(content, SealOptions(certificate=certificate))

    async def _unseal(
        self, name: str, certificate: SealingCertificate, values: dict[str, str], **secret: object
    ) -> None:
        await self._world.create_sealed(self._sealed(name, certificate, values, **secret))
        await self._world.until_values(name, values)
        await self._world.until_status(name, "True")

    async def _heal_until_it_is_counted(self) -> None:
        """Edit a Secret for so long that the Event of its healing is counted, not made anew."""
        values = itertools.count()

        async def is_counted() -> bool:
            edited = {"stringData": {"a": f"edited-{next(values)}"}}
            await self._world.patch_secret("first", edited)
            await self._world.until_values("first", {"a": "1"})
            return any(event.get("series") for event in await self._world.events("first"))

        await eventually(is_counted, timeout_seconds=30)

    async def _promote_the_key(self) -> None:
        """Put the key into the state of one that waits, for which nothing has to be waited."""
        place = self._wanted.namespace
        [key] = (await self._admin.list(SECRETS, place, label_selector=KEY_LABEL)).items
        name = key["metadata"]["name"]
        patch = {"metadata": {"labels": {KEY_LABEL: "pending"}}}
        await self._admin.patch(SECRETS, name, place, patch=patch, field_manager="test")

        async def is_active() -> bool:
            live = await self._admin.get(SECRETS, name, place)
            return bool(live["metadata"]["labels"][KEY_LABEL] == KEY_LABEL_ACTIVE)

        await eventually(is_active, timeout_seconds=20)

    async def _mend_the_certificate(self, certificate: SealingCertificate) -> None:
        patch = {"data": {"tls.crt": "somebody else's"}}
        place = self._wanted.namespace
        await self._admin.patch(
            CONFIG_MAPS, CERTIFICATE, place, patch=patch, field_manager="kubectl-edit"
        )

        async def is_mended() -> bool:
            live = await self._admin.get(CONFIG_MAPS, CERTIFICATE, place)
            return bool(live["data"]["tls.crt"].encode() == certificate.pem)

        await eventually(is_mended)

    async def _recreate(self, certificate: SealingCertificate) -> None:
        await self._unseal("fixed", certificate, {"a": "1"}, immutable=True)
        changed = self._sealed("fixed", certificate, {"a": "2"}, immutable=True)
        patch = {
            "metadata": {"annotations": {RECREATE: "true"}},
            "spec": {"encryptedData": changed["spec"]["encryptedData"]},
        }
        await self._world.patch_sealed("fixed", patch)
        await self._world.until_values("fixed", {"a": "2"})

    async def _renew_the_lease(self) -> None:
        place = self._wanted.namespace
        before = await self._admin.get(LEASES, LEASE_NAME, place)

        async def is_renewed() -> bool:
            live = await self._admin.get(LEASES, LEASE_NAME, place)
            return bool(live["spec"]["renewTime"] != before["spec"]["renewTime"])

        await eventually(is_renewed)

    async def _leave_the_selection(self) -> None:
        """Take the namespace out of those that are selected: nothing is healed there any more."""
        name = self._world.namespace
        patch = {"metadata": {"labels": {"modes": "left"}}}
        await self._admin.patch(NAMESPACES, name, patch=patch, field_manager="test")

    async def _is_led_again(self) -> None:
        async def is_held() -> bool:
            live = await self._admin.get(LEASES, LEASE_NAME, self._wanted.namespace)
            return bool(live["spec"].get("holderIdentity"))

        await eventually(is_held)
