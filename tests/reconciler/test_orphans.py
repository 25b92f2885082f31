"""Orphans on the real server: told where a project asks, never touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.kube.resources import (
    APP_PROJECTS,
    APPLICATIONS,
    CONFIG_MAPS,
    ROLE_BINDINGS,
    SECRETS,
    SERVICE_ACCOUNTS,
    ResourceType,
)
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, running, text

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

TEMPLATES = ResourceType(group="", version="v1", plural="podtemplates", kind="PodTemplate")
ROLES = ResourceType(group="rbac.authorization.k8s.io", version="v1", plural="roles", kind="Role")
CONDITION = "OrphanedResourceWarning"


async def make(
    world: World,
    name: str,
    *,
    kind: ResourceType = CONFIG_MAPS,
    content: JsonObject | None = None,
    **metadata: object,
) -> JsonObject:
    """Make an object as a person does."""
    body: JsonObject = {
        **(content or {}),
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": name, "namespace": world.namespace, **metadata},
    }
    return await world.admin.create(kind, body, field_manager="kubectl")


async def refresh(world: World, name: str) -> None:
    annotations = {"argocd.argoproj.io/refresh": "normal"}
    patch: JsonObject = {"metadata": {"annotations": annotations}}
    await world.admin.patch(APPLICATIONS, name, "argocd", patch=patch, field_manager="tests")


async def ask_otherwise(world: World, project: str, rules: JsonObject | None) -> None:
    patch: JsonObject = {"spec": {"orphanedResources": rules}}
    await world.admin.patch(APP_PROJECTS, project, "argocd", patch=patch, field_manager="tests")


async def test_what_belongs_to_nobody_is_told_until_it_is_gone(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    ignored: JsonObject = {"kind": "ConfigMap", "name": f"{unique}-may-*"}
    await world.project(unique, orphanedResources={"ignore": [ignored]})
    await world.application(unique, project=unique)
    stray = await make(world, f"{unique}-stray")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": f"{unique}-stray"}
    await make(
        world, f"{unique}-owned", ownerReferences=[{**owner, "uid": stray["metadata"]["uid"]}]
    )
    await make(world, f"{unique}-may-stay")
    secret = await make(world, f"{unique}-secret", kind=SECRETS)

    async def is_over() -> bool:
        return CONDITION not in await world.conditions(unique)

    async with running(reconciler_client, world.cache_dir, poll_seconds=3600):
        message = await world.until_condition(unique, CONDITION)
        status = await world.status(unique)
        assert await world.data(f"{unique}-stray") is not None
        await world.admin.delete(
            CONFIG_MAPS, f"{unique}-stray", world.namespace, uid=stray["metadata"]["uid"]
        )
        await refresh(world, unique)
        await eventually(is_over)

        await make(world, f"{unique}-stray")
        await refresh(world, unique)
        await world.until_condition(unique, CONDITION)
        await ask_otherwise(world, unique, {"warn": False})
        await eventually(is_over)
        await ask_otherwise(world, unique, {"warn": True})
        await world.until_condition(unique, CONDITION)
        await ask_otherwise(world, unique, None)
        await eventually(is_over)

    assert (
        message == f"1 object belongs to no Application: ConfigMap/{world.namespace}/{unique}-stray"
    )
    assert status["sync"]["status"] == "Synced"
    await world.admin.delete(
        SECRETS, f"{unique}-secret", world.namespace, uid=secret["metadata"]["uid"]
    )


async def test_what_an_application_may_yet_take_and_what_none_may_have_are_no_orphans(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    """One is wanted by an Application that is synced by hand, the kind of the other is refused."""
    wanted = config_map(f"{unique}-wanted")
    world.repository.commit({"app/all.yaml": text(wanted)})
    kinds = [{"group": "", "kind": "ConfigMap"}]
    await world.project(unique, orphanedResources={}, namespaceResourceWhitelist=kinds)
    await world.application(unique, project=unique, policy={"syncOptions": []})
    for name in ("wanted", "stray"):
        await make(world, f"{unique}-{name}")
    await make(world, f"{unique}-account", kind=SERVICE_ACCOUNTS)

    async with running(reconciler_client, world.cache_dir, poll_seconds=3600):
        message = await world.until_condition(unique, CONDITION)

    assert f"{unique}-stray" in message
    assert f"{unique}-wanted" not in message
    assert f"{unique}-account" not in message


async def test_the_applier_lists_what_only_it_may(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique, orphanedResources={"ignore": [{"kind": "ConfigMap"}]})
    await world.application(unique, project=unique)
    pod = {"containers": [{"name": "main", "image": "registry.example/a:1"}]}
    await make(world, unique, kind=TEMPLATES, content={"template": {"spec": pod}})
    rule = {"apiGroups": [""], "resources": ["podtemplates"], "verbs": ["list"]}
    await make(world, unique, kind=ROLES, content={"rules": [rule]})
    account = {"kind": "ServiceAccount", "name": "gitopskit-applier", "namespace": world.namespace}
    role = {"apiGroup": ROLES.group, "kind": "Role", "name": unique}
    binding: JsonObject = {"roleRef": role, "subjects": [account]}
    await make(world, unique, kind=ROLE_BINDINGS, content=binding)

    async with running(reconciler_client, world.cache_dir, poll_seconds=3600):
        message = await world.until_condition(unique, CONDITION, "PodTemplate/")

    assert f"PodTemplate/{world.namespace}/{unique}" in message


async def test_who_does_not_ask_is_not_told_and_nothing_is_listed(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    await make(world, f"{unique}-stray")

    async with running(reconciler_client, world.cache_dir, poll_seconds=3600) as controller:
        await world.until_synced(unique)
        tracked = controller.registry.applications[unique]

    assert not tracked.orphaned
    assert CONDITION not in await world.conditions(unique)
