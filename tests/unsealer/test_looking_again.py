"""What is looked at again, how soon, and how often."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.unsealer.ownership import FIELD_MANAGER
from tests.support.unsealing import SealingKey, synced, values_of

if TYPE_CHECKING:
    from tests.support.unsealer_cluster import Cluster, Running

BACKLOG = 150


async def test_everything_is_looked_at_anew_from_time_to_time(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("resynced", cluster.namespace, {"a": "1"}))
        await cluster.until_status("resynced", "True")
    # an edit under our own name is the one that metadata alone does not show
    await cluster.admin.patch(
        SECRETS,
        "resynced",
        cluster.namespace,
        patch={"stringData": {"a": "edited"}},
        field_manager=FIELD_MANAGER,
    )

    async with unsealer():
        await cluster.create_sealed(key.seal("marker", cluster.namespace, {"a": "1"}))
        await cluster.until_status("marker", "True")
        assert values_of(await cluster.secret("resynced") or {}) == {"a": "edited"}
    async with unsealer(resync_seconds=1.0):
        await cluster.until_values("resynced", {"a": "1"})


async def test_what_is_new_is_unsealed_before_what_has_waited(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = key.seal("waiting-0", cluster.namespace, {"a": "1", "b": "2"})
    for number in range(BACKLOG):
        content["metadata"]["name"] = f"waiting-{number}"
        await cluster.create_sealed(content)
    fresh = key.seal("fresh", cluster.namespace, {"a": "1"})
    async with unsealer(workers=1):
        await cluster.until_status("waiting-0", "True")
        await cluster.create_sealed(fresh)
        await cluster.until_status("fresh", "True")

        names = [f"waiting-{number}" for number in range(BACKLOG)]
        looked_at = await asyncio.gather(*map(cluster.sealed, names))

    assert sum(bool(synced(each)) for each in looked_at) < BACKLOG


async def test_one_that_is_being_deleted_makes_no_secret(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = key.seal("going", cluster.namespace, {"a": "1"})
    content["metadata"]["finalizers"] = ["example.org/keep"]
    async with unsealer():
        created = await cluster.create_sealed(content)
        secret = await cluster.until_values("going", {"a": "1"})
        await cluster.until_status("going", "True")
        await cluster.admin.delete(
            SEALED_SECRETS, "going", cluster.namespace, uid=created["metadata"]["uid"]
        )
        await cluster.delete(SECRETS, secret)
        await cluster.create_sealed(key.seal("after", cluster.namespace, {"a": "1"}))
        await cluster.until_status("after", "True")

        assert await cluster.secret("going") is None
    await cluster.patch_sealed("going", {"metadata": {"finalizers": None}})


async def test_a_status_of_another_opinion_is_answered_ever_more_slowly(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    wrong = {"observedGeneration": 1, "conditions": [{"type": "Synced", "status": "False"}]}
    async with unsealer():
        await cluster.create_sealed(key.seal("disputed", cluster.namespace, {"a": "1"}))
        await cluster.until_status("disputed", "True")
        answered = 0
        for _ in range(30):
            before = await cluster.admin.patch(
                SEALED_SECRETS,
                "disputed",
                cluster.namespace,
                patch={"status": wrong},
                field_manager="another",
                subresource="status",
            )
            answered += await _is_answered(cluster, before["metadata"]["resourceVersion"])

    assert 15 <= answered <= 25


async def _is_answered(cluster: Cluster, version: str) -> bool:
    """Tell whether the status is written anew within a moment."""
    for _ in range(20):
        if (await cluster.sealed("disputed"))["metadata"]["resourceVersion"] != version:
            return True
    return False
