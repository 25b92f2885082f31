"""What people ask an Application for is done once and told, as Argo CD tells it; on the server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.asking import ask, until_answered, until_compared
from tests.support.audit import read_requests
from tests.support.hooking import COMPLETE, JOBS, end, job
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane

Run = Callable[[], AbstractAsyncContextManager[Controller]]


async def mark(world: World, name: str, annotation: str, value: str | None) -> None:
    patch = {"metadata": {"annotations": {f"argocd.argoproj.io/{annotation}": value}}}
    await world.admin.patch(APPLICATIONS, name, "argocd", patch=patch, field_manager="argocd")


async def test_a_sync_on_demand_applies_and_is_told(
    world: World, reconciler: Run, unique: str
) -> None:
    commit = world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique, policy={})

    async with reconciler():
        await until_compared(world, unique)
        assert await world.data(unique) is None
        await ask(world, unique)
        state = await until_answered(world, unique)
        status = await world.until_synced(unique, revision=commit)

    assert (state["phase"], state["syncResult"]["revision"]) == ("Succeeded", commit)
    assert state["operation"]["initiatedBy"] == {"username": "ann"}
    assert state["operation"]["sync"]["revision"] == commit
    assert [it["initiatedBy"] for it in status["history"]] == [{"username": "ann"}]
    assert await world.data(unique) == {"color": "red"}


async def test_a_sync_on_demand_runs_the_hooks_again(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(job(unique, "PreSync"), config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        first = await end(world, unique, COMPLETE)
        await world.until_synced(unique)
        await ask(world, unique)

        async def is_new() -> bool:
            content = await world.get(JOBS, unique) or first
            return bool(content["metadata"]["uid"] != first["metadata"]["uid"])

        await eventually(is_new)
        await end(world, unique, COMPLETE)
        state = await until_answered(world, unique)
        await world.until_synced(unique)

    assert state["phase"] == "Succeeded"


async def test_only_selected_objects_are_synced_and_without_hooks(
    world: World, reconciler: Run, unique: str
) -> None:
    other = f"{unique}-other"
    world.repository.commit(
        {"app/all.yaml": text(config_map(unique), config_map(other), job(unique, "PreSync"))}
    )
    await world.project(unique)
    await world.application(unique, project=unique, policy={})

    async with reconciler():
        await until_compared(world, unique)
        await ask(world, unique, resources=[{"kind": "ConfigMap", "name": unique}])
        state = await until_answered(world, unique)
        assert state["phase"] == "Succeeded"
        assert await world.data(unique) == {}
        assert await world.data(other) is None
        assert await world.get(JOBS, unique) is None

        await ask(world, unique)
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)

    assert await world.data(other) == {}


async def test_a_selected_sync_that_comes_first_skips_no_hook_of_the_rest(
    world: World, reconciler: Run, unique: str
) -> None:
    other = f"{unique}-other"
    contents = (config_map(unique), config_map(other), job(unique, "PreSync"))
    world.repository.commit({"app/all.yaml": text(*contents)})
    await world.project(unique)
    await world.application(unique, project=unique)
    await ask(world, unique, resources=[{"kind": "ConfigMap", "name": unique}])

    async with reconciler():
        await until_answered(world, unique)
        await eventually(lambda: _is_there(world, unique))
        assert await world.data(other) is None
        await end(world, unique, COMPLETE)
        await world.until_synced(unique)

    assert await world.data(other) == {}


async def _is_there(world: World, name: str) -> bool:
    return await world.get(JOBS, name) is not None


async def test_a_dry_run_writes_nothing(world: World, reconciler: Run, unique: str) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique, policy={})

    async with reconciler():
        await until_compared(world, unique)
        await ask(world, unique, dryRun=True)
        state = await until_answered(world, unique)

    assert (state["phase"], state["message"]) == ("Succeeded", "dry run: 1 objects would change")
    assert await world.data(unique) is None
    assert (await world.status(unique)).get("history", []) == []


async def test_a_sync_to_a_revision_goes_there(world: World, reconciler: Run, unique: str) -> None:
    old = world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="blue"))})
    await world.project(unique)
    await world.application(unique, project=unique, policy={})

    async with reconciler():
        await until_compared(world, unique)
        await ask(world, unique, revision=old)
        state = await until_answered(world, unique)

        async def is_different() -> bool:
            return bool((await world.status(unique))["sync"]["status"] == "OutOfSync")

        await eventually(is_different)

    assert (state["phase"], state["syncResult"]["revision"]) == ("Succeeded", old)
    assert await world.data(unique) == {"color": "red"}


async def test_an_automated_application_is_not_taken_to_another_revision(
    world: World, reconciler: Run, unique: str
) -> None:
    old = world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="blue"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await ask(world, unique, revision=old)
        state = await until_answered(world, unique)

    assert state["phase"] == "Failed"
    assert state["message"] == f"automated sync follows main, so it is not synced to {old}"
    assert await world.data(unique) == {"color": "blue"}


async def test_a_sync_prunes_only_where_that_is_asked(
    world: World, reconciler: Run, unique: str
) -> None:
    other = f"{unique}-other"
    world.repository.commit({"app/all.yaml": text(config_map(unique), config_map(other))})
    await world.project(unique)
    await world.application(unique, project=unique, policy={})

    async with reconciler():
        await until_compared(world, unique)
        await ask(world, unique)
        await until_answered(world, unique)
        world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
        await ask(world, unique)
        await until_answered(world, unique)
        assert await world.data(unique) == {"color": "red"}
        assert await world.data(other) == {}

        await ask(world, unique, prune=True)
        await until_answered(world, unique)
        await world.until_gone(CONFIG_MAPS, other)


async def test_what_cannot_be_done_ends_the_operation(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        await ask(world, unique, syncOptions=["Unheard=of"])
        state = await until_answered(world, unique)
        await world.until_synced(unique)

    assert state["phase"] == "Failed"
    assert "operation.sync.syncOptions[0] Unheard=of" in state["message"]


async def test_a_refresh_looks_at_git_now(world: World, reconciler: Run, unique: str) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique)
        for value in ("normal", "hard"):
            commit = world.repository.commit({"app/all.yaml": text(config_map(unique, by=value))})
            await mark(world, unique, "refresh", value)
            await world.until_synced(unique, revision=commit)

        async def is_taken_off() -> bool:
            found = await world.get(APPLICATIONS, unique, "argocd") or {}
            return not found["metadata"].get("annotations")

        await eventually(is_taken_off)

    assert await world.data(unique) == {"by": "hard"}


async def test_a_skipped_application_is_left_alone(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler() as controller:
        await world.until_synced(unique)
        await mark(world, unique, "skip-reconcile", "true")
        await eventually(lambda: controller.registry.applications[unique].is_skipped)
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "blue"}})
        await world.application(f"{unique}-other", project=unique, path="other")
        files = {
            "app/all.yaml": text(config_map(unique, color="red")),
            "other/all.yaml": text(config_map(f"{unique}-other")),
        }
        world.repository.commit(files)
        await world.until_synced(f"{unique}-other")  # meanwhile others were worked on
        assert await world.data(unique) == {"color": "blue"}

        await mark(world, unique, "skip-reconcile", None)

        async def is_back() -> bool:
            return await world.data(unique) == {"color": "red"}

        await eventually(is_back)


async def test_a_skipped_application_that_is_deleted_goes_when_it_is_not_skipped_any_more(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    made = await world.application(unique, project=unique, finalizer=True)

    async with reconciler() as controller:
        await world.until_synced(unique)
        await mark(world, unique, "skip-reconcile", "True")
        await eventually(lambda: controller.registry.applications[unique].is_skipped)
        await world.admin.delete(APPLICATIONS, unique, "argocd", uid=made["metadata"]["uid"])
        await eventually(lambda: controller.registry.applications[unique].is_deleted)
        await world.application(f"{unique}-other", project=unique, path="missing")
        await world.until_condition(f"{unique}-other", "ComparisonError")  # others were worked on
        assert await world.data(unique) == {"color": "red"}

        await mark(world, unique, "skip-reconcile", None)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.data(unique) is None


@pytest.mark.parametrize("options", [[], ["ApplyOutOfSyncOnly=true"]])
async def test_what_is_as_it_is_to_be_is_applied_again_unless_that_is_not_wanted(
    world: World,
    reconciler: Run,
    unique: str,
    options: list[str],
    control_plane: ControlPlane,
) -> None:
    same, other = f"{unique}-same", f"{unique}-other"
    drifted = config_map(f"{unique}-drifted", color="red")
    both = config_map(same), config_map(other)
    world.repository.commit({"app/all.yaml": text(*both, drifted)})
    await world.project(unique)
    await world.application(unique, project=unique, policy={"syncOptions": options})

    def applies(name: str) -> int:
        found = read_requests(control_plane.audit_log_path)
        return sum(
            (it.name, it.verb) == (name, "patch") and "dryRun" not in it.path for it in found
        )

    async with reconciler():
        await until_compared(world, unique)
        await ask(world, unique)
        await until_answered(world, unique)
        before = applies(same)
        await world.edit(CONFIG_MAPS, f"{unique}-drifted", {"data": {"color": "blue"}})
        changed = text(both[0], config_map(other, color="red"), drifted)
        world.repository.commit({"app/all.yaml": changed})
        await ask(world, unique)
        await until_answered(world, unique)
        after = applies(same)

    assert await world.data(other) == await world.data(f"{unique}-drifted") == {"color": "red"}
    assert after - before == (0 if options else 1)
