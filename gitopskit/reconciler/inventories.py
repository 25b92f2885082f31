"""Inventories in the cluster: ConfigMaps in the controller's own namespace, written as itself.

What an inventory means is inventory.py's; here is only how its shards are read and written.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiConflict, ApiNotFound
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler import names
from gitopskit.reconciler.inventory import (
    APPLICATION_ANNOTATION,
    Inventory,
    from_config_map,
    to_config_map,
)

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

INVENTORY_LABEL: Final = "gitopskit.io/inventory"


class Inventories:
    """The inventories of all Applications; ``read`` them once before anything else."""

    def __init__(self, api: KubeClient) -> None:
        """Keep whom to ask."""
        self._api = api
        self._stored: dict[str, dict[int, JsonObject]] = {}

    async def read(self) -> None:
        """Read every inventory there is.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        self._stored = await self._listed()

    async def read_again(self, application: str) -> None:
        """Read the inventory of one Application anew.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        self._stored[application] = (await self._listed()).get(application, {})

    async def _listed(self) -> dict[str, dict[int, JsonObject]]:
        listing = await self._api.list(
            CONFIG_MAPS, names.SYSTEM_NAMESPACE, label_selector=INVENTORY_LABEL
        )
        stored: dict[str, dict[int, JsonObject]] = {}
        for item in listing.items:
            annotations = item["metadata"].get("annotations") or {}
            application = annotations.get(APPLICATION_ANNOTATION, "")
            shard = str(item["metadata"]["name"]).rpartition("-")[2]
            if application and shard.isdecimal():
                stored.setdefault(application, {})[int(shard)] = item
        return stored

    def load(self, application: str) -> Inventory:
        """Return the inventory of an Application as it is stored; empty where there is none.

        Raises:
            IntegrityFault: it cannot be read.
        """
        stored = self._stored.get(application, {})
        count = max(stored, default=-1) + 1
        return Inventory(
            tuple(
                from_config_map(stored[shard]) if shard in stored else () for shard in range(count)
            )
        )

    def names(self) -> list[str]:
        """Return the Applications that have one."""
        return list(self._stored)

    async def save(self, application: str, inventory: Inventory) -> None:
        """Write the shards that differ from what is stored; an empty one is deleted.

        Raises:
            ApiConflict: somebody else wrote it, or an answer got lost; it was read anew, so that
                ``load`` tells what is stored.
            ApiError: the API server refused or did not answer; what was written is noted.
        """
        stored = self._stored.setdefault(application, {})
        try:
            for shard in range(max(len(inventory.shards), max(stored, default=-1) + 1)):
                entries = inventory.shards[shard] if shard < len(inventory.shards) else ()
                if entries:
                    await self._write(stored, shard, to_config_map(application, shard, entries))
                elif shard in stored:
                    await self._delete(stored, shard)
        except ApiConflict:
            await self.read_again(application)
            raise
        finally:
            if not self._stored[application]:
                del self._stored[application]

    async def _write(self, stored: dict[int, JsonObject], shard: int, body: JsonObject) -> None:
        body["metadata"]["labels"] = {INVENTORY_LABEL: "true"}
        held = stored.get(shard)
        if held is None:
            stored[shard] = await self._api.create(
                CONFIG_MAPS, body, field_manager=names.OBJECT_MANAGER
            )
        elif held.get("data") != body["data"]:
            for name in ("uid", "resourceVersion"):
                body["metadata"][name] = held["metadata"][name]
            stored[shard] = await self._replace(stored, shard, body)

    async def _replace(
        self, stored: dict[int, JsonObject], shard: int, body: JsonObject
    ) -> JsonObject:
        try:
            return await self._api.replace(CONFIG_MAPS, body, field_manager=names.OBJECT_MANAGER)
        except ApiNotFound:
            del stored[shard]
            for name in ("uid", "resourceVersion"):
                del body["metadata"][name]
            return await self._api.create(CONFIG_MAPS, body, field_manager=names.OBJECT_MANAGER)

    async def _delete(self, stored: dict[int, JsonObject], shard: int) -> None:
        metadata = stored[shard]["metadata"]
        # gone already, or another one of that name that is not ours to delete
        with suppress(ApiNotFound, ApiConflict):
            await self._api.delete(
                CONFIG_MAPS, metadata["name"], names.SYSTEM_NAMESPACE, uid=metadata["uid"]
            )
        del stored[shard]
