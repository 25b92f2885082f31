"""A revision that is bad is left for the last healthy one, until there is another commit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from time import perf_counter
from typing import TYPE_CHECKING

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, EVENTS
from gitopskit.reconciler.heads import has_passed
from gitopskit.reconciler.loop import Controller
from tests.reconciler.test_early_failure import workload
from tests.support.hooking import JOBS, job
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]


async def until_seen(world: World, name: str, commit: str) -> None:
    """Wait until an Application has passed a commit."""

    async def is_seen() -> bool:
        content = await world.get(APPLICATIONS, name, "argocd") or {}
        found = await world.get(CONFIG_MAPS, "gitopskit-heads", "gitopskit-system") or {}
        return has_passed(content, found.get("data") or {}, commit)

    await eventually(is_seen)


async def test_a_bad_revision_is_left_by_itself_and_not_tried_again_before_another_one(
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
        crashing = text(workload(unique, image="crash"))
        beside = {"other/all.yaml": text(config_map("other"))}
        other = world.repository.commit({"app/all.yaml": crashing, **beside})
        await until_seen(world, unique, other)
        await world.until_synced(unique, revision=good)
        assert (await world.conditions(unique))["RolledBack"] == told
    async with reconciler():
        comment = f"# nothing is changed by this\n{crashing}"
        same = world.repository.commit({"app/all.yaml": comment})
        await until_seen(world, unique, same)
        await world.application(f"{unique}-after", project=unique, path="missing")
        await world.until_condition(f"{unique}-after", "ComparisonError")
        await world.until_synced(unique, revision=good)
        assert (await world.conditions(unique))["RolledBack"] == told
        fixed = world.repository.commit({"app/all.yaml": text(workload(unique, image="3"))})
        await world.until_synced(unique, revision=fixed)

    assert good in told
    assert "RolledBack" not in await world.conditions(unique)
    listing = await world.admin.list(EVENTS, "argocd", field_selector=f"regarding.name={unique}")
    events = [(it["reason"], it["type"]) for it in listing.items]
    assert events.count(("RolledBack", "Warning")) == 1


async def test_what_a_bad_revision_took_from_another_application_is_not_deleted_unasked(
    world: World, reconciler: Run, unique: str
) -> None:
    giver, taker = f"{unique}-a", f"{unique}-b"
    kept, moved = config_map(f"{unique}-kept"), config_map(f"{unique}-moved")

    def commit(a: list[JsonObject], b: list[JsonObject]) -> str:
        return world.repository.commit({"a/all.yaml": text(*a), "b/all.yaml": text(*b)})

    async def moved_to(application: str) -> bool:
        return f"{unique}-moved" in await world.listed(application)

    good = commit([kept, moved], [workload(unique, image="1")])
    await world.project(unique)
    await world.application(giver, project=unique, path="a")
    await world.application(taker, project=unique, path="b")
    wish: JsonObject = {"metadata": {"annotations": {"gitopskit.io/rollback": "on-degraded"}}}
    await world.admin.patch(APPLICATIONS, taker, "argocd", patch=wish, field_manager="tests")

    async with reconciler():
        await world.until_synced(giver, revision=good)
        await world.until_synced(taker, revision=good)
        before = await world.admin.get(CONFIG_MAPS, f"{unique}-moved", world.namespace)
        bad = commit([kept], [workload(unique, image="crash"), moved])
        await world.until_condition(taker, "RolledBack", bad)
        await world.until_condition(taker, "DeletionConfirmationRequired", "-moved")
    async with reconciler():
        asked = await world.until_condition(taker, "DeletionConfirmationRequired", "-moved")
        again = commit([kept, moved], [workload(unique, image="1")])
        await world.until_synced(giver, revision=again)
        await eventually(lambda: moved_to(giver))
        await world.until_synced(taker)

    after = await world.admin.get(CONFIG_MAPS, f"{unique}-moved", world.namespace)
    assert asked.startswith("a revision that was rolled back took it from another Application: ")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert "DeletionConfirmationRequired" not in await world.conditions(taker)


async def test_a_revision_that_is_not_healthy_in_time_is_left_too(
    world: World, reconciler: Run, unique: str
) -> None:
    """A Job that nobody ends is neither healthy nor degraded."""
    good = world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)
    wish = {"gitopskit.io/rollback": "on-degraded", "gitopskit.io/rollback-after": "1s"}
    patch: JsonObject = {"metadata": {"annotations": wish}}
    await world.admin.patch(APPLICATIONS, unique, "argocd", patch=patch, field_manager="tests")

    async with reconciler():
        await world.until_synced(unique, revision=good)
        later = text(config_map(unique, color="blue"), job(f"{unique}-job"))
        bad = world.repository.commit({"app/all.yaml": later})
        told = await world.until_condition(unique, "RolledBack", bad)
        await world.until_gone(JOBS, f"{unique}-job")
        await world.until_synced(unique, revision=good)

    assert told.endswith("it was Progressing, not Healthy in time")
    assert await world.data(unique) == {"color": "red"}
