"""What a token of the reconciler or of an applier is good for: the API server is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

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
    "be-somebody-of-another-kind": Try(
        "impersonate", "authentication.k8s.io", "userextras", subresource="scopes"
    ),
    "be-another-uid": Try("impersonate", "authentication.k8s.io", "uids"),
    "sign-a-certificate": Try(
        "update", "certificates.k8s.io", "certificatesigningrequests", subresource="approval"
    ),
    "make-a-webhook": Try(
        "create", "admissionregistration.k8s.io", "validatingwebhookconfigurations"
    ),
    "change-its-own-deployment": Try(
        "patch", "apps", "deployments", "gitopskit-reconciler", "gitopskit-system"
    ),
    "change-its-own-role": Try("patch", RBAC, "clusterroles", "gitopskit-reconciler"),
    "reach-a-kubelet": Try("create", "", "nodes", subresource="proxy"),
    "take-the-unsealers-lease": Try(
        "update", "coordination.k8s.io", "leases", "gitopskit-unsealer", "kube-system"
    ),
}
ALLOWED = {
    "be-an-applier": Try("impersonate", "", "serviceaccounts", "gitopskit-applier", TENANT),
    "write-inventories": Try("create", "", "configmaps", namespace="gitopskit-system"),
    "watch-config-maps": Try("watch", "", "configmaps"),
}


APPLIER_REFUSED = {
    "write-to-a-neighbour": Try("create", "", "configmaps", namespace="default"),
    "read-a-neighbours-secrets": Try("get", "", "secrets", namespace="default"),
    "write-our-inventories": Try("patch", "", "configmaps", namespace="gitopskit-system"),
    "change-registrations": Try("patch", "argoproj.io", "applications", namespace="argocd"),
    "change-projects": Try("patch", "argoproj.io", "appprojects", namespace="argocd"),
    "list-its-own-secrets": Try("list", "", "secrets", namespace=TENANT),
    "run-in-a-pod": Try("create", "", "pods", "web-0", TENANT, "exec"),
    "make-a-pod": Try("create", "", "pods", namespace=TENANT),
    "make-a-token": Try("create", "", "serviceaccounts", "default", TENANT, "token"),
    "give-a-role": Try("create", RBAC, "rolebindings", namespace=TENANT),
    "make-a-role": Try("create", RBAC, "roles", namespace=TENANT),
    "bind-a-role": Try("bind", RBAC, "clusterroles", "gitopskit-applier", TENANT),
    "widen-a-role": Try("escalate", RBAC, "roles", namespace=TENANT),
    "widen-its-quota": Try("patch", "", "resourcequotas", namespace=TENANT),
    "be-the-platform": Try(
        "impersonate", "", "serviceaccounts", "gitopskit-platform-applier", "gitopskit-system"
    ),
    "be-its-neighbour": Try("impersonate", "", "serviceaccounts", "gitopskit-applier", "default"),
    "make-a-namespace": Try("create", "", "namespaces"),
    "make-a-definition": Try("create", "apiextensions.k8s.io", "customresourcedefinitions"),
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


@pytest.mark.parametrize("what", APPLIER_REFUSED)
async def test_the_token_of_an_applier_is_good_for_its_namespace_alone(
    world: World, service_account_client: Callable[[str, str], Awaitable[KubeClient]], what: str
) -> None:
    """A Pod or a Secret of the namespace may get hold of it: whoever writes to Git decides that."""
    applier = await service_account_client("gitopskit-applier", world.namespace)

    assert not await _may(applier, APPLIER_REFUSED[what], world.namespace)


@pytest.mark.parametrize("what", ALLOWED)
async def test_its_token_lets_it_do_its_work(
    world: World, reconciler_client: KubeClient, what: str
) -> None:
    assert await _may(reconciler_client, ALLOWED[what], world.namespace)
