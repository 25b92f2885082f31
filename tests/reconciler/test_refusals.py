"""What an Application may not do is refused by name, and nothing of it is written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import (
    APP_PROJECTS,
    APPLICATIONS,
    CONFIG_MAPS,
    NAMESPACES,
    ROLE_BINDINGS,
    ResourceType,
)
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import SERVER, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

ANYWHERE = {"destinations": [{"server": SERVER, "namespace": "*"}]}
ALL_CLUSTER_KINDS = {"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}
CLUSTER_ROLE_BINDINGS = ResourceType(
    group="rbac.authorization.k8s.io",
    version="v1",
    plural="clusterrolebindings",
    kind="ClusterRoleBinding",
    is_namespaced=False,
)


def placed(namespace: str) -> JsonObject:
    return {**config_map("intruder"), "metadata": {"name": "intruder", "namespace": namespace}}


def registration(kind: str, name: str, **spec: JsonValue) -> JsonObject:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": spec,
    }


def binding(kind: str, role: str, **metadata: str) -> JsonObject:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": kind,
        "metadata": {"name": "intruder", **metadata},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}],
    }


PLATFORM = {
    "destinationServiceAccounts": [
        {
            "server": SERVER,
            "namespace": "*",
            "defaultServiceAccount": "gitopskit-system:gitopskit-platform-applier",
        }
    ]
}
STRANGER = {
    "destinationServiceAccounts": [
        {"server": SERVER, "namespace": "*", "defaultServiceAccount": "kube-system:admin"}
    ]
}

ESCALATIONS = [
    pytest.param(placed("kube-system"), ANYWHERE, "kube-system", id="into-kube-system"),
    pytest.param(placed("gitopskit-system"), ANYWHERE, "gitopskit-system", id="into-our-system"),
    pytest.param(placed("argocd"), ANYWHERE, "argocd", id="into-argocd"),
    pytest.param(
        placed("default"), ANYWHERE, "outside the namespace", id="into-a-neighbours-namespace"
    ),
    pytest.param(
        registration("Application", "intruder", project="gitopskit-root"),
        {**ANYWHERE, **PLATFORM},
        "gitopskit-root",
        id="an-application-of-the-root-project",
    ),
    pytest.param(
        registration("Application", "intruder", project="other"),
        {**ANYWHERE, **PLATFORM},
        "does not allow Application",
        id="an-application-outside-the-root-project",
    ),
    pytest.param(
        registration("AppProject", "gitopskit-root", sourceRepos=["*"]),
        {**ANYWHERE, **PLATFORM},
        "gitopskit-root",
        id="the-root-project-itself",
    ),
    pytest.param(
        binding("ClusterRoleBinding", "cluster-admin"),
        ANYWHERE,
        "does not allow ClusterRoleBinding",
        id="a-cluster-scoped-kind-that-is-not-listed",
    ),
    pytest.param(
        binding("ClusterRoleBinding", "cluster-admin"),
        {**ANYWHERE, **ALL_CLUSTER_KINDS},
        "may not create clusterrolebindings",
        id="a-cluster-role-binding-by-an-applier",
    ),
    pytest.param(
        binding("RoleBinding", "gitopskit-applier"),
        {},
        "may not create rolebindings",
        id="a-role-binding-by-an-applier",
    ),
    pytest.param(
        binding("RoleBinding", "cluster-admin"),
        PLATFORM,
        "is forbidden",
        id="a-role-binding-of-another-role-by-the-platform",
    ),
    pytest.param(config_map("intruder"), STRANGER, "never impersonated", id="in-a-strangers-name"),
]


@pytest.mark.parametrize(("content", "project", "told"), ESCALATIONS)
async def test_an_escalation_is_refused(
    world: World,
    reconciler: Run,
    unique: str,
    content: JsonObject,
    project: JsonValue,
    told: str,
) -> None:
    bystander = config_map(f"{unique}-bystander")
    world.repository.commit({"app/all.yaml": text(content, bystander)})
    await world.project(unique, **project)
    await world.application(unique, project=unique)

    async def is_told() -> bool:
        return any(told in message for message in (await world.conditions(unique)).values())

    async with reconciler():
        await eventually(is_told)

    for kind, namespace in (
        (CONFIG_MAPS, "kube-system"),
        (CONFIG_MAPS, "gitopskit-system"),
        (CONFIG_MAPS, "argocd"),
        (CONFIG_MAPS, "default"),
        (CONFIG_MAPS, world.namespace),
        (APPLICATIONS, "argocd"),
        (CLUSTER_ROLE_BINDINGS, ""),
        (ROLE_BINDINGS, world.namespace),
    ):
        assert await world.get(kind, "intruder", namespace) is None
    assert await world.get(APP_PROJECTS, "gitopskit-root", "argocd") is None


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        pytest.param(
            {"destination": {"server": "https://elsewhere.example", "namespace": "x"}},
            "https://elsewhere.example",
            id="another-cluster",
        ),
        pytest.param(
            {"sourceHydrator": {"syncSource": {"path": "app"}}}, "spec.sourceHydrator", id="a-field"
        ),
        pytest.param({"project": "nobody-made-this"}, "nobody-made-this", id="unknown-project"),
        pytest.param(
            {"source": {"repoURL": "https://git.example/other.git", "path": "app"}},
            "does not allow the repository",
            id="another-repository",
        ),
    ],
)
async def test_a_spec_that_is_not_honoured_is_refused_by_name(
    world: World,
    reconciler: Run,
    unique: str,
    spec: JsonValue,
    told: str,
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, **{"project": unique, **spec})

    async with reconciler():
        message = await world.until_condition(unique, "InvalidSpecError")

    assert told in message
    assert await world.data(unique) is None


async def test_an_object_of_another_application_is_left_alone(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit(
        {
            "app/all.yaml": text(config_map(unique, color="red")),
            "other/all.yaml": text(config_map(unique, color="green"), config_map(f"{unique}-own")),
        }
    )
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await world.application(f"{unique}-other", project=unique, path="other")
        message = await world.until_condition(f"{unique}-other", "OwnershipConflict")
        assert await world.data(f"{unique}-own") == {}

    assert unique in message
    assert await world.data(unique) == {"color": "red"}


async def test_an_object_that_another_application_asks_for_is_still_healed(
    world: World, reconciler: Run, unique: str
) -> None:
    """Nobody takes an object, or its healing, from its Application by asking for the same."""
    world.repository.commit(
        {
            "app/all.yaml": text(config_map(unique, color="red")),
            "other/all.yaml": text(config_map(unique, color="green")),
        }
    )
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_red() -> bool:
        return await world.data(unique) == {"color": "red"}

    async with reconciler():
        await world.until_synced(unique)
        await world.application(f"{unique}-other", project=unique, path="other")
        await world.until_condition(f"{unique}-other", "OwnershipConflict")
        edited = await world.edit(CONFIG_MAPS, unique, {"data": {"color": "blue"}})
        await eventually(is_red)
        await world.admin.delete(
            CONFIG_MAPS, unique, world.namespace, uid=edited["metadata"]["uid"]
        )
        await eventually(is_red)
        await world.until_condition(f"{unique}-other", "OwnershipConflict")


async def test_an_object_that_a_controller_owns_is_left_alone(
    world: World, reconciler: Run, unique: str
) -> None:
    owner = await world.admin.create(
        CONFIG_MAPS,
        {**config_map(f"{unique}-owner"), "metadata": placed_name(f"{unique}-owner", world)},
        field_manager="tests",
    )
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    owned = {**placed_name(unique, world), "ownerReferences": [reference]}
    await world.admin.create(
        CONFIG_MAPS, {**config_map(unique, color="red"), "metadata": owned}, field_manager="tests"
    )
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="green"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        message = await world.until_condition(unique, "OwnershipConflict")

    assert "is controlled by" in message
    assert await world.data(unique) == {"color": "red"}


async def test_a_bad_application_does_not_delay_the_others(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(f"{unique}-bad", project=unique, path="missing")
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await world.until_condition(f"{unique}-bad", "ComparisonError", "missing")


async def test_an_object_that_the_server_refuses_is_told_of_and_the_others_are_applied(
    world: World, reconciler: Run, unique: str
) -> None:
    bad = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": unique},
        "spec": {"ports": [{"port": 99999999}]},
    }
    world.repository.commit({"app/all.yaml": text(config_map(unique), bad)})
    await world.project(unique)
    policy = {
        "automated": {"prune": True, "selfHeal": True},
        "retry": {"limit": 1, "backoff": {"duration": "1s", "maxDuration": "1s"}},
    }
    await world.application(unique, project=unique, policy=policy)

    async def has_failed() -> bool:
        state = (await world.status(unique)).get("operationState") or {}
        return bool(state.get("phase") == "Failed")

    async with reconciler():
        await eventually(has_failed)

    status = await world.status(unique)
    assert f"Service/{world.namespace}/{unique}" in (await world.conditions(unique))["SyncError"]
    assert status["operationState"]["retryCount"] == 1
    assert await world.data(unique) == {}


async def test_a_namespace_is_made_where_that_is_asked_and_listed(
    world: World, reconciler: Run, unique: str
) -> None:
    fresh = f"{unique}-fresh"
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique, destinations=[{"server": SERVER, "namespace": fresh}])
    policy = {"automated": {"prune": True}, "syncOptions": ["CreateNamespace=true"]}
    await world.application(unique, project=unique, namespace=fresh, policy=policy)

    async with reconciler():
        await world.until_synced(unique)

    assert await world.get(CONFIG_MAPS, unique, fresh) is not None
    namespace = await world.get(NAMESPACES, fresh)
    assert namespace is not None
    await world.admin.delete(NAMESPACES, fresh, uid=namespace["metadata"]["uid"])


async def test_a_namespace_that_is_not_listed_is_not_made(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    policy = {"automated": {"prune": True}, "syncOptions": ["CreateNamespace=true"]}
    await world.application(unique, project=unique, namespace=f"{unique}-x", policy=policy)

    async with reconciler():
        await world.until_condition(unique, "InvalidSpecError", "does not list the namespace")

    assert await world.get(NAMESPACES, f"{unique}-x") is None


def placed_name(name: str, world: World) -> JsonObject:
    return {"name": name, "namespace": world.namespace}
