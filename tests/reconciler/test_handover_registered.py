"""Objects pass to an Application that the same commit registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, SERVER, World, config_map, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.loop import Controller

    Run = Callable[[], AbstractAsyncContextManager[Controller]]


def _registered(world: World, project: str, letter: str) -> JsonObject:
    finalizers = ["resources-finalizer.argocd.argoproj.io"]
    name = f"{project}-{letter}"
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd", "finalizers": finalizers},
        "spec": {
            "project": project,
            "source": {"repoURL": world.url, "targetRevision": "main", "path": letter},
            "destination": {"server": SERVER, "namespace": world.namespace},
            "syncPolicy": {"automated": AUTOMATED},
        },
    }


async def _root(world: World, unique: str) -> None:
    await world.project(unique)
    await world.project(
        "gitopskit-root",
        destinations=[{"server": SERVER, "namespace": "argocd"}],
        namespaceResourceWhitelist=[{"group": "argoproj.io", "kind": "*"}],
        destinationServiceAccounts=[
            {
                "server": SERVER,
                "namespace": "*",
                "defaultServiceAccount": "gitopskit-system:gitopskit-platform-applier",
            }
        ],
    )
    world.made += [(APPLICATIONS, f"{unique}-{letter}") for letter in "ab"]
    await world.application(
        unique, project="gitopskit-root", path="registrations", namespace="argocd"
    )


@pytest.mark.parametrize("left", [["a", "b"], ["b"]], ids=["split", "renamed"])
async def test_an_object_passes_to_an_application_that_is_new(
    world: World, reconciler: Run, unique: str, left: list[str]
) -> None:
    moved, kept = config_map(f"{unique}-moved"), config_map(f"{unique}-kept")
    world.repository.commit(
        {
            "registrations/all.yaml": text(_registered(world, unique, "a")),
            "a/all.yaml": text(kept, moved),
        }
    )
    await _root(world, unique)

    async def is_taken() -> bool:
        found = await world.get(CONFIG_MAPS, f"{unique}-moved")
        assert found is not None, "it was deleted"
        tracking = found["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"]
        return str(tracking).startswith(f"{unique}-b:")

    async with reconciler():
        await world.until_synced(f"{unique}-a")
        before = await world.get(CONFIG_MAPS, f"{unique}-moved")
        registrations = [_registered(world, unique, letter) for letter in left]
        folders = {"a/all.yaml": text(kept), "b/all.yaml": text(moved)}
        if left == ["b"]:
            folders = {"b/all.yaml": text(kept, moved)}
        world.repository.commit({"registrations/all.yaml": text(*registrations), **folders})
        await eventually(is_taken, timeout_seconds=20)
        await world.until_synced(f"{unique}-b")
        if left == ["b"]:
            await world.until_gone(APPLICATIONS, f"{unique}-a", "argocd")

    after = await world.get(CONFIG_MAPS, f"{unique}-moved")
    assert before is not None
    assert after is not None
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
