"""From a bad commit to the command that takes it back, and to the cluster again."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.git.clone import Clone
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.waiting import Wanted, wait
from gitopskit.workflows.rollback import commit_rollback, plan_rollback, tag_rollback
from tests.reconciler.test_early_failure import workload
from tests.support.clones import PersonsClone
from tests.support.reconciling import World, text

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[[], AbstractAsyncContextManager[Controller]]


async def test_a_bad_commit_is_taken_back_in_git_and_the_rollback_is_over(
    world: World, reconciler: Run, unique: str, tmp_path: Path
) -> None:
    other = {"other/a.yaml": "1"}
    good = world.repository.commit({"app/all.yaml": text(workload(unique, image="1")), **other})
    await world.project(unique)
    await world.application(unique, project=unique)
    wish = {"metadata": {"annotations": {"gitopskit.io/rollback": "on-degraded"}}}
    await world.admin.patch(APPLICATIONS, unique, "argocd", patch=wish, field_manager="tests")

    async with reconciler():
        await world.until_synced(unique, revision=good)
        files = {"app/all.yaml": text(workload(unique, image="crash")), "other/a.yaml": "2"}
        bad = world.repository.commit(files)
        await world.until_condition(unique, "RolledBack", bad)
        (given_up,) = await wait(
            world.admin, Wanted(names=(unique,), revision=bad), timeout_seconds=60
        )
        commit = _roll_back(world, tmp_path, await world.get(APPLICATIONS, unique, "argocd"))
        (found,) = await wait(
            world.admin, Wanted(names=(unique,), revision=commit), timeout_seconds=60
        )

    assert given_up.is_final
    assert given_up.state.startswith("rolled back: ")
    assert found.is_done
    assert "RolledBack" not in await world.conditions(unique)
    assert world.repository.git("show", "main:other/a.yaml") == "2"
    assert world.repository.git("tag", "--points-at", "main") == f"rollback/{unique}/{bad[:8]}"


def _roll_back(world: World, tmp_path: Path, content: object) -> str:
    """Take back in a clone what was bad, and push it."""
    assert isinstance(content, dict)
    person = PersonsClone.create(tmp_path / "mine")
    person.git("remote", "add", "origin", world.url)
    person.git("fetch", "--quiet", "origin")
    person.git("switch", "--quiet", "main")
    clone = Clone.at(person.folder, environment=dict(os.environ))
    plan = plan_rollback(clone, content)
    commit = commit_rollback(clone, plan)
    clone.push("origin", "main", [tag_rollback(clone, plan)])
    return commit
