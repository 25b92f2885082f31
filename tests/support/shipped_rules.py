"""What the shipped roles grant, as single permissions, and who holds which role."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from gitopskit.repository.templates import platform_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.json_types import JsonObject

RECONCILER = "system:serviceaccount:gitopskit-system:gitopskit-reconciler"
UNSEALER = "system:serviceaccount:kube-system:gitopskit-unsealer"
PLATFORM_APPLIER = "system:serviceaccount:gitopskit-system:gitopskit-platform-applier"

_FILES = ("appliers.yaml", "reconciler/rbac.yaml", "unsealer/rbac.yaml")


class Permission(NamedTuple):
    """One verb on one resource, for the holder of a role (in a namespace, if it is a Role)."""

    role: str
    namespace: str
    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        """Return it as a person would say it."""
        place = f" in {self.namespace}" if self.namespace else ""
        return f"{self.role}{place}: {self.verb} {self.resource}.{self.group}"


def granted(*, for_all_names: bool = False) -> set[Permission]:
    """Return every permission of every shipped Role and ClusterRole.

    With ``for_all_names``, those for objects of certain names are left out.
    """
    contents = [manifest.content for name in _FILES for manifest in platform_documents(name)]
    roles = [content for content in contents if content["kind"] in {"Role", "ClusterRole"}]
    rules = [(role["metadata"], rule) for role in roles for rule in role["rules"]]
    return {
        permission
        for metadata, rule in rules
        if not (for_all_names and rule.get("resourceNames"))
        for permission in _permissions(metadata, rule)
    }


def is_applier(user: str) -> bool:
    """Tell whether a user is the applier of some application's namespace."""
    return user.startswith("system:serviceaccount:") and user.endswith(":gitopskit-applier")


def role_of(user: str) -> str:
    """Return the role's name that a user of ours holds; empty for anybody else."""
    if user in {RECONCILER, UNSEALER, PLATFORM_APPLIER}:
        return user.rpartition(":")[2]
    return "gitopskit-applier" if is_applier(user) else ""


def _permissions(metadata: JsonObject, rule: JsonObject) -> Iterator[Permission]:
    for group, resource, verb in product(rule["apiGroups"], rule["resources"], rule["verbs"]):
        yield Permission(metadata["name"], metadata.get("namespace", ""), group, resource, verb)
