"""One namespace of a cluster as a test of the unsealer looks at it: with an admin's eyes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import (
    EVENTS,
    ROLE_BINDINGS,
    SEALED_SECRETS,
    SECRETS,
    ResourceType,
)
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE
from gitopskit.unsealer.loop import Unsealer
from gitopskit.unsealer.options import UnsealerOptions
from tests.support.polling import eventually
from tests.support.unsealing import synced, values_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

    Running: TypeAlias = Callable[..., AbstractAsyncContextManager[Unsealer]]

MANAGER: Final = "kubectl-edit"
RBAC_GROUP: Final = "rbac.authorization.k8s.io"
ROLES: Final = ResourceType(group=RBAC_GROUP, version="v1", plural="roles", kind="Role")
CLUSTER_ROLES: Final = ResourceType(
    group=RBAC_GROUP, version="v1", plural="clusterroles", kind="ClusterRole", is_namespaced=False
)
CLUSTER_ROLE_BINDINGS: Final = ResourceType(
    group=RBAC_GROUP,
    version="v1",
    plural="clusterrolebindings",
    kind="ClusterRoleBinding",
    is_namespaced=False,
)
UNSEALER: Final = {
    "kind": "ServiceAccount",
    "name": "gitopskit-unsealer",
    "namespace": UNSEALER_NAMESPACE,
}


def rbac_object(kind: str, metadata: JsonObject, **content: object) -> JsonObject:
    """Return an object of Kubernetes' role-based access control."""
    return {"apiVersion": f"{RBAC_GROUP}/v1", "kind": kind, "metadata": metadata, **content}


async def is_allowed(
    admin: KubeClient, user: str, *, groups: Sequence[str] = (), **attributes: str
) -> bool:
    """Tell whether the API server lets somebody do what the attributes of a review name."""
    group = "authorization.k8s.io"
    asked = {"user": user, "groups": list(groups), "resourceAttributes": attributes}
    answer = await admin.request(
        "POST",
        f"/apis/{group}/v1/subjectaccessreviews",
        body={"apiVersion": f"{group}/v1", "kind": "SubjectAccessReview", "spec": asked},
    )
    return bool(answer["status"]["allowed"])


@asynccontextmanager
async def running(api: KubeClient, **options: Any) -> AsyncIterator[Unsealer]:  # noqa: ANN401 -- as UnsealerOptions takes them
    """Run an unsealer on a client for the length of a block; end it in order."""
    controller = Unsealer(api, UnsealerOptions(instance="tests", **options))
    program = asyncio.create_task(controller.run())
    try:
        yield controller
    finally:
        controller.stop()
        await program


class Cluster:
    """Reads and writes the objects of one namespace; waits for what the unsealer makes of them."""

    def __init__(self, admin: KubeClient, namespace: str) -> None:
        self.admin = admin
        self.namespace = namespace

    async def create(self, kind: ResourceType, content: JsonObject) -> JsonObject:
        return await self.admin.create(kind, content, field_manager=MANAGER)

    async def create_sealed(self, content: JsonObject) -> JsonObject:
        return await self.create(SEALED_SECRETS, content)

    async def create_secret(
        self, name: str, values: Mapping[str, str], **metadata: object
    ) -> JsonObject:
        body: JsonObject = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {**metadata, "name": name, "namespace": self.namespace},
            "stringData": dict(values),
        }
        return await self.create(SECRETS, body)

    async def secret(self, name: str) -> JsonObject | None:
        try:
            return await self.admin.get(SECRETS, name, self.namespace)
        except ApiNotFound:
            return None

    async def sealed(self, name: str) -> JsonObject:
        return await self.admin.get(SEALED_SECRETS, name, self.namespace)

    async def patch_secret(self, name: str, patch: JsonObject | list[JsonObject]) -> JsonObject:
        return await self.admin.patch(
            SECRETS, name, self.namespace, patch=patch, field_manager=MANAGER
        )

    async def patch_sealed(self, name: str, patch: JsonObject) -> JsonObject:
        return await self.admin.patch(
            SEALED_SECRETS, name, self.namespace, patch=patch, field_manager=MANAGER
        )

    async def delete(self, kind: ResourceType, content: JsonObject) -> None:
        metadata = content["metadata"]
        await self.admin.delete(kind, metadata["name"], metadata["namespace"], uid=metadata["uid"])

    @asynccontextmanager
    async def granting(self, *verbs: str) -> AsyncIterator[None]:
        """Let the unsealer do more with this namespace's Secrets for the length of a block."""
        metadata = {"name": f"more-rights-{'-'.join(verbs)}", "namespace": self.namespace}
        rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": list(verbs)}
        role = await self.create(ROLES, rbac_object("Role", metadata, rules=[rule]))
        reference = {"apiGroup": RBAC_GROUP, "kind": "Role", "name": metadata["name"]}
        binding = rbac_object("RoleBinding", metadata, roleRef=reference, subjects=[UNSEALER])
        bound = await self.create(ROLE_BINDINGS, binding)
        try:
            yield
        finally:
            await self.delete(ROLE_BINDINGS, bound)
            await self.delete(ROLES, role)

    async def events(self, name: str) -> list[JsonObject]:
        selector = f"regarding.name={name}"
        listing = await self.admin.list(EVENTS, self.namespace, field_selector=selector)
        return list(listing.items)

    async def until_values(
        self, name: str, expected: Mapping[str, str], *, timeout_seconds: float = 10.0
    ) -> JsonObject:
        """Wait until the Secret holds exactly these values; return it."""

        async def holds() -> bool:
            found = await self.secret(name)
            return found is not None and values_of(found) == expected

        await eventually(holds, timeout_seconds=timeout_seconds)
        found = await self.secret(name)
        assert found is not None
        return found

    async def until_status(self, name: str, status: str, *, containing: str = "") -> JsonObject:
        """Wait until the condition has this status and words in its message; return it."""

        async def says() -> bool:
            condition = synced(await self.sealed(name))
            return condition.get("status") == status and containing in condition["message"]

        await eventually(says)
        return synced(await self.sealed(name))

    async def until_generation(
        self, name: str, generation: int, *, timeout_seconds: float = 10.0
    ) -> None:
        """Wait until the status speaks of a generation and says that it is synced."""

        async def says() -> bool:
            found = await self.sealed(name)
            observed = (found.get("status") or {}).get("observedGeneration")
            return observed == generation and synced(found).get("status") == "True"

        await eventually(says, timeout_seconds=timeout_seconds)

    async def until_items(self, name: str, items: set[str]) -> None:
        """Wait until the Secret has exactly these items, whatever their values."""

        async def has() -> bool:
            found = await self.secret(name)
            return found is not None and set(found.get("data") or {}) == items

        await eventually(has)

    async def until_owner(self, name: str, owner: JsonObject) -> None:
        """Wait until a SealedSecret controls the Secret."""

        async def controls() -> bool:
            found = await self.secret(name) or {"metadata": {}}
            references = found["metadata"].get("ownerReferences") or []
            uids = [reference["uid"] for reference in references if reference.get("controller")]
            return uids == [owner["metadata"]["uid"]]

        await eventually(controls)

    async def versions(self) -> dict[str, str]:
        """Return the version of every Secret and SealedSecret, by ``kind/name``."""
        return {
            f"{kind.kind}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for kind in (SECRETS, SEALED_SECRETS)
            for item in (await self.admin.list(kind, self.namespace)).items
        }
