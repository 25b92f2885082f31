"""How rights follow from a mode: roles as values, told as single permissions."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from gitopskit.repository.templates import platform_documents
from gitopskit.workflows.unsealer_installation import UnsealerInstallation
from gitopskit.workflows.unsealer_manifests import rights_files
from gitopskit.workflows.unsealer_rights import certificate_readers, rights

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

SHIPPED = [item.content for item in platform_documents("unsealer/rbac.yaml")]
READERS = [item.content for item in platform_documents("unsealer/certificate-readers.yaml")]
HERE = "kube-system"
LISTED = UnsealerInstallation(mode="namespaces", watch_namespaces=("shop", "web"))


def _verbs(objects: list[JsonObject], resource: str, namespace: str = "") -> set[str]:
    """Return what the roles of a namespace (empty: the cluster's) allow with a resource."""
    return {
        verb
        for role in objects
        if role["kind"] in {"Role", "ClusterRole"}
        and role["metadata"].get("namespace", "") == namespace
        for rule in role["rules"]
        for each, verb in product(rule["resources"], rule["verbs"])
        if each == resource
    }


def _names(objects: list[JsonObject]) -> list[tuple[str, str, str]]:
    return [
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
        for each in objects
    ]


def test_what_is_shipped_is_for_the_whole_cluster() -> None:
    assert rights(SHIPPED, UnsealerInstallation()) == SHIPPED


def test_no_role_holds_the_same_permission_twice() -> None:
    for role in SHIPPED:
        rules = role.get("rules", [])
        permissions = [
            (group, resource, verb, tuple(rule.get("resourceNames", [])))
            for rule in rules
            for group, resource, verb in product(
                rule["apiGroups"], rule["resources"], rule["verbs"]
            )
        ]
        assert len(permissions) == len(set(permissions))


def test_listed_namespaces_are_granted_by_roles_and_nothing_beyond_them() -> None:
    made = rights(SHIPPED, LISTED)

    assert _names(made) == [
        ("ServiceAccount", HERE, "gitopskit-unsealer"),
        ("Role", "shop", "gitopskit-unsealer"),
        ("RoleBinding", "shop", "gitopskit-unsealer"),
        ("Role", "web", "gitopskit-unsealer"),
        ("RoleBinding", "web", "gitopskit-unsealer"),
        ("Role", HERE, "gitopskit-unsealer"),
        ("RoleBinding", HERE, "gitopskit-unsealer"),
    ]
    assert _verbs(made, "sealedsecrets", "web") == _verbs(SHIPPED, "sealedsecrets")
    assert {"list", "watch", "create"} <= _verbs(made, "secrets", HERE)
    assert _verbs(made, "sealedsecrets", HERE) == set()
    assert {each["subjects"][0]["namespace"] for each in made if "subjects" in each} == {HERE}


def test_its_own_namespace_may_be_among_the_listed_ones() -> None:
    wanted = UnsealerInstallation(mode="namespaces", watch_namespaces=(HERE,))

    made = rights(SHIPPED, wanted)

    assert [kind for kind, _, _ in _names(made)] == ["ServiceAccount", "Role", "RoleBinding"]
    assert _verbs(made, "sealedsecrets", HERE) == _verbs(SHIPPED, "sealedsecrets")


def test_selected_namespaces_bind_the_role_themselves() -> None:
    wanted = UnsealerInstallation(mode="namespaces", namespace_selector="team=web")

    made = rights(SHIPPED, wanted)

    bindings = [each for each in made if each["kind"] == "ClusterRoleBinding"]
    assert [each["roleRef"]["name"] for each in bindings] == ["gitopskit-unsealer-selection"]
    [selection] = [each for each in made if each["metadata"]["name"].endswith("-selection")][:1]
    assert selection["rules"] == [
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]}
    ]
    assert ("ClusterRole", "", "gitopskit-unsealer") in _names(made)


def test_namespaces_may_be_listed_beside_those_that_are_selected() -> None:
    wanted = replace(LISTED, namespace_selector="team=web")

    made = rights(SHIPPED, wanted)

    assert ("Role", "shop", "gitopskit-unsealer") in _names(made)
    assert ("ClusterRole", "", "gitopskit-unsealer") in _names(made)
    assert ("ClusterRoleBinding", "", "gitopskit-unsealer") not in _names(made)


def test_a_selector_with_the_clusters_rights_adds_the_right_to_see_namespaces() -> None:
    made = rights(SHIPPED, UnsealerInstallation(namespace_selector="team=web"))

    assert _verbs(made, "namespaces") == {"list", "watch"}
    assert len(made) == len(SHIPPED)


@pytest.mark.parametrize("namespace", ["", "shop"])
def test_without_a_watch_on_secrets_they_are_listed_where_the_keys_are_only(
    namespace: str,
) -> None:
    wanted = UnsealerInstallation(
        mode="namespaces" if namespace else "cluster",
        watch_namespaces=(namespace,) if namespace else (),
        watches_secrets=False,
    )

    made = rights(SHIPPED, wanted)

    assert _verbs(made, "secrets", namespace) == {"get", "create", "update"}
    assert {"list", "watch"} <= _verbs(made, "secrets", HERE)


def test_secrets_are_deleted_only_where_that_was_allowed() -> None:
    assert "delete" not in _verbs(SHIPPED, "secrets")

    made = rights(SHIPPED, UnsealerInstallation(allows_recreation=True))

    assert "delete" in _verbs(made, "secrets")


def test_nobody_may_fetch_the_certificate_by_default() -> None:
    assert certificate_readers(READERS, UnsealerInstallation()) == []


def test_readers_get_what_kubeseal_needs_and_nothing_else() -> None:
    wanted = UnsealerInstallation(cert_readers=("developers", "ci"), service="sealer")

    role, binding = rights_files(wanted)["rbac.yaml"][-2:]

    assert [
        (rule["resources"], rule["resourceNames"], rule["verbs"]) for rule in role["rules"]
    ] == [
        (["configmaps"], ["gitopskit-sealing-certificate"], ["get"]),
        (["services"], ["sealer"], ["get"]),
        (["services/proxy"], ["http:sealer:http"], ["get", "create"]),
    ]
    assert [subject["name"] for subject in binding["subjects"]] == ["developers", "ci"]
    assert {subject["kind"] for subject in binding["subjects"]} == {"Group"}
