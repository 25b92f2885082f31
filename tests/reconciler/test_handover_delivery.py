"""An object that passes from one Application to another is the same object afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APP_PROJECTS, APPLICATIONS, CONFIG_MAPS, SECRETS, ResourceType
from gitopskit.reconciler import parting
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import SERVER, World, config_map, options, text
from tests.support.silent_server import silence

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

    Run = Callable[[], AbstractAsyncContextManager[Controller]]

CLAIMS = ResourceType(
    group="", version="v1", plural="persistentvolumeclaims", kind="PersistentVolumeClaim"
)
BY_HAND: JsonObject = {"syncOptions": []}
"""A policy without automated sync."""


def held(world: World, **folders: list[JsonObject]) -> str:
    """Commit what folders hold, and nothing else."""
    return world.repository.commit(
        {f"{folder}/all.yaml": text(*it) or "# nothing\n" for folder, it in folders.items()}
    )


async def registered(world: World, name: str, *letters: str) -> None:
    """Make a project, and an Application of a folder for each letter."""
    await world.project(name)
    for letter in letters:
        await world.application(f"{name}-{letter}", project=name, path=letter)


async def uid(world: World, name: str, kind: ResourceType = CONFIG_MAPS) -> str:
    found = await world.get(kind, name)
    return "" if found is None else str(found["metadata"]["uid"])


async def tracker(world: World, name: str, kind: ResourceType = CONFIG_MAPS) -> str:
    found = await world.get(kind, name)
    annotations = found["metadata"]["annotations"] if found else {}
    return str(annotations.get("argocd.argoproj.io/tracking-id", "")).partition(":")[0]


async def until_taken(
    world: World, name: str, application: str, kind: ResourceType = CONFIG_MAPS
) -> None:
    async def is_taken() -> bool:
        return await tracker(world, name, kind) == application

    await eventually(is_taken)


@pytest.mark.parametrize("first", ["a", "b"])
async def test_an_object_that_moves_is_kept_whoever_looks_first(
    world: World, reconciler_client: KubeClient, unique: str, first: str
) -> None:
    moved = config_map(f"{unique}-moved", color="red")
    kept = {letter: config_map(f"{unique}-{letter}") for letter in "ab"}
    held(world, a=[kept["a"], moved], b=[kept["b"]])
    await registered(world, unique, "a", "b")
    names = [f"{unique}-a", f"{unique}-b"]

    async def look(*wanted: str) -> None:
        await Controller(reconciler_client, options(world.cache_dir)).pass_once(wanted)

    await look(*names)
    before = await uid(world, f"{unique}-moved")
    held(world, a=[kept["a"]], b=[kept["b"], config_map(f"{unique}-moved", color="blue")])
    await look(f"{unique}-{first}")
    await look(*(name for name in names if not name.endswith(first)))
    await look(*names)

    assert await uid(world, f"{unique}-moved") == before
    assert await tracker(world, f"{unique}-moved") == f"{unique}-b"
    assert await world.data(f"{unique}-moved") == {"color": "blue"}
    assert set(await world.listed(f"{unique}-a")) == {f"{unique}-a"}
    assert set(await world.listed(f"{unique}-b")) == {f"{unique}-b", f"{unique}-moved"}
    for name in names:
        status = await world.status(name)
        assert status["sync"]["status"] == "Synced"
        assert not status.get("conditions")


async def test_many_objects_move_at_once_and_no_guard_is_in_the_way(
    world: World, reconciler: Run, unique: str
) -> None:
    many = [config_map(f"{unique}-{number}") for number in range(30)]
    claim: JsonObject = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": unique},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    secret: JsonObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": unique},
        "stringData": {"color": "red"},
    }
    kept = config_map(f"{unique}-b")
    held(world, a=[*many, claim, secret], b=[kept])
    await registered(world, unique, "a", "b")

    async with reconciler():
        await world.until_synced(f"{unique}-b")
        await world.until_synced(f"{unique}-a", health="Progressing")  # nobody binds the claim
        kinds = {unique: CLAIMS, f"{unique}-29": CONFIG_MAPS}
        before = [await uid(world, name, kind) for name, kind in kinds.items()]
        before.append(await uid(world, unique, SECRETS))
        commit = held(world, a=[], b=[kept, *many, claim, secret])
        await world.until_synced(f"{unique}-b", revision=commit, health="Progressing")

        async def is_given() -> bool:
            return set(await world.listed(f"{unique}-a")) == set()

        await eventually(is_given)
        await world.until_synced(f"{unique}-a", revision=commit)

    after = [await uid(world, name, kind) for name, kind in kinds.items()]
    assert [*after, await uid(world, unique, SECRETS)] == before
    assert set(await world.conditions(f"{unique}-a")) == {"NothingRendered"}


async def test_two_applications_exchange_objects(
    world: World, reconciler: Run, unique: str
) -> None:
    one, two = config_map(f"{unique}-1"), config_map(f"{unique}-2")
    held(world, a=[one], b=[two])
    await registered(world, unique, "a", "b")

    async with reconciler():
        for letter in "ab":
            await world.until_synced(f"{unique}-{letter}")
        before = [await uid(world, f"{unique}-{number}") for number in (1, 2)]
        commit = held(world, a=[two], b=[one])
        for letter in "ab":
            await world.until_synced(f"{unique}-{letter}", revision=commit)

    assert [await uid(world, f"{unique}-{number}") for number in (1, 2)] == before
    assert await tracker(world, f"{unique}-1") == f"{unique}-b"


async def test_an_object_goes_round_and_comes_back(
    world: World, reconciler: Run, unique: str
) -> None:
    moved, kept = config_map(f"{unique}-moved"), [config_map(f"{unique}-{it}") for it in "abc"]
    held(world, a=[kept[0], moved], b=[kept[1]], c=[kept[2]])
    await registered(world, unique, "a", "b", "c")

    async with reconciler():
        for letter in "abc":
            await world.until_synced(f"{unique}-{letter}")
        before = await uid(world, f"{unique}-moved")
        for goal in "bca":
            folders = {it: [kept["abc".index(it)]] for it in "abc"}
            folders[goal].append(moved)
            commit = held(world, **folders)
            await until_taken(world, f"{unique}-moved", f"{unique}-{goal}")
            await world.until_synced(f"{unique}-{goal}", revision=commit)

    assert await uid(world, f"{unique}-moved") == before


async def test_one_that_is_synced_by_hand_takes_it_then(
    world: World, reconciler: Run, unique: str
) -> None:
    moved = config_map(f"{unique}-moved")
    held(world, a=[config_map(f"{unique}-a"), moved], b=[config_map(f"{unique}-b")])
    await registered(world, unique, "a")
    await world.application(f"{unique}-b", project=unique, path="b", policy=BY_HAND)

    async with reconciler():
        await world.until_synced(f"{unique}-a")
        before = await uid(world, f"{unique}-moved")
        held(world, a=[config_map(f"{unique}-a")], b=[config_map(f"{unique}-b"), moved])
        told = f'the Application "{unique}-b" takes it when it is synced'
        await world.until_condition(f"{unique}-a", "HandingOver", told)
        await world.admin.patch(
            APPLICATIONS,
            f"{unique}-b",
            "argocd",
            patch={"operation": {"sync": {}}},
            field_manager="tests",
        )
        await until_taken(world, f"{unique}-moved", f"{unique}-b")
        await world.until_synced(f"{unique}-a")

    assert await uid(world, f"{unique}-moved") == before


async def test_one_that_may_not_take_it_is_named_until_it_may(
    world: World, reconciler: Run, unique: str
) -> None:
    moved = config_map(f"{unique}-moved")
    held(world, a=[config_map(f"{unique}-a"), moved], b=[])
    await registered(world, unique, "a")
    await world.project(
        f"{unique}-b", namespaceResourceBlacklist=[{"group": "", "kind": "ConfigMap"}]
    )
    await world.application(f"{unique}-b", project=f"{unique}-b", path="b")

    async with reconciler():
        await world.until_synced(f"{unique}-a")
        before = await uid(world, f"{unique}-moved")
        held(world, a=[config_map(f"{unique}-a")], b=[moved])
        message = await world.until_condition(f"{unique}-a", "HandingOver", "is refused")
        await world.admin.patch(
            APP_PROJECTS,
            f"{unique}-b",
            "argocd",
            patch={"spec": {"namespaceResourceBlacklist": None}},
            field_manager="tests",
        )
        await until_taken(world, f"{unique}-moved", f"{unique}-b")
        await world.until_synced(f"{unique}-a")

    assert f'"{unique}-b" is to take it' in message
    assert await uid(world, f"{unique}-moved") == before


async def test_a_slow_application_of_another_namespace_holds_no_deletion_back_for_ever(
    world: World, reconciler: Run, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parting, "_ASK_SECONDS", 0.2)
    monkeypatch.setattr(parting, "_PATIENCE_SECONDS", 3.0)
    kept, gone = config_map(f"{unique}-a"), config_map(f"{unique}-gone")
    held(world, a=[kept, gone])
    await registered(world, unique, "a")
    elsewhere: JsonObject = {"server": SERVER, "namespace": "elsewhere"}
    await world.project(f"{unique}-b", sourceRepos=["*"], destinations=[elsewhere])

    async with reconciler():
        await world.until_synced(f"{unique}-a")
        with silence() as address:
            await world.application(
                f"{unique}-b",
                project=f"{unique}-b",
                namespace="elsewhere",
                source={"repoURL": f"{address}/b.git", "targetRevision": "main", "path": "b"},
            )
            held(world, a=[kept])
            message = await world.until_condition(f"{unique}-a", "HandingOver")
            await world.until_gone(CONFIG_MAPS, f"{unique}-gone")
            told = await world.conditions(f"{unique}-b")
        await world.until_synced(f"{unique}-a")

    assert f"waits for a look at {unique}-b" in message
    assert told == {}


async def test_what_one_that_cannot_be_read_may_want_is_not_deleted(
    world: World, reconciler: Run, unique: str
) -> None:
    moved = config_map(f"{unique}-moved")
    held(world, a=[config_map(f"{unique}-a"), moved], b=[config_map(f"{unique}-b")])
    await registered(world, unique, "a", "b")

    async with reconciler():
        for letter in "ab":
            await world.until_synced(f"{unique}-{letter}")
        before = await uid(world, f"{unique}-moved")
        world.repository.commit(
            {
                "a/all.yaml": text(config_map(f"{unique}-a")),
                "b/all.yaml": text(config_map(f"{unique}-b"), moved),
                "b/kustomization.yaml": "resources: [all.yaml, missing.yaml]\n",
            }
        )
        message = await world.until_condition(f"{unique}-a", "DeletionConfirmationRequired")
        assert f"{unique}-b cannot be read now and may want it" in message
        held(world, a=[config_map(f"{unique}-a")], b=[config_map(f"{unique}-b"), moved])
        await until_taken(world, f"{unique}-moved", f"{unique}-b")
        for letter in "ab":
            await world.until_synced(f"{unique}-{letter}")

    assert await uid(world, f"{unique}-moved") == before


async def test_one_that_is_deleted_with_its_objects_hands_over_what_others_want(
    world: World, reconciler: Run, unique: str
) -> None:
    moved, alone = config_map(f"{unique}-moved"), config_map(f"{unique}-alone")
    held(world, a=[moved, alone], b=[config_map(f"{unique}-b")])
    await registered(world, unique, "b")
    made = await world.application(f"{unique}-a", project=unique, path="a", finalizer=True)

    async with reconciler():
        for letter in "ab":
            await world.until_synced(f"{unique}-{letter}")
        before = await uid(world, f"{unique}-moved")
        held(world, b=[config_map(f"{unique}-b"), moved])
        await world.admin.delete(APPLICATIONS, f"{unique}-a", "argocd", uid=made["metadata"]["uid"])
        await world.until_gone(APPLICATIONS, f"{unique}-a", "argocd")
        await until_taken(world, f"{unique}-moved", f"{unique}-b")

    assert await uid(world, f"{unique}-moved") == before
    assert await tracker(world, f"{unique}-moved") == f"{unique}-b"
    assert await world.data(f"{unique}-alone") is None


async def test_what_both_want_stays_with_the_one_that_has_it(
    world: World, reconciler: Run, unique: str
) -> None:
    shared = config_map(f"{unique}-shared")
    held(world, a=[shared], b=[config_map(f"{unique}-b")])
    await registered(world, unique, "a", "b")

    async with reconciler():
        for letter in "ab":
            await world.until_synced(f"{unique}-{letter}")
        held(world, a=[shared], b=[config_map(f"{unique}-b"), shared])
        await world.until_condition(f"{unique}-b", "OwnershipConflict", f"{unique}-a")

    assert await tracker(world, f"{unique}-shared") == f"{unique}-a"


async def test_a_conflict_ends_when_the_one_that_has_it_lets_go(
    world: World, reconciler: Run, unique: str
) -> None:
    moved = config_map(f"{unique}-moved")
    held(world, a=[config_map(f"{unique}-a"), moved], b=[config_map(f"{unique}-b"), moved])
    await registered(world, unique, "a")

    async with reconciler():
        await world.until_synced(f"{unique}-a")
        before = await uid(world, f"{unique}-moved")
        await world.application(f"{unique}-b", project=unique, path="b")
        await world.until_condition(f"{unique}-b", "OwnershipConflict")
        held(world, a=[config_map(f"{unique}-a")], b=[config_map(f"{unique}-b"), moved])
        await world.until_synced(f"{unique}-b")
        await world.until_synced(f"{unique}-a")

    assert await uid(world, f"{unique}-moved") == before
