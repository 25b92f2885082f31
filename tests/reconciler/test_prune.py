"""What left the repository is deleted, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gitopskit.clock import SystemClock
from gitopskit.kube.resources import APP_PROJECTS, APPLICATIONS, CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from gitopskit.timestamps import rfc3339
from tests.support.hooking import annotated
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

APPROVED = "argocd.argoproj.io/deletion-approved"
KEPT = "kept"


async def registered(world: World, name: str, *contents: JsonObject, **spec: JsonValue) -> None:
    world.repository.commit({"app/all.yaml": text(*contents)})
    await world.project(name)
    await world.application(name, project=name, **spec)


async def approve(world: World, application: str) -> None:
    later = SystemClock().now_utc() + timedelta(seconds=2)
    await world.admin.patch(
        APPLICATIONS,
        application,
        "argocd",
        patch={"metadata": {"annotations": {APPROVED: rfc3339(later)}}},
        field_manager="kubectl-annotate",
    )


async def test_what_left_the_repository_is_deleted(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique), config_map(f"{unique}-{KEPT}"))

    async with reconciler():
        await world.until_synced(unique)
        assert unique in await world.listed(unique)
        commit = world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-{KEPT}"))})
        await world.until_gone(CONFIG_MAPS, unique)
        await eventually(lambda: _forgotten(world, unique))
        await world.until_synced(unique, revision=commit)

    assert await world.data(f"{unique}-{KEPT}") == {}


async def test_an_object_of_the_same_name_that_somebody_else_made_survives(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique), config_map(f"{unique}-{KEPT}"))
    async with reconciler():
        await world.until_synced(unique)
    before = await world.get(CONFIG_MAPS, unique)
    assert before is not None
    await world.admin.delete(CONFIG_MAPS, unique, world.namespace, uid=before["metadata"]["uid"])
    copied = {
        "name": unique,
        "namespace": world.namespace,
        "labels": before["metadata"]["labels"],
        "annotations": before["metadata"]["annotations"],
    }
    await world.admin.create(
        CONFIG_MAPS,
        {**config_map(unique, owner="somebody"), "metadata": copied},
        field_manager="tests",
    )
    commit = world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-{KEPT}"))})

    async with reconciler():
        await world.until_synced(unique, revision=commit)
        await eventually(lambda: _forgotten(world, unique))

    assert await world.data(unique) == {"owner": "somebody"}


async def test_an_adopted_object_is_pruned_only_when_approved(
    world: World, reconciler: Run, unique: str
) -> None:
    existing = config_map(unique, color="green")
    existing["metadata"]["namespace"] = world.namespace
    await world.admin.create(CONFIG_MAPS, existing, field_manager="kubectl-create")
    await registered(world, unique, config_map(unique, color="red"), config_map(f"{unique}-{KEPT}"))

    async with reconciler():
        await world.until_synced(unique)
        adopted = await world.get(CONFIG_MAPS, unique)
        assert adopted is not None
        assert adopted["data"] == {"color": "red"}
        assert adopted["metadata"]["annotations"]["gitopskit.io/adopted"] == "true"

        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-{KEPT}"))})
        message = await world.until_condition(unique, "DeletionConfirmationRequired")
        assert f"ConfigMap/{world.namespace}/{unique}" in message
        assert await world.data(unique) == {"color": "red"}

        await approve(world, unique)
        await world.until_gone(CONFIG_MAPS, unique)
        await world.until_synced(unique)


async def test_an_approval_from_before_the_question_does_not_count(
    world: World, reconciler: Run, unique: str
) -> None:
    marked = config_map(unique)
    marked["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Prune=confirm"}
    await registered(world, unique, marked, config_map(f"{unique}-{KEPT}"))
    old = rfc3339(datetime(2026, 1, 1, tzinfo=UTC))
    await world.admin.patch(
        APPLICATIONS,
        unique,
        "argocd",
        patch={"metadata": {"annotations": {APPROVED: old}}},
        field_manager="kubectl-annotate",
    )

    async with reconciler() as controller:
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-{KEPT}"))})
        await world.until_condition(unique, "DeletionConfirmationRequired")
        await looked_at_again(world, controller, unique)

    assert await world.data(unique) == {}


async def looked_at_again(world: World, controller: Controller, name: str) -> None:
    """Ask for another look, and wait until it has ended."""
    annotations = {"argocd.argoproj.io/refresh": "normal"}
    patch: JsonObject = {"metadata": {"annotations": annotations}}
    await world.admin.patch(APPLICATIONS, name, "argocd", patch=patch, field_manager="tests")

    async def is_over() -> bool:
        content = await world.get(APPLICATIONS, name, "argocd") or {}
        is_taken_off = "argocd.argoproj.io/refresh" not in content["metadata"]["annotations"]
        return is_taken_off and name not in controller._queue._handled

    await eventually(is_over)


async def test_an_object_that_asks_not_to_be_pruned_stays(
    world: World, reconciler: Run, unique: str
) -> None:
    marked = config_map(unique)
    marked["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Prune=false"}
    await registered(world, unique, marked, config_map(f"{unique}-{KEPT}"))

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-{KEPT}"))})
        await eventually(lambda: _requires_pruning(world, unique))

    assert await world.data(unique) == {}


async def test_without_prune_the_object_is_only_told_of(
    world: World, reconciler: Run, unique: str
) -> None:
    policy = {"automated": {**AUTOMATED, "prune": False}}
    await registered(
        world, unique, config_map(unique), config_map(f"{unique}-{KEPT}"), policy=policy
    )

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-{KEPT}"))})
        await eventually(lambda: _requires_pruning(world, unique))

    assert await world.data(unique) == {}


async def test_an_empty_folder_prunes_nothing(world: World, reconciler: Run, unique: str) -> None:
    await registered(world, unique, config_map(unique))

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": "# nothing\n"})
        await world.until_condition(unique, "EmptyRenderRefused")
        await eventually(lambda: _requires_pruning(world, unique))

    assert await world.data(unique) == {}
    assert (await world.status(unique))["sync"]["status"] == "OutOfSync"


async def test_an_empty_folder_prunes_everything_where_that_is_allowed(
    world: World, reconciler: Run, unique: str
) -> None:
    policy = {"automated": {**AUTOMATED, "allowEmpty": True}}
    await registered(world, unique, config_map(unique), policy=policy)

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": "# nothing\n"})
        await world.until_gone(CONFIG_MAPS, unique)


async def test_an_overlay_that_does_not_build_prunes_nothing(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique))

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/kustomization.yaml": "resources: [missing.yaml]\n"})
        message = await world.until_condition(unique, "ComparisonError")

    assert "missing.yaml" in message
    assert await world.data(unique) == {}
    assert (await world.status(unique))["sync"]["status"] == "Unknown"


async def test_a_deleted_application_with_the_finalizer_takes_its_objects_with_it(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique), finalizer=True)

    async with reconciler():
        await world.until_synced(unique)
        await delete_application(world, unique)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.data(unique) is None
    assert await world.listed(unique) == {}


async def test_a_deleted_application_without_the_finalizer_leaves_its_objects(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique))

    async with reconciler():
        await world.until_synced(unique)
        await delete_application(world, unique)
        await world.until_gone(APPLICATIONS, unique, "argocd")
        await registered_again(world, unique)
        await world.until_synced(f"{unique}-other")

    assert await world.data(unique) == {}


async def test_an_application_whose_project_is_gone_still_goes(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique), finalizer=True)

    async with reconciler():
        await world.until_synced(unique)
        project = await world.get(APP_PROJECTS, unique, "argocd")
        assert project is not None
        await world.admin.delete(APP_PROJECTS, unique, "argocd", uid=project["metadata"]["uid"])
        await delete_application(world, unique)
        await world.until_gone(APPLICATIONS, unique, "argocd")

    assert await world.data(unique) is None


async def delete_application(world: World, name: str) -> None:
    found = await world.get(APPLICATIONS, name, "argocd")
    assert found is not None
    await world.admin.delete(APPLICATIONS, name, "argocd", uid=found["metadata"]["uid"])


async def registered_again(world: World, name: str) -> None:
    """Register another Application, so that something shows that time has passed."""
    world.repository.commit(
        {
            "app/all.yaml": text(config_map(name)),
            "other/all.yaml": text(config_map(f"{name}-other")),
        }
    )
    await world.application(f"{name}-other", project=name, path="other")


async def _forgotten(world: World, name: str) -> bool:
    return name not in await world.listed(name)


async def _requires_pruning(world: World, name: str) -> bool:
    resources = (await world.status(name)).get("resources") or ()
    return any(item.get("requiresPruning") for item in resources)


async def test_half_of_everything_is_deleted_only_when_approved(
    world: World, reconciler: Run, unique: str
) -> None:
    many = [config_map(f"{unique}-{number}") for number in range(12)]
    await registered(world, unique, *many, config_map(f"{unique}-{KEPT}"))

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-{KEPT}"))})
        message = await world.until_condition(unique, "DeletionConfirmationRequired")
        assert message.startswith("12 of 13 objects would go at once, more than 9 objects and 50 %")
        assert await world.data(f"{unique}-11") == {}

        await approve(world, unique)
        for number in range(12):
            await world.until_gone(CONFIG_MAPS, f"{unique}-{number}")

    assert await world.data(f"{unique}-{KEPT}") == {}


async def test_an_application_may_ask_about_every_deletion(
    world: World, reconciler: Run, unique: str
) -> None:
    await registered(world, unique, config_map(unique), config_map(f"{unique}-{KEPT}"))
    await world.admin.patch(
        APPLICATIONS,
        unique,
        "argocd",
        patch={"metadata": {"annotations": {"gitopskit.io/max-deletions": "0"}}},
        field_manager="kubectl-annotate",
    )

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-{KEPT}"))})
        message = await world.until_condition(unique, "DeletionConfirmationRequired")

    assert message.startswith("1 of 2 objects would go at once, more than 0 objects")
    assert await world.data(unique) == {}


async def test_an_application_says_for_all_its_objects_what_is_not_deleted(
    world: World, reconciler: Run, unique: str
) -> None:
    kept, goes, last = (
        config_map(unique),
        config_map(f"{unique}-goes"),
        config_map(f"{unique}-last"),
    )
    willing = annotated(goes, sync_options="Prune=true")
    leaving = annotated(last, sync_options="Delete=true")
    world.repository.commit({"app/all.yaml": text(kept, willing, leaving)})
    await world.project(unique)
    policy = {"automated": AUTOMATED, "syncOptions": ["Prune=false", "Delete=false"]}
    made = await world.application(unique, project=unique, policy=policy, finalizer=True)

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(leaving)})
        await world.until_gone(CONFIG_MAPS, f"{unique}-goes")
        assert await world.data(unique) == {}
        await world.admin.delete(APPLICATIONS, unique, "argocd", uid=made["metadata"]["uid"])
        await world.until_gone(APPLICATIONS, unique, "argocd")
        await world.until_gone(CONFIG_MAPS, f"{unique}-last")

    assert await world.data(unique) == {}


async def test_an_application_asks_before_any_of_its_objects_goes(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique), config_map(f"{unique}-x"))})
    await world.project(unique)
    policy = {"automated": AUTOMATED, "syncOptions": ["Prune=confirm"]}
    await world.application(unique, project=unique, policy=policy)

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-x"))})
        await world.until_condition(unique, "DeletionConfirmationRequired", unique)
        assert await world.data(unique) == {}
        await approve(world, unique)
        await world.until_gone(CONFIG_MAPS, unique)
