"""What is easy to get wrong about deleting: each rule is shown on the real server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiError
from gitopskit.kube.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    ROLE_BINDINGS,
    SERVICE_ACCOUNTS,
    SERVICES,
    ResourceType,
)
from gitopskit.reconciler.loop import Controller
from tests.support.audit import read_requests
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, SERVER, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

HELD: Final = "tests.gitopskit.io/held"
ADMISSION: Final = "admissionregistration.k8s.io"
POLICIES: Final = ResourceType(
    group=ADMISSION,
    version="v1",
    plural="validatingadmissionpolicies",
    kind="ValidatingAdmissionPolicy",
    is_namespaced=False,
)
POLICY_BINDINGS: Final = ResourceType(
    group=ADMISSION,
    version="v1",
    plural="validatingadmissionpolicybindings",
    kind="ValidatingAdmissionPolicyBinding",
    is_namespaced=False,
)
PRIORITIES: Final = ResourceType(
    group="scheduling.k8s.io",
    version="v1",
    plural="priorityclasses",
    kind="PriorityClass",
    is_namespaced=False,
)
PLATFORM: Final[JsonObject] = {
    "destinationServiceAccounts": [
        {
            "server": SERVER,
            "namespace": "*",
            "defaultServiceAccount": "gitopskit-system:gitopskit-platform-applier",
        }
    ],
    "clusterResourceWhitelist": [{"group": "scheduling.k8s.io", "kind": "PriorityClass"}],
}


async def prepare(world: World, name: str, *contents: JsonObject, **spec: JsonValue) -> None:
    world.repository.commit({"app/all.yaml": text(*contents)})
    await world.project(name)
    await world.application(name, project=name, **spec)


def commit(world: World, *contents: JsonObject) -> str:
    return world.repository.commit({"app/all.yaml": text(*contents)})


def account(name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def service(name: str) -> JsonObject:
    spec = {"selector": {"app": name}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def deployment(name: str) -> JsonObject:
    labels = {"app": name}
    container = {"name": "main", "image": "registry.example/app:1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def refused(name: str) -> JsonObject:
    """Return a Service that no server takes."""
    content = service(name)
    return {**content, "spec": {"ports": [{"port": 99999999}]}}


async def test_what_others_need_goes_last(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    everything = [f(unique) for f in (account, config_map, service, deployment)]
    await prepare(world, unique, *everything, config_map(f"{unique}-kept"))
    kinds = (SERVICE_ACCOUNTS, CONFIG_MAPS, SERVICES, DEPLOYMENTS)

    async with reconciler():
        await world.until_synced(unique)
        commit(world, config_map(f"{unique}-kept"))
        for kind in kinds:
            await world.until_gone(kind, unique)

    found = read_requests(control_plane.audit_log_path)
    order = [
        it.resource
        for it in found
        if (it.name, it.verb, it.namespace) == (unique, "delete", world.namespace)
        and it.impersonated
    ]
    assert order == [kind.plural for kind in reversed(kinds)]


async def test_what_a_failed_sync_applied_is_pruned_when_it_leaves_git(
    world: World, reconciler: Run, unique: str
) -> None:
    kept, early = config_map(f"{unique}-kept"), config_map(f"{unique}-early")
    await prepare(world, unique, kept)

    async with reconciler():
        await world.until_synced(unique)
        commit(world, kept, early, refused(unique))
        await world.until_condition(unique, "SyncError", unique)
        assert await world.data(f"{unique}-early") == {}
        last = commit(world, kept)
        await world.until_gone(CONFIG_MAPS, f"{unique}-early")
        await world.until_synced(unique, revision=last)


async def test_what_could_not_be_deleted_stays_listed_and_goes_when_it_can(
    world: World, reconciler: Run, unique: str
) -> None:
    kept = config_map(f"{unique}-kept")
    await prepare(world, unique, kept, config_map(unique))

    async with reconciler():
        await world.until_synced(unique)
        await _forbid_deletion(world, unique)
        commit(world, kept)
        message = await world.until_condition(unique, "SyncError", unique)
        listed = await world.listed(unique)
        assert await world.data(unique) == {}
        await _allow_deletion(world, unique)
        await world.until_gone(CONFIG_MAPS, unique)
        await world.until_synced(unique)

    assert "stays for now" in message
    assert unique in listed


async def _forbid_deletion(world: World, name: str) -> None:
    """Let the server refuse the deletion of one ConfigMap, and wait until it does."""
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["DELETE"],
        "resources": ["configmaps"],
        "resourceNames": [name],
    }
    policy = {
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": "false", "message": "it stays for now"}],
        },
    }
    binding = {
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
    await world.admin.create(POLICIES, _typed(POLICIES, policy), field_manager="tests")
    await world.admin.create(
        POLICY_BINDINGS, _typed(POLICY_BINDINGS, binding), field_manager="tests"
    )
    path = f"/api/v1/namespaces/{world.namespace}/configmaps/{name}?dryRun=All"

    async def is_refused() -> bool:
        try:
            await world.admin.request("DELETE", path)
        except ApiError:
            return True
        return False

    await eventually(is_refused)


async def _allow_deletion(world: World, name: str) -> None:
    for kind in (POLICY_BINDINGS, POLICIES):
        live = await world.admin.get(kind, name)
        await world.admin.delete(kind, name, uid=live["metadata"]["uid"])


def _typed(kind: ResourceType, body: JsonObject) -> JsonObject:
    return {"apiVersion": kind.api_version, "kind": kind.kind, **body}


async def test_an_object_that_is_held_in_its_end_stays_listed_until_it_is_gone(
    world: World, reconciler: Run, unique: str
) -> None:
    kept = config_map(f"{unique}-kept")
    await prepare(world, unique, kept, config_map(unique))

    async def hold(finalizers: JsonValue) -> None:
        await world.admin.patch(
            CONFIG_MAPS,
            unique,
            world.namespace,
            patch={"metadata": {"finalizers": finalizers}},
            field_manager="some-controller",
        )

    async def is_listed() -> bool:
        return unique in await world.listed(unique)

    async def is_forgotten() -> bool:
        return not await is_listed()

    async def is_leaving() -> bool:
        found = await world.get(CONFIG_MAPS, unique)
        return found is not None and "deletionTimestamp" in found["metadata"]

    async with reconciler():
        await world.until_synced(unique)
        await hold([HELD])
        last = commit(world, kept)
        await eventually(is_leaving)
        await world.until_synced(unique, revision=last)
        assert await is_listed()
        await hold(None)
        await world.until_gone(CONFIG_MAPS, unique)
        await eventually(is_forgotten)


async def test_names_with_colons_and_kinds_of_the_whole_cluster_are_known_again(
    world: World, reconciler: Run, unique: str
) -> None:
    """A tracking id is split at colons, and the server knows no namespace of a PriorityClass."""
    name = f"{unique}:readers"
    binding: JsonObject = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "gitopskit-applier",
        },
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "nobody"}],
    }
    priority: JsonObject = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": unique, "namespace": world.namespace},
        "value": 7,
    }
    kept = account(f"{unique}-kept")
    commit(world, binding, priority, kept)
    await world.project(unique, **PLATFORM)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        for kind, named in ((ROLE_BINDINGS, name), (PRIORITIES, unique)):
            live = await world.get(kind, named)
            assert live is not None
            place = world.namespace if kind.is_namespaced else ""
            await world.admin.delete(kind, named, place, uid=live["metadata"]["uid"])
            await eventually(partial(_exists, world, kind, named))
        await world.until_synced(unique)
        commit(world, kept)
        await world.until_gone(ROLE_BINDINGS, name)
        await world.until_gone(PRIORITIES, unique)
        await world.until_synced(unique)


async def test_another_version_of_a_kind_is_the_same_object(
    world: World, reconciler: Run, unique: str
) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}

    def scaler(version: str) -> JsonObject:
        return {
            "apiVersion": f"autoscaling/{version}",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": unique},
            "spec": {"scaleTargetRef": target, "maxReplicas": 2},
        }

    kind = (await world.admin.kinds()).find("autoscaling", "HorizontalPodAutoscaler")
    assert kind is not None
    await prepare(world, unique, scaler("v1"), config_map(unique))

    async def is_synced(revision: str) -> bool:
        sync = (await world.status(unique)).get("sync") or {}
        return (sync.get("status"), sync.get("revision")) == ("Synced", revision)

    async with reconciler():
        await eventually(lambda: _exists(world, kind, unique))
        before = await world.get(kind, unique)
        last = commit(world, scaler("v2"), config_map(unique))
        await eventually(lambda: is_synced(last))
        after = await world.get(kind, unique)

    assert before is not None
    assert after is not None
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


async def _exists(world: World, kind: ResourceType, name: str) -> bool:
    return await world.get(kind, name) is not None


async def test_an_object_that_left_git_may_count_for_nothing(
    world: World, reconciler: Run, unique: str
) -> None:
    kept = config_map(f"{unique}-kept")
    ignored = annotated(config_map(unique), compare_options="IgnoreExtraneous")
    policy = {"automated": {**AUTOMATED, "prune": False}}
    await prepare(world, unique, kept, ignored, policy=policy)

    async with reconciler():
        await world.until_synced(unique)
        last = commit(world, kept)
        await world.until_synced(unique, revision=last)

    assert await world.data(unique) == {}


async def test_without_a_prune_a_later_one_still_knows_what_to_take(
    world: World, reconciler: Run, unique: str
) -> None:
    kept = config_map(f"{unique}-kept")
    await prepare(world, unique, kept, config_map(unique), policy={"automated": {"selfHeal": True}})

    async def is_out_of_sync() -> bool:
        return bool((await world.status(unique))["sync"]["status"] == "OutOfSync")

    async with reconciler():
        await world.until_synced(unique)
        commit(world, kept)
        await eventually(is_out_of_sync)
    await world.admin.patch(
        APPLICATIONS,
        unique,
        "argocd",
        patch={"spec": {"syncPolicy": {"automated": {"prune": True}}}},
        field_manager="kubectl-edit",
    )
    async with reconciler():
        await world.until_gone(CONFIG_MAPS, unique)
        await world.until_synced(unique)
