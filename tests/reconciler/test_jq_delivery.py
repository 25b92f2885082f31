"""What expressions of jq name is left to others, in diffs and in applies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.kube.resources import CONFIG_MAPS, DEPLOYMENTS
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Run = Callable[[], AbstractAsyncContextManager[Controller]]

SIDE = '.spec.template.spec.containers[] | select(.name == "side") | .image'
LOOP = "def f: f; f"


def deployment(name: str, *, release: str) -> JsonObject:
    labels = {"app": name}
    containers = [
        {"name": it, "image": f"registry.example/{it}:{release}"} for it in ("main", "side")
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


async def images(world: World, name: str) -> dict[str, str]:
    """Return the releases that the containers of a Deployment have."""
    found = await world.get(DEPLOYMENTS, name)
    containers = found["spec"]["template"]["spec"]["containers"] if found else []
    return {it["name"]: it["image"].rpartition(":")[2] for it in containers}


async def updated(world: World, name: str, manager: str, *, place: int, release: str) -> None:
    path = f"/spec/template/spec/containers/{place}/image"
    await world.admin.patch(
        DEPLOYMENTS,
        name,
        world.namespace,
        patch=[{"op": "replace", "path": path, "value": f"registry.example/other:{release}"}],
        field_manager=manager,
    )


async def test_an_item_that_an_expression_names_is_left_to_others(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(deployment(unique, release="1"))})
    await world.project(unique)
    rule = {"group": "apps", "kind": "Deployment", "jqPathExpressions": [SIDE]}
    await world.application(unique, project=unique, ignoreDifferences=[rule])

    async def are(main: str, side: str) -> bool:
        return await images(world, unique) == {"main": main, "side": side}

    async with reconciler():
        await eventually(lambda: are("1", "1"))
        await updated(world, unique, "image-updater", place=1, release="7")
        world.repository.commit({"app/all.yaml": text(deployment(unique, release="2"))})
        await eventually(lambda: are("2", "7"))
        await updated(world, unique, "kubectl-edit", place=0, release="9")
        await eventually(lambda: are("2", "7"))
        await updated(world, unique, "image-updater", place=1, release="8")
        await updated(world, unique, "kubectl-edit", place=0, release="9")
        await eventually(lambda: are("2", "8"))


async def test_an_expression_that_is_none_is_told_and_nothing_is_written(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    rule = {"kind": "ConfigMap", "jqPathExpressions": [".data["]}
    await world.application(unique, project=unique, ignoreDifferences=[rule])

    async with reconciler():
        await world.until_condition(unique, "InvalidSpecError", ".data[")

    assert await world.get(CONFIG_MAPS, unique) is None


async def test_an_expression_without_end_stops_its_application_alone(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    world.repository.commit({"other/all.yaml": text(config_map(f"{unique}-other", color="red"))})
    await world.project(unique)
    rule = {"kind": "ConfigMap", "jqPathExpressions": [LOOP]}
    await world.application(unique, project=unique, ignoreDifferences=[rule])
    await world.application(f"{unique}-other", project=unique, path="other")

    async with reconciler():
        await world.until_synced(f"{unique}-other")
        await world.until_condition(unique, "InvalidSpecError", LOOP)

    assert await world.get(CONFIG_MAPS, unique) is None


async def test_an_object_with_expressions_comes_back_and_a_restart_leaves_it(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(deployment(unique, release="1"))})
    await world.project(unique)
    rule = {"group": "apps", "kind": "Deployment", "jqPathExpressions": [SIDE]}
    await world.application(unique, project=unique, ignoreDifferences=[rule])

    async def is_another(than: JsonObject) -> bool:
        found = await world.get(DEPLOYMENTS, unique)
        return found is not None and found["metadata"]["uid"] != than["metadata"]["uid"]

    async def is_there() -> bool:
        return await images(world, unique) == {"main": "1", "side": "1"}

    async def is_synced() -> bool:
        return bool(((await world.status(unique)).get("sync") or {}).get("status") == "Synced")

    async def is_healed() -> bool:
        return await images(world, unique) == {"main": "1", "side": "7"}

    async with reconciler():
        await eventually(is_there)
        made = await world.get(DEPLOYMENTS, unique)
        assert made is not None
        await world.admin.delete(
            DEPLOYMENTS,
            unique,
            world.namespace,
            uid=made["metadata"]["uid"],
            propagation="Background",
        )
        await eventually(lambda: is_another(made))
        await updated(world, unique, "image-updater", place=1, release="7")
        await eventually(is_synced)
    before = await world.get(DEPLOYMENTS, unique)

    async with reconciler() as controller:

        async def is_recalled() -> bool:
            found = controller.registry.applications.get(unique)
            return found is not None and found.is_recalled

        await eventually(is_recalled)
        await updated(world, unique, "kubectl-edit", place=0, release="9")
        await eventually(is_healed)

    after = await world.get(DEPLOYMENTS, unique)
    assert before is not None
    assert after is not None
    # the edit and its reverting: two changes, and none of the restart's own
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 2
