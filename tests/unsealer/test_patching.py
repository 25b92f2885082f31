"""Somebody's Secret that our parts are laid over, on the real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from tests.support.unsealer_cluster import Cluster, Running

PATCH = {"sealedsecrets.bitnami.com/patch": "true"}
MANAGED = {"sealedsecrets.bitnami.com/managed": "true"}


async def test_a_secret_to_patch_keeps_what_it_has(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    await cluster.create_secret("patched", {"theirs": "1"}, annotations=PATCH)
    template = {"labels": {"app": "shop"}, "annotations": {"team": "web"}}
    async with unsealer():
        content = key.seal("patched", cluster.namespace, {"ours": "2"}, metadata=template)
        await cluster.create_sealed(content)
        secret = await cluster.until_values("patched", {"theirs": "1", "ours": "2"})

    assert secret["metadata"]["labels"] == {"app": "shop"}
    assert secret["metadata"]["annotations"] == {**PATCH, "team": "web"}
    assert "ownerReferences" not in secret["metadata"]


async def test_our_part_of_a_patched_secret_is_healed_and_theirs_is_theirs(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    await cluster.create_secret("shared", {"theirs": "1"}, annotations=PATCH)
    async with unsealer():
        await cluster.create_sealed(key.seal("shared", cluster.namespace, {"ours": "2"}))
        await cluster.until_values("shared", {"theirs": "1", "ours": "2"})

        await cluster.patch_secret("shared", {"stringData": {"theirs": "changed", "ours": "x"}})
        await cluster.until_values("shared", {"theirs": "changed", "ours": "2"})


async def test_an_item_that_left_the_sealed_secret_stays_in_a_patched_secret(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    await cluster.create_secret("left", {}, annotations=PATCH)
    async with unsealer():
        await cluster.create_sealed(key.seal("left", cluster.namespace, {"a": "1", "b": "2"}))
        await cluster.until_values("left", {"a": "1", "b": "2"})

        later = key.seal("left", cluster.namespace, {"a": "3"})
        encrypted = {**later["spec"]["encryptedData"], "b": None}
        await cluster.patch_sealed("left", {"spec": {"encryptedData": encrypted}})
        await cluster.until_values("left", {"a": "3", "b": "2"})


async def test_a_patched_secret_that_is_managed_too_goes_with_its_sealed_secret(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    await cluster.create_secret("both", {"theirs": "1"}, annotations={**PATCH, **MANAGED})
    async with unsealer():
        owner = await cluster.create_sealed(key.seal("both", cluster.namespace, {"ours": "2"}))
        secret = await cluster.until_values("both", {"theirs": "1", "ours": "2"})

    assert secret["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]


async def test_the_annotation_counts_on_the_secret_and_not_in_the_template(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    foreign = await cluster.create_secret("unasked", {"theirs": "1"})
    async with unsealer():
        template = {"annotations": {**PATCH, **MANAGED}}
        content = key.seal("unasked", cluster.namespace, {"ours": "2"}, metadata=template)
        await cluster.create_sealed(content)
        await cluster.until_status("unasked", "False", containing="not managed")

        assert values_of(await cluster.secret("unasked") or {}) == values_of(foreign)
