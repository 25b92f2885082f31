"""Widgets: a kind that a test defines for itself, in a group of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.kube.resources import ResourceType

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.reconciling import World

RBAC: Final = "rbac.authorization.k8s.io"

CLUSTER_ROLES = ResourceType(
    group=RBAC, version="v1", plural="clusterroles", kind="ClusterRole", is_namespaced=False
)
CLUSTER_ROLE_BINDINGS = ResourceType(
    group=RBAC,
    version="v1",
    plural="clusterrolebindings",
    kind="ClusterRoleBinding",
    is_namespaced=False,
)


def widgets(group: str) -> ResourceType:
    """Return where the widgets of a group are."""
    return ResourceType(group=group, version="v1", plural="widgets", kind="Widget")


async def grant(world: World, name: str, group: str) -> None:
    """Let the applier of the namespace write definitions and objects of one group."""
    subject = {
        "kind": "ServiceAccount",
        "name": "gitopskit-applier",
        "namespace": world.namespace,
    }
    verbs = ["get", "create", "patch", "delete"]
    rules = [
        {
            "apiGroups": ["apiextensions.k8s.io"],
            "resources": ["customresourcedefinitions"],
            "verbs": verbs,
        },
        {"apiGroups": [group], "resources": ["*"], "verbs": verbs},
    ]
    await world.admin.create(
        CLUSTER_ROLES,
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": rules,
        },
        field_manager="tests",
    )
    await world.admin.create(
        CLUSTER_ROLE_BINDINGS,
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [subject],
        },
        field_manager="tests",
    )


def definition(group: str) -> JsonObject:
    """Return the definition of the widgets of a group."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }
