"""What is looked at again, how soon, and how often."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import NAMESPACES, SEALED_SECRETS, SECRETS
from gitopskit.unsealer.options import Field
from gitopskit.unsealer.ownership import FIELD_MANAGER
from tests.support.polling import eventually
from tests.support.unsealer_cluster import Cluster, running
from tests.support.unsealing import SealingKey, synced, values_of

if TYPE_CHECKING:
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from tests.support.unsealer_cluster import Running

BACKLOG = 150
MOMENT_SECONDS = 0.5
"""Shorter than the first pause before an answer, longer than an answer without one takes."""


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
    async with unsealer(workers=1, watched=Field(namespaces=(cluster.namespace,))):
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

    async def is_written() -> bool:
        return bool((await cluster.sealed("disputed"))["metadata"]["resourceVersion"] != version)

    try:
        await eventually(is_written, timeout_seconds=MOMENT_SECONDS)
    except TimeoutError:
        return False
    return True


async def test_in_a_namespace_that_ends_one_try_is_enough(
    cluster: Cluster, plain_client: KubeClient, key: SealingKey
) -> None:
    ending = Cluster(cluster.admin, f"{cluster.namespace}-ending")
    metadata = {"name": ending.namespace}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    namespace = await cluster.create(NAMESPACES, body)
    content = key.seal("held", ending.namespace, {"a": "1"})
    content["metadata"]["finalizers"] = ["example.org/keep"]
    async with (
        _CountingClient(plain_client.connection, clock=plain_client.clock) as api,
        running(api),
    ):
        await ending.create_sealed(content)
        await ending.until_status("held", "True")
        api.creations = 0
        await cluster.admin.delete(NAMESPACES, ending.namespace, uid=namespace["metadata"]["uid"])
        await eventually(lambda: _is_gone(ending, "held"), timeout_seconds=30)
        await cluster.create_sealed(key.seal("beside", cluster.namespace, {"a": "1"}))
        await cluster.until_status("beside", "True")

    assert api.creations <= 1
    await ending.patch_sealed("held", {"metadata": {"finalizers": None}})


class _CountingClient(KubeClient):
    """A client that counts how often a Secret named ``held`` is created, or refused to be."""

    creations = 0

    async def create(
        self, kind: ResourceType, body: JsonObject, **options: JsonValue
    ) -> JsonObject:
        self.creations += kind == SECRETS and body["metadata"]["name"] == "held"
        return await super().create(kind, body, **options)


async def _is_gone(cluster: Cluster, name: str) -> bool:
    return await cluster.secret(name) is None
