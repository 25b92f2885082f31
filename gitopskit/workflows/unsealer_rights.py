"""The unsealer's rights, narrowed or widened from those of the shipped rbac.yaml.

Pure: objects in, objects out. The shipped file is for the whole cluster with a watch on Secrets;
everything else is said here as a difference from it. Start reading at `rights`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.workflows.unsealer_installation import UnsealerInstallation

_WATCHING: Final = ("list", "watch")
_KEY_VERBS: Final = ("get", *_WATCHING, "create", "update")
"""What sealing keys need in the unsealer's namespace, which the whole cluster's rights include."""

_NAMESPACES_RULE: Final[JsonObject] = {
    "apiGroups": [""],
    "resources": ["namespaces"],
    "verbs": ["list", "watch"],
}


def rights(shipped: Sequence[JsonObject], wanted: UnsealerInstallation) -> list[JsonObject]:
    """Return account, roles and bindings for an installation.

    ``shipped`` are the objects of rbac.yaml, in the namespace of the installation.
    """
    [account] = _of_kind(shipped, "ServiceAccount")
    [cluster_role] = _of_kind(shipped, "ClusterRole")
    [cluster_binding] = _of_kind(shipped, "ClusterRoleBinding")
    [own_role] = _of_kind(shipped, "Role")
    [own_binding] = _of_kind(shipped, "RoleBinding")
    watched = _for_wishes(cluster_role["rules"], wanted)
    is_covered = wanted.mode == "cluster" and wanted.watches_secrets
    own = own_role["rules"] if is_covered else _with_keys(own_role["rules"], wanted)
    everywhere: list[JsonObject] = []
    if wanted.mode == "cluster":
        rules = [*watched, *([_NAMESPACES_RULE] if wanted.namespace_selector else [])]
        everywhere = [{**cluster_role, "rules": rules}, cluster_binding]
    elif wanted.namespace_selector:
        everywhere = _selected(cluster_role, cluster_binding, watched)
    if wanted.namespace in wanted.watch_namespaces:
        own = [*watched, *own]
    return [
        account,
        *everywhere,
        *_in_each_namespace(own_binding, watched, wanted),
        {**own_role, "rules": own},
        own_binding,
    ]


def certificate_readers(
    shipped: Sequence[JsonObject], wanted: UnsealerInstallation
) -> list[JsonObject]:
    """Return role and binding of those who may fetch the certificate; nothing where nobody may."""
    if not wanted.cert_readers:
        return []
    [role] = _of_kind(shipped, "Role")
    [binding] = _of_kind(shipped, "RoleBinding")
    subjects = [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}
        for group in wanted.cert_readers
    ]
    return [role, {**binding, "subjects": subjects}]


def _of_kind(objects: Iterable[JsonObject], kind: str) -> list[JsonObject]:
    return [content for content in objects if content["kind"] == kind]


def _for_wishes(rules: Iterable[JsonObject], wanted: UnsealerInstallation) -> list[JsonObject]:
    """Return the rules for watched namespaces, with what is wanted of Secrets."""
    return [
        {**rule, "verbs": _secret_verbs(rule["verbs"], wanted)}
        if rule["resources"] == ["secrets"]
        else rule
        for rule in rules
    ]


def _secret_verbs(verbs: Iterable[str], wanted: UnsealerInstallation) -> list[str]:
    kept = [verb for verb in verbs if wanted.watches_secrets or verb not in _WATCHING]
    return [*kept, *(["delete"] if wanted.allows_recreation else [])]


def _with_keys(rules: Iterable[JsonObject], wanted: UnsealerInstallation) -> list[JsonObject]:
    """Return the rules of the unsealer's own namespace with what its keys need there."""
    lacking = [verb for verb in _KEY_VERBS if wanted.mode == "namespaces" or verb in _WATCHING]
    return [*rules, {"apiGroups": [""], "resources": ["secrets"], "verbs": lacking}]


def _in_each_namespace(
    binding: JsonObject, rules: list[JsonObject], wanted: UnsealerInstallation
) -> list[JsonObject]:
    """Return role and binding for each listed namespace but the unsealer's own, which has its."""
    made: list[JsonObject] = []
    for name in wanted.watch_namespaces:
        if name == wanted.namespace:
            continue
        metadata = {**binding["metadata"], "namespace": name}
        made.append(
            {
                "apiVersion": binding["apiVersion"],
                "kind": "Role",
                "metadata": metadata,
                "rules": rules,
            }
        )
        made.append({**binding, "metadata": metadata})
    return made


def _selected(role: JsonObject, binding: JsonObject, rules: list[JsonObject]) -> list[JsonObject]:
    """Return a role that each selected namespace binds for itself, and the right to select."""
    name = f"{role['metadata']['name']}-selection"
    metadata = {**role["metadata"], "name": name}
    return [
        {**role, "rules": rules},
        {**role, "metadata": metadata, "rules": [_NAMESPACES_RULE]},
        {
            **binding,
            "metadata": {**binding["metadata"], "name": name},
            "roleRef": {**binding["roleRef"], "name": name},
        },
    ]
