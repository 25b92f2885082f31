"""Whose Secret it is, on the real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.kube.resources import SECRETS
from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from tests.support.unsealer_cluster import Cluster, Running


async def test_a_foreign_secret_of_the_same_name_is_left_alone_and_named(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    foreign = await cluster.create_secret("taken", {"a": "foreign"})
    async with unsealer():
        await cluster.create_sealed(key.seal("taken", cluster.namespace, {"a": "sealed"}))
        condition = await cluster.until_status("taken", "False")

        assert condition["reason"] == "ErrUpdateFailed"
        assert "not managed by this SealedSecret" in condition["message"]
        assert await cluster.secret("taken") == foreign

        await cluster.delete(SECRETS, foreign)
        await cluster.until_values("taken", {"a": "sealed"})
        await cluster.until_status("taken", "True")


async def test_a_secret_annotated_as_managed_is_taken_over(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    managed = {"sealedsecrets.bitnami.com/managed": "true"}
    before = await cluster.create_secret("adopted", {"a": "old"}, annotations=managed)
    async with unsealer():
        owner = await cluster.create_sealed(key.seal("adopted", cluster.namespace, {"a": "new"}))
        secret = await cluster.until_values("adopted", {"a": "new"})

    assert secret["metadata"]["uid"] == before["metadata"]["uid"]
    assert secret["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]


async def test_a_secret_without_owner_reference_is_healed_all_the_same(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    skip = {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}
    async with unsealer():
        content = key.seal("unowned", cluster.namespace, {"a": "1"}, metadata={"annotations": skip})
        await cluster.create_sealed(content)
        secret = await cluster.until_values("unowned", {"a": "1"})
        await cluster.patch_secret("unowned", {"stringData": {"a": "edited"}})
        await cluster.until_values("unowned", {"a": "1"})

    assert "ownerReferences" not in secret["metadata"]


async def test_an_immutable_secret_that_differs_is_explained_and_made_anew_when_deleted(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        first = key.seal("fixed", cluster.namespace, {"a": "1"}, immutable=True)
        await cluster.create_sealed(first)
        secret = await cluster.until_values("fixed", {"a": "1"})
        await cluster.until_status("fixed", "True")

        second = key.seal("fixed", cluster.namespace, {"a": "2"}, immutable=True)
        await cluster.patch_sealed("fixed", {"spec": second["spec"]})
        await cluster.until_status("fixed", "False", containing="immutable")
        assert values_of(secret) == values_of(await cluster.secret("fixed") or {})

        await cluster.delete(SECRETS, secret)
        await cluster.until_values("fixed", {"a": "2"})
