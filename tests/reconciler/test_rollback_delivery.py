"""A revision that is bad is left for the last healthy one, until there is another commit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from time import perf_counter

from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler.loop import Controller
from tests.reconciler.test_early_failure import workload
from tests.support.reconciling import World, text

Run = Callable[[], AbstractAsyncContextManager[Controller]]


async def test_a_bad_revision_is_left_by_itself_and_not_tried_again_before_another_commit(
    world: World, reconciler: Run, unique: str, tell: Callable[[str], None]
) -> None:
    good = world.repository.commit({"app/all.yaml": text(workload(unique, image="1"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    await world.admin.patch(
        APPLICATIONS,
        unique,
        "argocd",
        patch={"metadata": {"annotations": {"gitopskit.io/rollback": "on-degraded"}}},
        field_manager="tests",
    )

    async with reconciler():
        await world.until_synced(unique, revision=good)
        bad = world.repository.commit({"app/all.yaml": text(workload(unique, image="crash"))})
        begun = perf_counter()
        told = await world.until_condition(unique, "RolledBack", bad)
        await world.until_synced(unique, revision=good)
        tell(f"from a bad commit to the last healthy one: {perf_counter() - begun:.1f} s")
    async with reconciler():
        await world.application(f"{unique}-after", project=unique, path="missing")
        await world.until_condition(f"{unique}-after", "ComparisonError")
        await world.until_synced(unique, revision=good)
        assert (await world.conditions(unique))["RolledBack"] == told
        fixed = world.repository.commit({"app/all.yaml": text(workload(unique, image="3"))})
        await world.until_synced(unique, revision=fixed)

    assert good in told
    assert "RolledBack" not in await world.conditions(unique)
