"""Many SealedSecrets of one value each, and whether they became what they are to be."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from tests.support.polling import eventually
from tests.support.unsealing import synced, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an administrator sees of a namespace: all Secrets and all SealedSecrets by name."""

    secrets: Mapping[str, JsonObject]
    sealed: Mapping[str, JsonObject]

    @classmethod
    async def of(cls, cluster: Cluster) -> Report:
        """Return what there is now."""
        found = [
            {item["metadata"]["name"]: item for item in listing.items}
            for listing in (
                await cluster.admin.list(SECRETS, cluster.namespace),
                await cluster.admin.list(SEALED_SECRETS, cluster.namespace),
            )
        ]
        return cls(secrets=found[0], sealed=found[1])

    def value(self, name: str) -> str | None:
        """Return the value of a Secret that has one item, None where there is no Secret."""
        found = self.secrets.get(name)
        return None if found is None else ",".join(values_of(found).values())

    def told(self, name: str) -> str:
        """Return whether a SealedSecret is told as synced, empty while that is not up to date."""
        content = self.sealed.get(name) or {}
        observed = (content.get("status") or {}).get("observedGeneration")
        is_current = bool(content) and observed == content["metadata"]["generation"]
        return str(synced(content).get("status", "")) if is_current else ""


async def create_all(cluster: Cluster, key: SealingKey, wanted: Mapping[str, str]) -> None:
    """Create a SealedSecret of each name and value, some at once."""
    names = iter(wanted.items())

    async def create_some() -> None:
        for name, value in names:
            await cluster.create_sealed(key.seal(name, cluster.namespace, {"a": value}))

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(create_some())


async def until_told(
    cluster: Cluster, told: Mapping[str, str], *, timeout_seconds: float = 30.0
) -> Report:
    """Wait until each SealedSecret is told as synced ("True") or not ("False"); return all."""

    async def are_told() -> bool:
        report = await Report.of(cluster)
        return all(report.told(name) == status for name, status in told.items())

    await eventually(are_told, timeout_seconds=timeout_seconds)
    return await Report.of(cluster)
