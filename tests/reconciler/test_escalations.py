"""What somebody who may write to Git tries to get beyond the own namespace is refused by name.

Either the project's walls refuse it, or the API server does: nobody in whose name an object is
written has the right. What a stolen token would be good for is told in test_own_rights.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.kube.resources import APP_PROJECTS, CONFIG_MAPS, SERVICE_ACCOUNTS
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import SERVER, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

RBAC: Final = "rbac.authorization.k8s.io"
ADMISSION: Final = "admissionregistration.k8s.io"
WIDGETS: Final = "intruder.example.com"
ANYWHERE: Final = {"destinations": [{"server": SERVER, "namespace": "*"}]}
ALL_KINDS: Final = {**ANYWHERE, "clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}


def written_by(account: str) -> JsonObject:
    rule = {"server": SERVER, "namespace": "*", "defaultServiceAccount": account}
    return {"destinationServiceAccounts": [rule]}


PLATFORM: Final = written_by("gitopskit-system:gitopskit-platform-applier")


def intruder(api_version: str, kind: str, *, namespace: str = "", **content: object) -> JsonObject:
    metadata = {"name": "intruder"} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def placed(namespace: str) -> JsonObject:
    return intruder("v1", "ConfigMap", namespace=namespace)


def registration(kind: str, name: str, **spec: JsonValue) -> JsonObject:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": spec,
    }


def role(kind: str, *verbs: str) -> JsonObject:
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": list(verbs)}
    return intruder(f"{RBAC}/v1", kind, rules=[rule])


def binding(kind: str, name: str, *, namespace: str = "") -> JsonObject:
    content = intruder(f"{RBAC}/v1", kind, namespace=namespace)
    return {
        **content,
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}],
    }


def definition() -> JsonObject:
    """Return a definition which says of a kind of the cluster that it has a namespace."""
    version = {"name": "v1", "served": True, "storage": True, "schema": {}}
    content = intruder(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        spec={
            "group": RBAC,
            "scope": "Namespaced",
            "names": {"kind": "ClusterRoleBinding", "plural": "clusterrolebindings"},
            "versions": [version],
        },
    )
    return {**content, "metadata": {"name": f"clusterrolebindings.{WIDGETS}"}}


CLOSED: Final = "are reserved for the cluster and for gitopskit"
HOOK: Final = annotated(placed("default"), hook="PreSync")
LIST: Final = {"apiVersion": "v1", "kind": "List", "items": [placed("kube-system")]}
FORGED: Final = binding("ClusterRoleBinding", "cluster-admin", namespace="intruder")
TOKEN: Final = intruder("authentication.k8s.io/v1", "TokenRequest", spec={"audiences": []})
EXEC: Final = intruder("v1", "PodExecOptions", command=["sh"])
WEBHOOK: Final = intruder(f"{ADMISSION}/v1", "MutatingWebhookConfiguration", webhooks=[])
PRIORITY: Final = intruder("scheduling.k8s.io/v1", "PriorityClass", value=7)
POD: Final = intruder("v1", "Pod", spec={"containers": [{"name": "a", "image": "a"}]})
ROOT: Final = registration("AppProject", "gitopskit-root", sourceRepos=["*"])

ESCALATIONS: Final[dict[str, tuple[JsonObject, JsonObject, str]]] = {
    "into-kube-system": (placed("kube-system"), ANYWHERE, CLOSED),
    "into-kube-system-by-the-platform": (
        placed("kube-system"),
        {**ANYWHERE, **PLATFORM},
        CLOSED,
    ),
    "into-our-system": (placed("gitopskit-system"), ANYWHERE, CLOSED),
    "into-our-system-by-the-platform": (
        placed("gitopskit-system"),
        {**ANYWHERE, **PLATFORM},
        CLOSED,
    ),
    "into-argocd": (placed("argocd"), {**ANYWHERE, **PLATFORM}, "reserved for what grants rights"),
    "into-a-namespace-that-is-not-listed": (
        placed("default"),
        PLATFORM,
        "does not allow the namespace",
    ),
    "into-a-neighbours-namespace": (placed("default"), ANYWHERE, "outside the namespace"),
    "into-a-neighbours-namespace-as-a-hook": (HOOK, ANYWHERE, "outside the namespace"),
    "into-kube-system-in-a-list": (LIST, ANYWHERE, CLOSED),
    "an-application-of-the-root-project": (
        registration("Application", "intruder", project="gitopskit-root"),
        {**ANYWHERE, **PLATFORM},
        "gitopskit-root",
    ),
    "an-application-of-another-project": (
        registration("Application", "intruder", project="other"),
        {**ANYWHERE, **PLATFORM},
        "does not allow Application",
    ),
    "the-root-project-itself": (ROOT, {**ANYWHERE, **PLATFORM}, "gitopskit-root"),
    "a-wider-project": (
        registration("AppProject", "intruder", sourceRepos=["*"]),
        {**ANYWHERE, **PLATFORM},
        "does not allow AppProject",
    ),
    "a-cluster-scoped-kind-that-is-not-listed": (
        binding("ClusterRoleBinding", "cluster-admin"),
        ANYWHERE,
        "does not allow ClusterRoleBinding",
    ),
    "a-cluster-scoped-kind-that-claims-a-namespace": (
        FORGED,
        ANYWHERE,
        "does not allow ClusterRoleBinding",
    ),
    "a-cluster-role-binding-by-an-applier": (
        binding("ClusterRoleBinding", "cluster-admin"),
        ALL_KINDS,
        "may not create clusterrolebindings",
    ),
    "a-role-binding-by-an-applier": (
        binding("RoleBinding", "gitopskit-applier"),
        {},
        "may not create rolebindings",
    ),
    "a-role-binding-in-a-neighbours-namespace": (
        binding("RoleBinding", "gitopskit-applier", namespace="default"),
        ANYWHERE,
        "outside the namespace",
    ),
    "a-role-binding-of-another-role-by-the-platform": (
        binding("RoleBinding", "cluster-admin"),
        PLATFORM,
        "is forbidden",
    ),
    "a-role-binding-of-our-own-role-by-the-platform": (
        binding("RoleBinding", "gitopskit-reconciler"),
        PLATFORM,
        "is forbidden",
    ),
    "a-role-that-escalates": (role("Role", "escalate", "bind"), {}, "may not create roles"),
    "a-role-that-impersonates": (role("Role", "impersonate"), {}, "may not create roles"),
    "a-role-by-the-platform": (role("Role", "*"), PLATFORM, "may not create roles"),
    "a-cluster-role-by-an-applier": (
        role("ClusterRole", "impersonate"),
        ALL_KINDS,
        "may not create clusterroles",
    ),
    "a-cluster-role-by-the-platform": (
        role("ClusterRole", "escalate"),
        {**ALL_KINDS, **PLATFORM},
        "may not create clusterroles",
    ),
    "a-webhook-by-an-applier": (WEBHOOK, ALL_KINDS, "may not create mutatingwebhook"),
    "a-webhook-by-the-platform": (
        WEBHOOK,
        {**ALL_KINDS, **PLATFORM},
        "may not create mutatingwebhook",
    ),
    "a-definition-by-an-applier": (definition(), ALL_KINDS, "may not create customresource"),
    "a-definition-by-the-platform": (
        definition(),
        {**ALL_KINDS, **PLATFORM},
        "may not create customresource",
    ),
    "a-namespace-by-an-applier": (
        intruder("v1", "Namespace"),
        ALL_KINDS,
        "may not create namespaces",
    ),
    "a-priority-by-an-applier": (PRIORITY, ALL_KINDS, "may not create priorityclasses"),
    "a-pod-of-its-own": (POD, {}, "may not create pods"),
    "a-command-in-a-pod": (EXEC, {}, "does not know the kind PodExecOptions"),
    "a-token": (TOKEN, {}, "does not know the kind TokenRequest"),
    "in-a-strangers-name": (
        config_map("intruder"),
        written_by("kube-system:admin"),
        "never impersonated",
    ),
    "in-the-name-of-a-neighbours-applier": (
        config_map("intruder"),
        written_by("default:gitopskit-applier"),
        "outside the namespace",
    ),
}

PLACES: Final = ("kube-system", "gitopskit-system", "argocd", "default", "")


@pytest.mark.parametrize("what", ESCALATIONS)
async def test_an_escalation_is_refused(
    world: World, reconciler: Run, unique: str, what: str
) -> None:
    content, project, told = ESCALATIONS[what]
    bystander = config_map(f"{unique}-bystander")
    world.repository.commit({"app/all.yaml": text(content, bystander)})
    await world.project(unique, **project)
    await world.application(unique, project=unique)

    async def is_told() -> bool:
        return any(told in message for message in (await world.conditions(unique)).values())

    async with reconciler():
        await eventually(is_told)

    assert await _traces(world) == []
    assert await world.get(APP_PROJECTS, "gitopskit-root", "argocd") is None


async def _traces(world: World) -> list[str]:
    """Return everything of an intruder's name, of whatever kind, wherever it might have got."""
    found = []
    for kind in await _kinds(world.admin):
        for place in PLACES if kind.is_namespaced else ("",):
            namespace = place or world.namespace
            if await world.get(kind, "intruder", namespace) is not None:
                found.append(f"{kind.plural} in {namespace}")
    return found


async def _kinds(admin: KubeClient) -> list[ResourceType]:
    kinds = await admin.kinds()
    wanted = [
        ("", "ConfigMap"),
        ("", "Namespace"),
        ("", "Pod"),
        ("argoproj.io", "Application"),
        ("argoproj.io", "AppProject"),
        ("scheduling.k8s.io", "PriorityClass"),
        (ADMISSION, "MutatingWebhookConfiguration"),
        *((RBAC, kind) for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")),
    ]
    found = [kinds.find(group, kind) for group, kind in wanted]
    assert None not in found
    return [kind for kind in found if kind]


async def test_the_account_that_writes_is_not_replaced_and_not_pruned_by_itself(
    world: World, reconciler: Run, unique: str
) -> None:
    account: JsonObject = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "gitopskit-applier"},
    }
    before = await world.get(SERVICE_ACCOUNTS, "gitopskit-applier")
    world.repository.commit({"app/all.yaml": text(account, config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(config_map(unique))})
        await world.until_condition(unique, "DeletionConfirmationRequired", "gitopskit-applier")

    after = await world.get(SERVICE_ACCOUNTS, "gitopskit-applier")
    assert before is not None
    assert after is not None
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


async def test_a_label_or_a_mark_in_git_makes_nobodys_object_ours(
    world: World, reconciler: Run, unique: str
) -> None:
    """What Git says of whose an object is counts for nothing: the reconciler says it."""
    other = f"{unique}-other"
    forged = config_map(unique, color="red")
    forged["metadata"] |= {
        "labels": {"gitopskit.io/application": other},
        "annotations": {
            "argocd.argoproj.io/tracking-id": f"{other}:/ConfigMap:{world.namespace}/{unique}"
        },
    }
    world.repository.commit({"app/all.yaml": text(forged)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)

    found = await world.admin.get(CONFIG_MAPS, unique, world.namespace)
    assert found["metadata"]["labels"]["gitopskit.io/application"] == unique
    tracked = found["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"]
    assert tracked.startswith(f"{unique}:")
