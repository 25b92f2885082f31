"""Labels and annotations that an Application has for its namespace, on the real server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.kube.resources import APPLICATIONS, NAMESPACES
from gitopskit.reconciler.application import parse
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import AUTOMATED, SERVER, World, config_map, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]
WHITELIST = [{"group": "", "kind": "Namespace"}]


def policy(**metadata: dict[str, str]) -> JsonObject:
    return {
        "automated": AUTOMATED,
        "syncOptions": ["CreateNamespace=true"],
        **({"managedNamespaceMetadata": metadata} if metadata else {}),
    }


@pytest.fixture
async def place(world: World, unique: str) -> AsyncIterator[str]:
    """Return the name of a namespace, which is taken away afterwards."""
    name = f"{unique}-place"
    yield name
    found = await world.get(NAMESPACES, name)
    if found is not None:
        await world.admin.delete(NAMESPACES, name, uid=found["metadata"]["uid"])


async def register(
    world: World, name: str, place: str, policy: JsonObject, *, whitelist: bool = True
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(name))})
    await world.project(
        name,
        destinations=[{"server": SERVER, "namespace": place}],
        clusterResourceWhitelist=WHITELIST if whitelist else [],
    )
    await world.application(name, project=name, namespace=place, policy=policy)


async def set_policy(world: World, name: str, policy: JsonObject) -> None:
    await world.admin.patch(
        APPLICATIONS,
        name,
        "argocd",
        patch=[{"op": "replace", "path": "/spec/syncPolicy", "value": policy}],
        field_manager="tests",
    )


async def metadata_of(world: World, place: str) -> JsonObject:
    found = await world.get(NAMESPACES, place) or {"metadata": {}}
    metadata: JsonObject = found["metadata"]
    return metadata


async def labels_of(world: World, place: str) -> dict[str, str]:
    """Return the labels but the one that every namespace has."""
    labels = (await metadata_of(world, place)).get("labels") or {}
    return {key: value for key, value in labels.items() if key != "kubernetes.io/metadata.name"}


async def until_labelled(world: World, place: str, **labels: str) -> None:
    async def is_so() -> bool:
        return await labels_of(world, place) == labels

    await eventually(is_so)


async def make_namespace(world: World, name: str, manager: str, **labels: str) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    await world.admin.apply(NAMESPACES, body, field_manager=manager, force=True)
    await world.prepare_namespace(name)


async def test_a_namespace_gets_what_is_said_of_it_and_loses_what_is_not_said_any_more(
    world: World, reconciler: Run, unique: str, place: str
) -> None:
    said = policy(labels={"team": "a", "tier": "web"}, annotations={"note": "x"})
    await register(world, unique, place, said)

    async with reconciler():
        await world.until_synced(unique)
        first = await metadata_of(world, place)
        await world.admin.patch(
            NAMESPACES,
            place,
            patch={"metadata": {"labels": {"other": "kept"}}},
            field_manager="a-controller",
        )
        await set_policy(world, unique, policy(labels={"team": "b"}))
        await until_labelled(world, place, team="b", other="kept")
        assert "note" not in (await metadata_of(world, place))["annotations"]
        await set_policy(world, unique, policy())
        await until_labelled(world, place, other="kept")

    assert first["annotations"]["note"] == "x"
    assert (first["labels"]["team"], first["labels"]["tier"]) == ("a", "web")


async def test_what_people_change_by_hand_is_put_back(
    world: World, reconciler: Run, unique: str, place: str
) -> None:
    await register(world, unique, place, policy(labels={"team": "a"}))

    async with reconciler():
        await world.until_synced(unique)
        await until_labelled(world, place, team="a")
        await world.admin.patch(
            NAMESPACES,
            place,
            patch={"metadata": {"labels": {"team": "b"}}},
            field_manager="kubectl-label",
        )
        await until_labelled(world, place, team="a")


async def test_a_namespace_that_is_there_already_keeps_what_it_has_and_is_never_deleted(
    world: World, reconciler: Run, unique: str, place: str
) -> None:
    await make_namespace(world, place, "tests", owner="platform")
    await register(world, unique, place, policy(labels={"team": "a"}))
    finalizers = {"metadata": {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}}
    app = await world.admin.patch(
        APPLICATIONS, unique, "argocd", patch=finalizers, field_manager="tests"
    )

    async with reconciler():
        await world.until_synced(unique)
        await world.admin.delete(APPLICATIONS, unique, "argocd", uid=app["metadata"]["uid"])
        await world.until_gone(APPLICATIONS, unique, "argocd")

    found = await metadata_of(world, place)
    assert await labels_of(world, place) == {"owner": "platform", "team": "a"}
    assert "deletionTimestamp" not in found


async def test_what_another_tool_declares_is_left_and_told(
    world: World, reconciler: Run, unique: str, place: str
) -> None:
    await make_namespace(world, place, "terraform", team="platform")
    await register(world, unique, place, policy(labels={"team": "a", "tier": "web"}))

    async with reconciler():
        told = await world.until_condition(unique, "NamespaceMetadataConflict")
        await world.until_synced(unique)

    assert told.endswith("the label team, of which terraform says otherwise")
    assert await labels_of(world, place) == {"team": "platform", "tier": "web"}


async def test_two_applications_of_one_namespace_do_not_take_from_each_other(
    world: World, reconciler: Run, unique: str, place: str
) -> None:
    await register(world, unique, place, policy(labels={"team": "a", "one": "1"}))
    other = f"{unique}-other"

    async with reconciler():
        await world.until_synced(unique)
        world.repository.commit({"other/all.yaml": text(config_map(other))})
        said = policy(labels={"team": "b", "two": "2"})
        await world.application(other, project=unique, path="other", namespace=place, policy=said)
        told = await world.until_condition(other, "NamespaceMetadataConflict")
        await world.until_synced(other)

    assert f'the Application "{unique}"' in told
    assert await labels_of(world, place) == {"team": "a", "one": "1", "two": "2"}


async def test_the_namespace_in_git_holds_against_what_is_said_beside_it(
    world: World, reconciler: Run, unique: str, place: str
) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace"}
    in_git = {**body, "metadata": {"name": place, "labels": {"team": "git"}}}
    account = "gitopskit-system:gitopskit-platform-applier"
    world.repository.commit({"app/all.yaml": text(in_git)})
    await world.project(
        unique,
        destinations=[{"server": SERVER, "namespace": place}],
        destinationServiceAccounts=[
            {"server": SERVER, "namespace": place, "defaultServiceAccount": account}
        ],
        clusterResourceWhitelist=WHITELIST,
    )
    said = policy(labels={"team": "a", "tier": "web"})
    await world.application(unique, project=unique, namespace=place, policy=said)

    async with reconciler():
        told = await world.until_condition(unique, "NamespaceMetadataConflict")
        await world.until_synced(unique)

    labels = await labels_of(world, place)
    assert "the label team, of which the Namespace in Git says otherwise" in told
    assert (labels.get("team"), "tier" in labels) == ("git", False)


async def test_a_project_that_allows_no_namespaces_does_not_let_them_be_marked(
    world: World, reconciler: Run, unique: str, place: str
) -> None:
    await register(world, unique, place, policy(labels={"team": "a"}), whitelist=False)

    async with reconciler():
        await world.until_condition(unique, "InvalidSpecError", "clusterResourceWhitelist")

    assert await world.get(NAMESPACES, place) is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param(
            {**policy(labels={"team": "a"}), "syncOptions": []},
            "needs the option CreateNamespace=true",
            id="not-made",
        ),
        pytest.param(
            policy(annotations={"argocd.argoproj.io/tracking-id": "x"}),
            "annotations[argocd.argoproj.io/tracking-id]",
            id="would-be-tracked",
        ),
        pytest.param(
            policy(labels={"gitopskit.io/application": "x"}),
            "labels[gitopskit.io/application]",
            id="would-be-watched",
        ),
    ],
)
def test_what_cannot_be_said_of_a_namespace_is_refused_by_name(said: JsonObject, told: str) -> None:
    spec = {"project": "web", "source": {"repoURL": "https://x.example/y"}, "syncPolicy": said}
    content = {"metadata": {"name": "web"}, "spec": spec}

    with pytest.raises(InputError) as error:
        parse(content)

    assert told in str(error.value)


async def test_metadata_that_the_server_refuses_is_told(
    world: World, reconciler: Run, unique: str, place: str
) -> None:
    await register(world, unique, place, policy(labels={"team": "not a value!"}))

    async with reconciler():
        told = await world.until_condition(unique, "SyncError", "metadata.labels")
        await set_policy(world, unique, policy(labels={"team": "a"}))
        await world.until_synced(unique)

    assert f"Namespace/{place}" in told
    assert await labels_of(world, place) == {"team": "a"}
