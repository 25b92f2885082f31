"""A cluster with a repository: what the tests of the reconciler set up and look at."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from gitopskit.errors import ApiError, ApiNotFound
from gitopskit.kube.resources import (
    APP_PROJECTS,
    APPLICATIONS,
    CONFIG_MAPS,
    ROLE_BINDINGS,
    SERVICE_ACCOUNTS,
    ResourceType,
)
from gitopskit.reconciler.loop import Controller, ReconcilerOptions
from gitopskit.reconciler.repositories import RepositoryOptions
from gitopskit.render.programs import find_programs
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from tests.support.gitrepo import SourceRepository

PERSON = "kubectl-edit"
SERVER = "https://kubernetes.default.svc"
AUTOMATED = {"prune": True, "selfHeal": True, "allowEmpty": False}


def config_map(name: str, **data: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": data,
    }


def text(*contents: JsonObject) -> str:
    return yaml.safe_dump_all(contents, sort_keys=False)


@dataclass
class World:
    """A namespace with an applier, a repository, and the Applications that a test makes."""

    admin: KubeClient
    namespace: str
    repository: SourceRepository
    cache_dir: Path
    made: list[tuple[ResourceType, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return str(self.repository.folder)

    async def prepare_namespace(self, namespace: str) -> None:
        """Make the applier of a namespace, as the platform does."""
        account = {"name": "gitopskit-applier", "namespace": namespace}
        await self._ensure(SERVICE_ACCOUNTS, {"metadata": account})
        await self._ensure(
            ROLE_BINDINGS,
            {
                "metadata": account,
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "gitopskit-applier",
                },
                "subjects": [{"kind": "ServiceAccount", **account}],
            },
        )

    async def project(
        self, name: str, *, annotations: dict[str, str] | None = None, **spec: JsonValue
    ) -> JsonObject:
        """Make a project that allows the repository and the namespace, or what is said."""
        body = {
            "metadata": {"name": name, "namespace": "argocd", "annotations": annotations or {}},
            "spec": {
                "sourceRepos": [self.url],
                "destinations": [{"server": SERVER, "namespace": self.namespace}],
                **spec,
            },
        }
        return await self._make(APP_PROJECTS, body)

    async def application(
        self,
        name: str,
        *,
        project: str,
        path: str = "app",
        namespace: str | None = None,
        policy: JsonObject | None = None,
        finalizer: bool = False,
        **spec: JsonValue,
    ) -> JsonObject:
        """Make an Application of a path of the repository."""
        finalizers = ["resources-finalizer.argocd.argoproj.io"] if finalizer else []
        body = {
            "metadata": {"name": name, "namespace": "argocd", "finalizers": finalizers},
            "spec": {
                "project": project,
                "source": {"repoURL": self.url, "targetRevision": "main", "path": path},
                "destination": {
                    "server": SERVER,
                    "namespace": self.namespace if namespace is None else namespace,
                },
                "syncPolicy": {"automated": AUTOMATED} if policy is None else policy,
                **spec,
            },
        }
        return await self._make(APPLICATIONS, body)

    async def get(
        self, kind: ResourceType, name: str, namespace: str | None = None
    ) -> JsonObject | None:
        """Return an object as the administrator sees it, or None."""
        place = self.namespace if namespace is None else namespace
        try:
            return await self.admin.get(kind, name, place if kind.is_namespaced else "")
        except ApiNotFound:
            return None

    async def status(self, name: str) -> JsonObject:
        content = await self.get(APPLICATIONS, name, "argocd") or {}
        return content.get("status") or {}

    async def conditions(self, name: str) -> dict[str, str]:
        status = await self.status(name)
        return {item["type"]: item["message"] for item in status.get("conditions") or ()}

    async def until_synced(
        self, name: str, *, revision: str = "", health: str = "Healthy"
    ) -> JsonObject:
        """Wait until an Application is synced, healthy and at a revision; return its status."""

        async def is_there() -> bool:
            status = await self.status(name)
            sync = status.get("sync") or {}
            return (
                sync.get("status") == "Synced"
                and (status.get("health") or {}).get("status") == health
                and sync.get("revision", "").startswith(revision)
            )

        try:
            await eventually(is_there)
        except TimeoutError as error:
            raise AssertionError(await self.status(name)) from error
        return await self.status(name)

    async def until_condition(self, name: str, kind: str, containing: str = "") -> str:
        """Wait until an Application has a condition; return its message."""

        async def is_there() -> bool:
            found = (await self.conditions(name)).get(kind)
            return found is not None and containing in found

        try:
            await eventually(is_there)
        except TimeoutError as error:
            raise AssertionError(await self.status(name)) from error
        return (await self.conditions(name))[kind]

    async def until_gone(self, kind: ResourceType, name: str, namespace: str | None = None) -> None:
        async def is_gone() -> bool:
            return await self.get(kind, name, namespace) is None

        await eventually(is_gone)

    async def data(self, name: str) -> dict[str, str] | None:
        """Return what a ConfigMap of the namespace holds, or None where there is none."""
        found = await self.get(CONFIG_MAPS, name)
        return None if found is None else found.get("data") or {}

    async def listed(self, application: str) -> dict[str, JsonObject]:
        """Return the entries of an inventory by the names of their objects; it has one shard."""
        name = f"gitopskit-inventory-{application}-0"
        found = await self.get(CONFIG_MAPS, name, "gitopskit-system")
        entries = json.loads(found["data"]["entries.json"]) if found else []
        return {entry["name"]: entry for entry in entries}

    async def edit(self, kind: ResourceType, name: str, patch: JsonObject) -> JsonObject:
        """Change an object as `kubectl edit` does."""
        return await self.admin.patch(kind, name, self.namespace, patch=patch, field_manager=PERSON)

    async def clean_up(self) -> None:
        """Take away what the test registered, without waiting for finalizers."""
        for kind, name in self.made:
            content = await self.get(kind, name, "argocd")
            if content is None:
                continue
            if content["metadata"].get("finalizers"):
                await self.admin.patch(
                    kind,
                    name,
                    "argocd",
                    patch={"metadata": {"finalizers": None}},
                    field_manager="tests",
                )
            try:
                await self.admin.delete(kind, name, "argocd", uid=content["metadata"]["uid"])
            except ApiError:
                continue

    async def _make(self, kind: ResourceType, body: JsonObject) -> JsonObject:
        self.made.append((kind, body["metadata"]["name"]))
        typed = {"apiVersion": kind.api_version, "kind": kind.kind, **body}
        return await self.admin.create(kind, typed, field_manager="tests")

    async def _ensure(self, kind: ResourceType, body: JsonObject) -> None:
        typed = {"apiVersion": kind.api_version, "kind": kind.kind, **body}
        await self.admin.apply(kind, typed, field_manager="tests", force=True)


def options(
    cache_dir: Path, *, poll_seconds: float = 0.5, allows_local: bool = True, helm: str = ""
) -> ReconcilerOptions:
    path = os.environ["PATH"]
    programs = replace(find_programs(path, beside=Path(sys.executable)), helm=helm)
    return ReconcilerOptions(
        repositories=RepositoryOptions(
            cache_dir=cache_dir,
            path=path,
            programs=programs,
            allows_local=allows_local,
        ),
        poll_seconds=poll_seconds,
    )


@asynccontextmanager
async def running(
    api: KubeClient, cache_dir: Path, *, poll_seconds: float = 0.5, helm: str = ""
) -> AsyncIterator[Controller]:
    """Run the reconciler for the length of a block, with Helm if it is named."""
    controller = Controller(api, options(cache_dir, poll_seconds=poll_seconds, helm=helm))
    task = asyncio.create_task(controller.run())
    try:
        yield controller
    finally:
        controller.stop()
        await task
