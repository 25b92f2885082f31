"""What somebody does between the read of an object and its write is never written over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.reconciling import World, config_map, options, text

if TYPE_CHECKING:
    from gitopskit.kube.client import Applied
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject

THEIRS = {"color": "theirs"}


class Interrupted(KubeClient):
    """A client under whose hands somebody else makes an object, just before it is written."""

    def __init__(self, real: KubeClient, world: World, name: str) -> None:
        super().__init__(real.connection, clock=real.clock)
        self._transport = real._transport
        self._world = world
        self._name = name
        self.made = ""

    async def apply(self, kind: ResourceType, body: JsonObject, **how: Any) -> Applied:  # noqa: ANN401 -- as the real one takes it
        if body["metadata"]["name"] == self._name and not self.made:
            await self._make_theirs()
        return await super().apply(kind, body, **how)

    async def _make_theirs(self) -> None:
        admin, place = self._world.admin, self._world.namespace
        held = await self._world.get(CONFIG_MAPS, self._name)
        if held is not None:
            await admin.delete(CONFIG_MAPS, self._name, place, uid=held["metadata"]["uid"])
        mark = f"another:/ConfigMap:{place}/{self._name}"
        annotations = {"argocd.argoproj.io/tracking-id": mark}
        metadata = {"name": self._name, "namespace": place, "annotations": annotations}
        body = {**config_map(self._name, **THEIRS), "metadata": metadata}
        made = await admin.create(CONFIG_MAPS, body, field_manager="somebody")
        self.made = made["metadata"]["uid"]


@pytest.mark.parametrize("is_there", [True, False], ids=["replaced", "made-meanwhile"])
async def test_an_object_that_somebody_makes_meanwhile_is_not_taken(
    world: World,
    reconciler_client: KubeClient,
    unique: str,
    is_there: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    name = f"{unique}-one"
    first = config_map(name, color="red") if is_there else config_map(f"{unique}-other")
    world.repository.commit({"app/all.yaml": text(first)})
    await world.project(unique)
    await world.application(unique, project=unique)
    await Controller(reconciler_client, options(world.cache_dir)).pass_once([unique])
    world.repository.commit({"app/all.yaml": text(config_map(name, color="blue"))})
    client = Interrupted(reconciler_client, world, name)

    await Controller(client, options(world.cache_dir)).pass_once([unique])

    live = await world.get(CONFIG_MAPS, name)
    assert live is not None
    assert (live["metadata"]["uid"], live["data"]) == (client.made, THEIRS)
    assert name in (await world.conditions(unique))["OwnershipConflict"]


async def test_what_is_to_be_kept_by_a_change_is_looked_at_before_it_is_written(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    """Between the read and the write another manager sets a field that it may set."""
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="red", size="1"))})
    await world.project(unique)
    rule = {"group": "", "kind": "ConfigMap", "jsonPointers": ["/data/size"]}
    await world.application(unique, project=unique, ignoreDifferences=[rule])
    await Controller(reconciler_client, options(world.cache_dir)).pass_once([unique])
    world.repository.commit({"app/all.yaml": text(config_map(unique, color="blue", size="1"))})
    client = Scaled(reconciler_client, world, unique)

    await Controller(client, options(world.cache_dir)).pass_once([unique])

    assert client.is_scaled
    assert await world.data(unique) == {"color": "blue", "size": "9"}


class Scaled(KubeClient):
    """A client under whose hands a ConfigMap gets another size, just before it is written."""

    def __init__(self, real: KubeClient, world: World, name: str) -> None:
        super().__init__(real.connection, clock=real.clock)
        self._transport = real._transport
        self._world = world
        self._name = name
        self.is_scaled = False

    async def apply(self, kind: ResourceType, body: JsonObject, **how: Any) -> Applied:  # noqa: ANN401 -- as the real one takes it
        if body["metadata"]["name"] == self._name and not self.is_scaled:
            self.is_scaled = True
            await self._world.admin.patch(
                CONFIG_MAPS,
                self._name,
                self._world.namespace,
                patch={"data": {"size": "9"}},
                field_manager="scaler",
            )
        return await super().apply(kind, body, **how)
