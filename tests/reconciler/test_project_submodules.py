"""Submodules are read for the projects that ask for it, from the repositories that they allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.reconciler.project import parse
from tests.support.gitrepo import SourceRepository
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.reconciler.loop import Controller

    Running = Callable[[], AbstractAsyncContextManager[Controller]]

WITH = {"gitopskit.io/submodules": "true"}


def _commit(world: World) -> str:
    """Commit an application whose objects lie in another repository."""
    lib = SourceRepository.create(world.repository.folder.with_name("lib.git"))
    pinned = lib.commit({"cm.yaml": text(config_map("from-lib", key="value"))})
    modules = '[submodule "m"]\n\tpath = app/lib\n\turl = ../lib.git\n'
    files = {"app/kustomization.yaml": "resources: [lib/cm.yaml]\n", ".gitmodules": modules}
    world.repository.commit(files)
    world.repository.git("update-index", "--add", "--cacheinfo", f"160000,{pinned},app/lib")
    return world.repository.commit_index()


async def test_a_project_may_ask_for_submodules(
    world: World, reconciler: Running, unique: str
) -> None:
    commit = _commit(world)
    repositories = [world.url, str(world.repository.folder.with_name("lib.git"))]
    await world.project(unique, annotations=WITH, sourceRepos=repositories)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique, revision=commit)

    assert await world.data("from-lib") == {"key": "value"}


async def test_a_submodule_that_the_project_does_not_list_is_refused(
    world: World, reconciler: Running, unique: str
) -> None:
    _commit(world)
    await world.project(unique, annotations=WITH)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_condition(unique, "ComparisonError", "does not allow the submodule")


async def test_without_asking_submodules_stay_empty(
    world: World, reconciler: Running, unique: str
) -> None:
    _commit(world)
    await world.project(unique, sourceRepos=["**"])
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_condition(unique, "ComparisonError", "lib/cm.yaml")


@pytest.mark.parametrize(("value", "has"), [("true", True), ("false", False), (None, False)])
def test_the_annotation_is_a_switch(value: str | None, *, has: bool) -> None:
    annotations = {} if value is None else {"gitopskit.io/submodules": value}

    assert parse({"metadata": {"name": "a", "annotations": annotations}}).has_submodules is has


def test_another_word_is_refused() -> None:
    annotations = {"gitopskit.io/submodules": "yes"}

    with pytest.raises(InputError, match='must be "true" or "false"'):
        parse({"metadata": {"name": "a", "annotations": annotations}})
