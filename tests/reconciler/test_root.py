"""The root registers, the platform prepares, an app arrives; and all of it goes again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.kube.resources import APP_PROJECTS, APPLICATIONS, CONFIG_MAPS, SERVICE_ACCOUNTS
from gitopskit.reconciler.loop import Controller
from tests.support.cluster import create_namespace
from tests.support.reconciling import AUTOMATED, SERVER, World, config_map, options, text

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

PLATFORM: JsonObject = {
    "destinationServiceAccounts": [
        {
            "server": SERVER,
            "namespace": "*",
            "defaultServiceAccount": "gitopskit-system:gitopskit-platform-applier",
        }
    ]
}


async def test_the_root_registers_what_git_says_and_the_platform_prepares_it(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    place, app = await _registered_root(world, unique, control_plane)

    async with reconciler():
        await world.until_synced(unique)
        await world.until_synced(f"{unique}-platform")
        await world.until_synced(app)
        found = await world.get(CONFIG_MAPS, unique, place)
        assert found is not None

        world.repository.commit(
            {
                "registrations/all.yaml": text(
                    _project(world, unique, place), *_applications(world, unique, place)[:1]
                ),
                "platform/all.yaml": text(*_applier(place)),
            }
        )
        await world.until_gone(APPLICATIONS, app, "argocd")
        await world.until_gone(APPLICATIONS, f"{unique}-platform", "argocd")

    assert await world.get(CONFIG_MAPS, unique, place) is None
    assert await world.get(SERVICE_ACCOUNTS, "gitopskit-applier", place) is None


async def test_a_single_pass_comes_back_to_what_another_application_prepared(
    world: World, reconciler_client: KubeClient, unique: str, control_plane: ControlPlane
) -> None:
    place, app = await _registered_root(world, unique, control_plane)
    controller = Controller(reconciler_client, options(world.cache_dir))

    found = await controller.pass_once()

    states = {it["metadata"]["name"]: it["status"]["sync"]["status"] for it in found}
    assert {name for name in states if name.startswith(unique)} == {
        unique,
        f"{unique}-platform",
        app,
    }
    assert states[app] == "Synced"
    assert await world.get(CONFIG_MAPS, unique, place) is not None


async def _registered_root(
    world: World, unique: str, control_plane: ControlPlane
) -> tuple[str, str]:
    """Make the root Application; return the namespace of the app, and the app's name."""
    place = f"{unique}-place"
    create_namespace(control_plane, place)
    app = f"{unique}-app"
    world.repository.commit(
        {
            "registrations/all.yaml": text(
                _project(world, unique, place), *_applications(world, unique, place)
            ),
            "platform/all.yaml": text(*_applier(place)),
            "app/all.yaml": text(config_map(unique, color="red")),
        }
    )
    await world.project(
        "gitopskit-root",
        destinations=[{"server": SERVER, "namespace": "argocd"}],
        namespaceResourceWhitelist=[{"group": "argoproj.io", "kind": "*"}],
        **PLATFORM,
    )
    world.made += [(APPLICATIONS, app), (APPLICATIONS, f"{unique}-platform")]
    world.made += [(APP_PROJECTS, unique), (APP_PROJECTS, f"{unique}-platform")]
    await world.application(
        unique, project="gitopskit-root", path="registrations", namespace="argocd"
    )
    return place, app


def _project(world: World, name: str, place: str) -> JsonObject:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "sourceRepos": [world.url],
            "destinations": [{"server": SERVER, "namespace": place}],
        },
    }


def _applications(world: World, name: str, place: str) -> list[JsonObject]:
    platform = _project(world, f"{name}-platform", place)
    platform["spec"].update(PLATFORM)
    return [
        platform,
        _registered(world, f"{name}-platform", project=f"{name}-platform", place=place),
        _registered(world, f"{name}-app", project=name, place=place),
    ]


def _registered(world: World, name: str, *, project: str, place: str) -> JsonObject:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": project,
            "source": {
                "repoURL": world.url,
                "targetRevision": "main",
                "path": name.rpartition("-")[2],
            },
            "destination": {"server": SERVER, "namespace": place},
            "syncPolicy": {"automated": AUTOMATED},
        },
    }


def _applier(place: str) -> list[JsonObject]:
    group = "rbac.authorization.k8s.io"
    metadata = {"name": "gitopskit-applier", "namespace": place}
    return [
        {"apiVersion": "v1", "kind": SERVICE_ACCOUNTS.kind, "metadata": metadata},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "gitopskit-applier"},
            "subjects": [{"kind": "ServiceAccount", **metadata}],
        },
    ]
