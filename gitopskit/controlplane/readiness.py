"""When a control plane is ready to be used, and the simulated nodes that it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiError

if TYPE_CHECKING:
    from gitopskit.controlplane.rest import Rest
    from gitopskit.manifests.json_types import JsonObject

NODE_NAMES: Final = ("node-a", "node-b")

_NODE_RESOURCES: Final = {"cpu": "64", "memory": "256Gi", "pods": "1000"}


def answers(rest: Rest) -> bool:
    """Return whether the API server says that it is ready."""
    try:
        rest.send("GET", "/readyz")
    except ApiError:
        return False
    return True


def has_service_accounts(rest: Rest) -> bool:
    """Return whether the controllers have made the first ServiceAccount."""
    try:
        rest.get("/api/v1/namespaces/default/serviceaccounts/default")
    except ApiError:
        return False
    return True


def has_ready_nodes(rest: Rest) -> bool:
    """Return whether every node takes Pods."""
    return all(_takes_pods(node) for node in rest.get("/api/v1/nodes")["items"])


def create_nodes(rest: Rest) -> None:
    """Register the simulated nodes."""
    for name in NODE_NAMES:
        rest.post("/api/v1/nodes", _node(name))


def _takes_pods(node: JsonObject) -> bool:
    conditions = node["status"].get("conditions") or []
    is_ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return is_ready and not node["spec"].get("taints")


def _node(name: str) -> JsonObject:
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "status": {"capacity": _NODE_RESOURCES, "allocatable": _NODE_RESOURCES},
    }
