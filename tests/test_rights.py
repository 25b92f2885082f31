"""Both controllers run with the shipped rights: all of them are needed, and nothing more is.

One scenario on a control plane of its own uses every kind that the appliers may write. Its audit
log then answers three questions: was anything refused, did the reconciler write a user's object
as itself, and was every permission that is shipped used. A permission that is used and taken away
is a refusal; one that is not used is red here. So no rule can be removed, or added, unseen.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, DEPLOYMENTS, EVENTS, SECRETS
from gitopskit.sealing.keys import key_secret, new_sealing_key, read_certificate
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.timestamps import rfc3339_micro
from gitopskit.workflows.demo_controllers import controllers, running
from tests.support import cluster, rights_world
from tests.support.approving import approve_if_asked
from tests.support.audit import WRITES, Request, read_requests
from tests.support.audit_verdict import surprises
from tests.support.gitrepo import SourceRepository
from tests.support.polling import eventually
from tests.support.rights_world import APP_NAMESPACE, PLAIN_NAMESPACE, files, marked
from tests.support.shipped_rules import RECONCILER, UNSEALER, Permission, granted, role_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.workflows.demo_controllers import Controller

COUNTED_EVERY: Final = timedelta(seconds=5.5)
"""A repetition sooner than five seconds after the last write is remembered, and not written."""


class _Scenario:
    """The steps that use every right, in their order."""

    def __init__(self, admin: KubeClient, repository: SourceRepository, sealed: JsonObject) -> None:
        self._admin = admin
        self._repository = repository
        self._url = str(repository.folder)
        self._app = rights_world.app_objects(sealed)
        self._platform = rights_world.platform_objects()

    async def play(self) -> None:
        await self._everything_is_created()
        await self._everything_is_patched()
        await self._drift_is_reverted()
        await self._the_sealing_key_is_renewed()
        await self._a_repeated_sync_is_counted()
        await self._everything_is_deleted()

    async def _everything_is_created(self) -> None:
        self._commit(self._app, self._platform, self._registrations())
        await self._settled({"root", "platform", "app", "made", "unsealer"})
        await eventually(self._secret_is_unsealed)

    async def _everything_is_patched(self) -> None:
        registrations = marked(self._registrations())
        revision = self._commit(marked(self._app), marked(self._platform), registrations)
        await self._settled({"root", "platform", "app"}, revision=revision)

    async def _drift_is_reverted(self) -> None:
        await self._admin.patch(
            DEPLOYMENTS,
            "all",
            APP_NAMESPACE,
            patch={"metadata": {"labels": {"marked": "no"}}},
            field_manager="kubectl-edit",
        )
        await eventually(self._deployment_is_marked)
        await self._until_counted("sealed", APP_NAMESPACE, again=self._secret_is_healed)

    async def _secret_is_healed(self) -> None:
        secret = await self._admin.get(SECRETS, "sealed", APP_NAMESPACE)
        changed = {**secret, "data": {"key": "AAAA"}}
        await self._admin.replace(SECRETS, changed, field_manager="kubectl-edit")
        await eventually(self._secret_is_unsealed)

    async def _until_counted(
        self, name: str, namespace: str, *, again: Callable[[], Awaitable[None]]
    ) -> None:
        """Do something again until an Event counts it: whenever a count may be written."""

        async def is_counted() -> bool:
            every = (await self._admin.list(EVENTS, namespace)).items
            events = [it for it in every if it["regarding"].get("name") == name]
            if any((it.get("series") or {}).get("count", 0) > 1 for it in events):
                return True
            times = [it["eventTime"] for it in events]
            if max(times, default="") < rfc3339_micro(SystemClock().now_utc() - COUNTED_EVERY):
                await again()
            return False

        await eventually(is_counted, timeout_seconds=30)

    async def _the_sealing_key_is_renewed(self) -> None:
        pair = new_sealing_key(now=SystemClock().now_utc(), size_bits=2048)
        secret = key_secret(pair, namespace="kube-system", name="newer")
        await self._admin.create(SECRETS, secret, field_manager="test")

        async def is_published() -> bool:
            name = "gitopskit-sealing-certificate"
            published = await self._admin.get(CONFIG_MAPS, name, "kube-system")
            return bool(published["data"]["tls.crt"].encode() == pair.certificate_pem)

        await eventually(is_published)

    async def _a_repeated_sync_is_counted(self) -> None:
        folders = itertools.cycle(["unmarked", "registrations"])

        again = lambda: self._root_is_at(next(folders))  # noqa: E731 -- of one line
        await self._until_counted("root", "argocd", again=again)
        await self._root_is_at("registrations")

    async def _root_is_at(self, path: str) -> None:
        source = {"spec": {"source": {"path": path}}}
        await self._admin.patch(APPLICATIONS, "root", "argocd", patch=source, field_manager="test")

        async def is_synced() -> bool:
            sync = (await self._admin.get(APPLICATIONS, "root", "argocd"))["status"]["sync"]
            is_there = sync["comparedTo"]["source"]["path"] == path
            return is_there and bool(sync["status"] == "Synced")

        await eventually(is_synced)

    async def _everything_is_deleted(self) -> None:
        kept = [content for content in self._registrations() if _is_kept(content)]
        self._commit([], self._platform, kept)
        await self._approved("app", until=lambda: self._is_gone("app"))
        self._commit([], [], kept)
        await self._approved("platform", until=self._platform_is_gone)
        revision = self._commit([], [], kept[:1])
        await self._approved("platform", until=lambda: self._is_gone("platform"))
        await self._settled({"root"}, revision=revision)

    def _registrations(self) -> list[JsonObject]:
        made = rights_world.application("made", self._url)
        made["spec"]["destination"]["namespace"] = PLAIN_NAMESPACE
        made["spec"]["syncPolicy"]["syncOptions"] = ["CreateNamespace=true"]
        platform = rights_world.application("platform", self._url, project="platform")
        return [
            rights_world.tenant_project(self._url),
            rights_world.project(self._url),
            platform,
            rights_world.application("app", self._url),
            made,
            rights_world.closed_project(self._url),
            rights_world.closed_application(self._url),
        ]

    def _commit(
        self, app: list[JsonObject], platform: list[JsonObject], registrations: list[JsonObject]
    ) -> str:
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}}
        placeholder: dict[str, str | bytes] = {
            f"{folder}/README.md": ""
            for folder in ("app", "platform", "made", "unsealer", "registrations")
        }
        return self._repository.commit(
            placeholder
            | files("app", app)
            | files("platform", platform)
            | files("made", [config_map])
            | files("unsealer", rights_world.closed_objects())
            | files("registrations", registrations)
            | files("unmarked", self._registrations())
        )

    async def _settled(self, names: set[str], *, revision: str = "") -> None:
        async def is_settled() -> bool:
            live = (await self._admin.list(APPLICATIONS, "argocd")).items
            synced = {
                item["metadata"]["name"]
                for item in live
                if (item.get("status") or {}).get("sync", {}).get("status") == "Synced"
                and revision in {"", item["status"]["sync"].get("revision")}
            }
            return names <= synced

        try:
            await eventually(is_settled, timeout_seconds=60)
        except TimeoutError as error:
            live = (await self._admin.list(APPLICATIONS, "argocd")).items
            states = {item["metadata"]["name"]: _state(item) for item in live}
            raise AssertionError(json.dumps(states, indent=1)) from error

    async def _secret_is_unsealed(self) -> bool:
        try:
            secret = await self._admin.get(SECRETS, "sealed", APP_NAMESPACE)
        except ApiNotFound:
            return False
        return bool(secret["data"] == {"key": "dmFsdWU="})

    async def _deployment_is_marked(self) -> bool:
        live = await self._admin.get(DEPLOYMENTS, "all", APP_NAMESPACE)
        return bool(live["metadata"]["labels"].get("marked") == "yes")

    async def _is_gone(self, application: str) -> bool:
        try:
            await self._admin.get(APPLICATIONS, application, "argocd")
        except ApiNotFound:
            return True
        return False

    async def _approved(self, application: str, *, until: Callable[[], Awaitable[bool]]) -> None:
        """Approve what an Application asks about, until something holds."""

        async def is_over() -> bool:
            if await until():
                return True
            await approve_if_asked(self._admin, application)
            return False

        await eventually(is_over, timeout_seconds=60)

    async def _platform_is_gone(self) -> bool:
        kinds = await self._admin.kinds()
        kind = kinds.find("scheduling.k8s.io", "PriorityClass")
        assert kind is not None
        names = {item["metadata"]["name"] for item in (await self._admin.list(kind)).items}
        return "all" not in names


def _state(application: JsonObject) -> JsonObject:
    status = application.get("status") or {}
    operation = status.get("operationState") or {}
    return {
        "sync": (status.get("sync") or {}).get("status"),
        "revision": (status.get("sync") or {}).get("revision"),
        "operation": operation.get("message"),
        "conditions": status.get("conditions"),
    }


def _is_kept(content: JsonObject) -> bool:
    return content["metadata"]["name"] in {"platform", "rights"}


@pytest.fixture(scope="module")
def rights_plane(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, this cannot either
    build_settings: BuildSettings,
) -> Iterator[ControlPlane]:
    """Return a control plane of this module's own, with the shipped roles in it."""
    with ControlPlane(ensure_binaries(build_settings), clock=SystemClock()) as plane:
        cluster.install_platform(plane)
        definitions = json.dumps(
            {"apiVersion": "v1", "kind": "List", "items": rights_world.foreign_definitions()}
        ).encode()
        cluster.kubectl(plane, "apply", "--filename=-", stdin=definitions)
        cluster.wait_established(plane, "--filename=-", stdin=definitions)
        yield plane


@pytest.fixture(scope="module")
def requests(rights_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> list[Request]:
    """Play the scenario with both controllers as processes; return the whole audit log."""
    asyncio.run(_play(rights_plane, tmp_path_factory.mktemp("rights")))
    return list(read_requests(rights_plane.audit_log_path))


async def _play(rights_plane: ControlPlane, folder: Path) -> None:
    repository = SourceRepository.create(folder / "source.git")
    async with await cluster.connect(rights_plane.kubeconfig_path) as admin:
        sealed = await _install_sealing_key(admin)
        root = rights_world.application("root", str(repository.folder), project="gitopskit-root")
        await _register_root(admin, root)
        scenario = _Scenario(admin, repository, sealed)
        wanted = controllers(folder / "cache")
        kubeconfigs = [_kubeconfig(rights_plane, folder, it) for it in wanted]
        path = cluster.program_path()
        with running(wanted, folder=folder, kubeconfigs=kubeconfigs, path=path):
            await scenario.play()


def _kubeconfig(plane: ControlPlane, folder: Path, controller: Controller) -> Path:
    path = folder / f"{controller.account}.kubeconfig"
    token = plane.service_account_token(controller.namespace, controller.account)
    plane.write_kubeconfig(path, token=token)
    return path


async def _install_sealing_key(admin: KubeClient) -> JsonObject:
    now = SystemClock().now_utc()
    pair = new_sealing_key(now=now, size_bits=2048)
    secret = key_secret(pair, namespace="kube-system", name="key")
    await admin.create(SECRETS, secret, field_manager="test")
    certificate = read_certificate(pair.certificate_pem, where="test", now=now)
    content = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "sealed", "namespace": APP_NAMESPACE},
        "stringData": {"key": "value"},
    }
    return seal_secret(content, SealOptions(certificate=certificate))


async def _register_root(admin: KubeClient, root: JsonObject) -> None:
    root["metadata"].pop("finalizers")
    root["spec"]["destination"]["namespace"] = "argocd"
    root["spec"]["source"]["path"] = "registrations"
    url = root["spec"]["source"]["repoURL"]
    account = "gitopskit-system:gitopskit-platform-applier"
    server = rights_world.SERVER
    await admin.create(
        (await admin.kinds()).find("argoproj.io", "AppProject"),  # type: ignore[arg-type] # the fixture installed the kind
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "gitopskit-root", "namespace": "argocd"},
            "spec": {
                "sourceRepos": [url],
                "destinations": [{"server": server, "namespace": "argocd"}],
                "destinationServiceAccounts": [
                    {"server": server, "namespace": "argocd", "defaultServiceAccount": account}
                ],
            },
        },
        field_manager="test",
    )
    await admin.create(APPLICATIONS, root, field_manager="test")


def _ours(requests: list[Request]) -> list[Request]:
    return [request for request in requests if role_of(request.actor)]


def _used(requests: list[Request]) -> set[Permission]:
    """Return the permissions of the shipped roles that the requests were allowed by."""
    used: set[Permission] = set()
    for request in requests:
        role = role_of(request.actor)
        group, resource, verb = request.permission
        # an apply that makes an object needs the right to create it, and is logged as a patch
        verbs = (verb, "create") if (verb, request.status) == ("patch", 201) else (verb,)
        for namespace, needed in product((request.namespace, ""), verbs):
            used.add(Permission(role, namespace, group, resource, needed))
        if request.impersonated:
            used.add(Permission(role_of(request.user), "", "", "serviceaccounts", "impersonate"))
        if resource == "rolebindings" and verb in {"create", "patch"}:
            used.add(Permission(role, "", "rbac.authorization.k8s.io", "clusterroles", "bind"))
    return used


def test_nothing_was_refused_and_nothing_of_a_user_written_as_itself(
    requests: list[Request], rights_plane: ControlPlane
) -> None:
    assert surprises(rights_plane.audit_log_path) == []

    impersonated = {request.impersonated for request in requests if request.user == RECONCILER}
    assert f"system:serviceaccount:{APP_NAMESPACE}:gitopskit-applier" in impersonated


def test_the_unsealer_writes_secrets_events_and_status_only(requests: list[Request]) -> None:
    written = {
        (request.resource, request.subresource)
        for request in requests
        if request.user == UNSEALER and request.verb in WRITES
    }

    told = {("events", ""), ("sealedsecrets", "status"), ("configmaps", ""), ("leases", "")}
    allowed = {("secrets", ""), *told}
    assert written <= allowed
    assert ("secrets", "") in written


def test_every_permission_that_is_shipped_is_used(requests: list[Request]) -> None:
    unused = granted() - _used(_ours(requests))

    assert sorted(map(str, unused)) == []


def test_no_inventory_is_left_when_everything_is_gone(requests: list[Request]) -> None:
    inventories = [
        request
        for request in requests
        if request.resource == CONFIG_MAPS.plural
        and request.namespace == "gitopskit-system"
        and request.name.startswith("gitopskit-inventory-")
    ]

    last = {request.name: request.verb for request in inventories if request.verb in WRITES}
    assert {verb for name, verb in last.items() if "-app-" in name} == {"delete"}
