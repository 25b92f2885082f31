"""Whose Secret it is, on the real server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS, SEALED_SECRETS, SECRETS
from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue
    from tests.support.unsealer_cluster import Cluster, Running

HEALED_WITHIN_SECONDS = 1.0


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


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(None, id="removed"),
        pytest.param([{"apiVersion": "v1", "kind": "ConfigMap"}], id="replaced"),
    ],
)
async def test_our_secret_gets_its_owner_back_within_a_second(
    cluster: Cluster, unsealer: Running, key: SealingKey, left: JsonValue
) -> None:
    name = "disowned" if left is None else "reowned"
    if left is not None:
        roots = await cluster.admin.get(CONFIG_MAPS, "kube-root-ca.crt", cluster.namespace)
        left[0] |= {"name": "kube-root-ca.crt", "uid": roots["metadata"]["uid"]}
    async with unsealer():
        owner = await cluster.create_sealed(key.seal(name, cluster.namespace, {"a": "1"}))
        await cluster.until_values(name, {"a": "1"})
        await cluster.until_status(name, "True")

        await cluster.patch_secret(name, {"metadata": {"ownerReferences": left}})
        begun = time.perf_counter()
        await cluster.until_owner(name, owner)

        assert time.perf_counter() - begun < HEALED_WITHIN_SECONDS


async def test_the_secret_of_an_earlier_sealed_secret_is_not_taken_for_ours(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("orphan", cluster.namespace, {"a": "1"}))
        await cluster.until_values("orphan", {"a": "1"})
        await cluster.until_status("orphan", "True")
    first = await cluster.sealed("orphan")
    await cluster.patch_secret("orphan", {"metadata": {"ownerReferences": None}})
    await cluster.delete(SEALED_SECRETS, first)

    async with unsealer():
        await cluster.create_sealed(key.seal("orphan", cluster.namespace, {"a": "2"}))
        await cluster.until_status("orphan", "False", containing="not managed")

    assert values_of(await cluster.secret("orphan") or {}) == {"a": "1"}
