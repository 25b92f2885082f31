"""What a token of the reconciler is good for, with the shipped rights: the API server is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from tests.support.reconciling import World

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RBAC = "rbac.authorization.k8s.io"
TENANT = "the tenant's"
"""Stands for the namespace of the test."""


class Try(NamedTuple):
    """Something that somebody with a stolen token would try."""

    verb: str
    group: str
    resource: str
    name: str = ""
    namespace: str = ""
    subresource: str = ""


REFUSED = {
    "write-a-tenants-config-map": Try("create", "", "configmaps", namespace=TENANT),
    "patch-a-tenants-deployment": Try("patch", "apps", "deployments", "web", TENANT),
    "read-a-tenants-secrets": Try("list", "", "secrets", namespace=TENANT),
    "read-the-sealing-keys": Try("get", "", "secrets", namespace="kube-system"),
    "read-all-secrets": Try("list", "", "secrets"),
    "make-a-token": Try("create", "", "serviceaccounts", "gitopskit-applier", TENANT, "token"),
    "run-in-a-pod": Try("create", "", "pods", "web-0", TENANT, "exec"),
    "bind-a-role": Try("bind", RBAC, "clusterroles", "cluster-admin"),
    "widen-a-role": Try("escalate", RBAC, "clusterroles", "gitopskit-reconciler"),
    "give-itself-a-role": Try("create", RBAC, "clusterrolebindings"),
    "be-an-administrator": Try("impersonate", "", "users", "kubernetes-admin"),
    "be-in-the-masters": Try("impersonate", "", "groups", "system:masters"),
    "be-another-account": Try("impersonate", "", "serviceaccounts", "default", TENANT),
    "be-the-unsealer": Try(
        "impersonate", "", "serviceaccounts", "gitopskit-unsealer", "kube-system"
    ),
    "register-a-project": Try("create", "argoproj.io", "appprojects", namespace="argocd"),
    "register-an-application": Try("create", "argoproj.io", "applications", namespace="argocd"),
    "take-the-unsealers-lease": Try(
        "update", "coordination.k8s.io", "leases", "gitopskit-unsealer", "kube-system"
    ),
}
ALLOWED = {
    "be-an-applier": Try("impersonate", "", "serviceaccounts", "gitopskit-applier", TENANT),
    "write-inventories": Try("create", "", "configmaps", namespace="gitopskit-system"),
    "watch-config-maps": Try("watch", "", "configmaps"),
}


async def _may(api: KubeClient, attempt: Try, tenant: str) -> bool:
    attributes = attempt._asdict() | {
        "namespace": tenant if attempt.namespace == TENANT else attempt.namespace
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await api.request("POST", REVIEWS, body=body)
    return bool(answer["status"]["allowed"])


@pytest.mark.parametrize("what", REFUSED)
async def test_its_token_does_not_let_anybody(
    world: World, reconciler_client: KubeClient, what: str
) -> None:
    assert not await _may(reconciler_client, REFUSED[what], world.namespace)


@pytest.mark.parametrize("what", ALLOWED)
async def test_its_token_lets_it_do_its_work(
    world: World, reconciler_client: KubeClient, what: str
) -> None:
    assert await _may(reconciler_client, ALLOWED[what], world.namespace)
