"""Sources, order, health and secrets on the way from Git to the cluster."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.kube.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    ROLE_BINDINGS,
    SECRETS,
    ResourceType,
)
from gitopskit.reconciler.loop import Controller
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, options, text

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

LEASES = ResourceType(group="coordination.k8s.io", version="v1", plural="leases", kind="Lease")


def deployment(name: str, image: str = "registry.example/app:1") -> JsonObject:
    labels = {"app": name}
    resources = {"requests": {"cpu": "1m", "memory": "1Mi"}}
    container = {"name": "main", "image": image, "resources": resources}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


async def test_an_overlay_is_built_and_applied(world: World, reconciler: Run, unique: str) -> None:
    world.repository.commit(
        {
            "base/kustomization.yaml": "resources: [config.yaml]\n",
            "base/config.yaml": text(config_map("settings", color="red")),
            "app/kustomization.yaml": f"resources: [../base]\nnamePrefix: {unique}-\n",
        }
    )
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        status = await world.until_synced(unique)

    assert await world.data(f"{unique}-settings") == {"color": "red"}
    assert status["sourceType"] == "Kustomize"


async def test_a_folder_is_read_with_what_is_below_it_where_that_is_asked(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/deep/config.yaml": text(config_map(unique))})
    source = {
        "repoURL": world.url,
        "targetRevision": "main",
        "path": "app",
        "directory": {"recurse": True},
    }
    await world.project(unique)
    await world.application(unique, project=unique, source=source)

    async with reconciler():
        await world.until_synced(unique)

    assert await world.data(unique) == {}


async def test_health_follows_the_workload(world: World, reconciler: Run, unique: str) -> None:
    world.repository.commit({"app/all.yaml": text(deployment(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        status = await world.until_synced(unique)

    (resource,) = status["resources"]
    assert (resource["kind"], resource["health"]["status"]) == ("Deployment", "Healthy")


@pytest.mark.parametrize("asks", ["application", "object"])
async def test_pruning_waits_for_health_where_that_is_asked(
    world: World, reconciler: Run, unique: str, asks: str
) -> None:
    is_own = asks == "object"
    last = annotated(config_map(unique), sync_options="PruneLast=true" if is_own else "Prune=true")
    world.repository.commit({"app/all.yaml": text(last)})
    await world.project(unique)
    policy = {"automated": AUTOMATED, "syncOptions": [] if is_own else ["PruneLast=true"]}
    await world.application(unique, project=unique, policy=policy)

    async def is_waiting() -> bool:
        state = (await world.status(unique)).get("operationState") or {}
        return "before all is healthy" in state.get("message", "")

    async with reconciler():
        await world.until_synced(unique)
        stuck = deployment(unique)
        stuck["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such-node"}
        world.repository.commit({"app/all.yaml": text(stuck)})
        await eventually(is_waiting)
        assert await world.data(unique) == {}

        world.repository.commit({"app/all.yaml": text(deployment(unique))})
        await world.until_gone(CONFIG_MAPS, unique)
        await world.until_synced(unique)


async def test_a_secret_of_the_repository_is_healed_at_a_poll_without_being_listed(
    world: World, reconciler: Run, unique: str
) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": unique},
        "stringData": {"word": "first"},
    }
    world.repository.commit({"app/all.yaml": text(secret)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def has_word() -> bool:
        found = await world.get(SECRETS, unique)
        return found is not None and found["data"] == {"word": "Zmlyc3Q="}

    async with reconciler():
        status = await world.until_synced(unique)
        assert status["conditions"] == []
        await world.edit(SECRETS, unique, {"stringData": {"word": "second"}})
        await eventually(has_word)

    assert "Zmlyc3Q=" not in json.dumps(await world.status(unique))


async def test_a_kind_outside_our_own_rights_is_read_by_name_and_told_of(
    world: World, reconciler: Run, unique: str
) -> None:
    await _grant_leases(world, unique)
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": unique},
        "spec": {"holderIdentity": "git"},
    }
    world.repository.commit({"app/all.yaml": text(lease)})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_held_by_git() -> bool:
        found = await world.get(LEASES, unique)
        return found is not None and found["spec"]["holderIdentity"] == "git"

    async with reconciler():
        message = await world.until_condition(unique, "ResourcesNotWatched")
        await eventually(is_held_by_git)
        await world.edit(LEASES, unique, {"spec": {"holderIdentity": "person"}})
        await eventually(is_held_by_git)

    assert "Lease.coordination.k8s.io" in message


async def test_an_unaffected_application_costs_no_write(
    world: World, reconciler: Run, unique: str
) -> None:
    files: dict[str, str | bytes] = {
        "app/all.yaml": text(config_map(unique)),
        "other/all.yaml": text(config_map(f"{unique}-other", color="red")),
    }
    first = world.repository.commit(files)
    await world.project(unique)
    await world.application(unique, project=unique)
    await world.application(f"{unique}-other", project=unique, path="other")

    async with reconciler():
        await world.until_synced(unique)
        await world.until_synced(f"{unique}-other")
        before = await world.get(APPLICATIONS, unique, "argocd")
        second = world.repository.commit(
            {**files, "other/all.yaml": text(config_map(f"{unique}-other", color="blue"))}
        )
        await world.until_synced(f"{unique}-other", revision=second)

    assert await world.get(APPLICATIONS, unique, "argocd") == before
    assert (await world.status(unique))["sync"]["revision"] == first


async def test_a_restart_writes_nothing(world: World, reconciler: Run, unique: str) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique), deployment(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    async with reconciler():
        await world.until_synced(unique)

    async def versions() -> list[str]:
        found = [
            await world.get(CONFIG_MAPS, unique),
            await world.get(DEPLOYMENTS, unique),
            await world.get(APPLICATIONS, unique, "argocd"),
            await world.get(CONFIG_MAPS, f"gitopskit-inventory-{unique}-0", "gitopskit-system"),
        ]
        return [item["metadata"]["resourceVersion"] for item in found if item]

    before = await versions()
    async with reconciler():
        world.repository.commit({"app/all.yaml": text(config_map(unique), deployment(unique))})
        await world.application(f"{unique}-after", project=unique, path="missing")
        await world.until_condition(f"{unique}-after", "ComparisonError")
    after = await versions()

    assert len(before) == 4
    assert [*after[:2], after[3]] == [*before[:2], before[3]]


async def test_local_repositories_are_refused_unless_they_are_allowed(
    world: World, reconciler_client: KubeClient, unique: str, tmp_path: Path
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    strict = Controller(reconciler_client, options(tmp_path / "cache", allows_local=False))

    task = asyncio.create_task(strict.run())
    message = await world.until_condition(unique, "ComparisonError")
    strict.stop()
    await task

    assert message.startswith("repositories on this machine are not read")
    assert await world.data(unique) is None


@pytest.mark.parametrize("lacks", ["local repositories", "cache", "helm"])
async def test_a_single_pass_tells_the_cluster_nothing_of_the_machine_it_runs_on(
    world: World, reconciler_client: KubeClient, unique: str, tmp_path: Path, lacks: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    await Controller(reconciler_client, options(world.cache_dir)).pass_once([unique])
    before = await world.get(APPLICATIONS, unique, "argocd")
    if lacks == "helm":
        chart = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
        world.repository.commit({"app/Chart.yaml": chart})
    (tmp_path / "file").touch()
    folder = tmp_path / ("file" if lacks == "cache" else "other")
    poor = options(folder, allows_local=lacks != "local repositories")

    with pytest.raises(EnvironmentFault) as caught:
        await Controller(reconciler_client, poor).pass_once([unique])

    assert caught.value.exit_code == 3
    assert await world.get(APPLICATIONS, unique, "argocd") == before


async def test_one_pass_brings_everything_and_names_what_is_missing(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    once = options(world.cache_dir)

    (content,) = await Controller(reconciler_client, once).pass_once([unique])

    assert content["status"]["sync"]["status"] == "Synced"
    with pytest.raises(InputError, match="Application/argocd/absent"):
        await Controller(reconciler_client, once).pass_once(["absent"])


async def test_a_sync_is_told_in_an_event(world: World, reconciler: Run, unique: str) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_told() -> bool:
        listing = await world.admin.list(
            EVENTS, "argocd", field_selector=f"regarding.name={unique}"
        )
        return [item["reason"] for item in listing.items] == ["SyncSucceeded"]

    async with reconciler():
        await eventually(is_told)


async def test_a_repository_that_does_not_answer_keeps_nobody_waiting(
    world: World, reconciler: Run, unique: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dead = f"https://127.0.0.1:{silent.getsockname()[1]}/shop.git"
        world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
        await world.project(unique, sourceRepos=[world.url, dead])
        source = {"repoURL": dead, "targetRevision": "main", "path": "app"}
        await world.application(f"{unique}-dead", project=unique, source=source)
        await world.application(unique, project=unique)

        async with reconciler():
            await world.until_synced(unique)
            changed = text(config_map(unique, color="blue"))
            commit = world.repository.commit({"app/all.yaml": changed})
            await world.until_synced(unique, revision=commit)
            silent.close()


async def _grant_leases(world: World, name: str) -> None:
    """Let the applier write a kind that we may not watch."""
    group = "rbac.authorization.k8s.io"
    roles = ResourceType(group=group, version="v1", plural="roles", kind="Role")
    metadata = {"name": name, "namespace": world.namespace}
    await world.admin.create(
        roles,
        {
            "apiVersion": f"{group}/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": [
                {
                    "apiGroups": ["coordination.k8s.io"],
                    "resources": ["leases"],
                    "verbs": ["get", "create", "patch", "delete"],
                }
            ],
        },
        field_manager="tests",
    )
    subject = {
        "kind": "ServiceAccount",
        "name": "gitopskit-applier",
        "namespace": world.namespace,
    }
    await world.admin.create(
        ROLE_BINDINGS,
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [subject],
        },
        field_manager="tests",
    )
