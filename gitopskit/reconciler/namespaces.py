"""CreateNamespace: a namespace for an Application, ready for its applier.

Done in the name of the platform's applier. A namespace that was there before is left alone: who
made it decides who may write there. What is made here is tracked by nobody and never pruned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiConflict, ApiNotFound
from gitopskit.kube.resources import NAMESPACES, ROLE_BINDINGS, SERVICE_ACCOUNTS
from gitopskit.reconciler import names

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject

_RBAC: Final = "rbac.authorization.k8s.io"


async def ensure_namespace(api: KubeClient, namespace: str, *, application: str) -> bool:
    """Make a namespace with its applier if it is absent; return whether anything was made.

    One that was made half before a crash is completed: its annotation tells for whom it is.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    made = False
    try:
        live = await api.get(NAMESPACES, namespace)
    except ApiNotFound:
        made = await _create(api, NAMESPACES, _namespace(namespace, application))
        live = _namespace(namespace, application)
    annotations = live["metadata"].get("annotations") or {}
    if annotations.get(names.CREATED_FOR_ANNOTATION) != application:
        return made
    for kind, body in (
        (SERVICE_ACCOUNTS, _account(namespace)),
        (ROLE_BINDINGS, _binding(namespace)),
    ):
        if not await _exists(api, kind, namespace):
            made = await _create(api, kind, body) or made
    return made


async def _exists(api: KubeClient, kind: ResourceType, namespace: str) -> bool:
    try:
        await api.get(kind, names.APPLIER, namespace)
    except ApiNotFound:
        return False
    return True


async def _create(api: KubeClient, kind: ResourceType, body: JsonObject) -> bool:
    try:
        await api.create(
            kind, body, field_manager=names.OBJECT_MANAGER, as_user=names.PLATFORM.user
        )
    except ApiConflict:
        return False
    return True


def _namespace(name: str, application: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "annotations": {names.CREATED_FOR_ANNOTATION: application},
        },
    }


def _account(namespace: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": names.APPLIER, "namespace": namespace},
    }


def _binding(namespace: str) -> JsonObject:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": names.APPLIER, "namespace": namespace},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": names.APPLIER},
        "subjects": [{"kind": "ServiceAccount", "name": names.APPLIER, "namespace": namespace}],
    }
