"""The project ``default`` allows what `install` was given; without that there is none."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from gitopskit.kube.resources import APP_PROJECTS
from gitopskit.reconciler.loop import Controller
from gitopskit.workflows.controller_manifests import DefaultProject, reconciler_manifests
from tests.support.reconciling import World, config_map, text

Run = Callable[[], AbstractAsyncContextManager[Controller]]

IMAGE = "registry.example/gitopskit:1"


async def test_the_project_default_allows_only_what_install_was_given(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    given = DefaultProject(repositories=(world.url,), namespaces=(world.namespace,))
    files = reconciler_manifests(IMAGE, with_definitions=False, default=given)
    [content] = files["default-project.yaml"]
    made = await world.admin.create(APP_PROJECTS, content, field_manager="kubectl")
    elsewhere = {"repoURL": f"{world.url}-other", "targetRevision": "main", "path": "app"}
    await world.application(unique, project="default")
    await world.application(f"{unique}-place", project="default", namespace="default")
    await world.application(f"{unique}-source", project="default", source=elsewhere)

    async with reconciler():
        await world.until_synced(unique)
        await world.until_condition(f"{unique}-place", "InvalidSpecError", "namespace")
        await world.until_condition(f"{unique}-source", "InvalidSpecError", "repository")
    await world.clean_up()
    await world.admin.delete(APP_PROJECTS, "default", "argocd", uid=made["metadata"]["uid"])

    assert await world.data(unique) == {"color": "red"}


async def test_without_a_project_default_its_applications_are_refused(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.application(unique, project="default")

    async with reconciler():
        await world.until_condition(unique, "InvalidSpecError", "default")

    assert await world.data(unique) is None
