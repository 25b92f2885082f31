"""Secrets that cannot be changed in place: explained, or made anew where that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import SECRETS
from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from tests.support.unsealer_cluster import Cluster, Running

RECREATE = {"gitopskit.io/recreate-immutable": "true"}


async def test_an_immutable_secret_that_differs_is_explained_and_made_anew_when_deleted(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(
            key.seal("fixed", cluster.namespace, {"a": "1"}, immutable=True)
        )
        secret = await cluster.until_values("fixed", {"a": "1"})
        await cluster.until_status("fixed", "True")

        second = key.seal("fixed", cluster.namespace, {"a": "2"}, immutable=True)
        await cluster.patch_sealed("fixed", {"spec": second["spec"]})
        await cluster.until_status("fixed", "False", containing="immutable")
        assert values_of(secret) == values_of(await cluster.secret("fixed") or {})

        await cluster.delete(SECRETS, secret)
        await cluster.until_values("fixed", {"a": "2"})


@pytest.mark.parametrize("place", ["template", "sealed-secret"])
async def test_an_immutable_secret_is_recreated_where_an_annotation_asks_for_it(
    cluster: Cluster, unsealer: Running, key: SealingKey, place: str
) -> None:
    name = f"recreated-{place}"
    template = {"annotations": RECREATE} if place == "template" else {}
    first, second = (
        key.seal(name, cluster.namespace, {"a": value}, immutable=True, metadata=template)
        for value in "12"
    )
    if place == "sealed-secret":
        first["metadata"]["annotations"] = RECREATE
    async with cluster.granting("delete"), unsealer():
        await cluster.create_sealed(first)
        before = await cluster.until_values(name, {"a": "1"})
        await cluster.patch_secret(name, {"metadata": {"labels": {"added": "1"}}})

        await cluster.patch_sealed(name, {"spec": second["spec"]})
        after = await cluster.until_values(name, {"a": "2"})
        await cluster.until_status(name, "True")

    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["immutable"] is True
    assert after["metadata"]["labels"] == {"added": "1"}


async def test_without_the_right_to_delete_the_status_says_so_and_the_secret_stays(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    first, second = (
        key.seal("kept", cluster.namespace, {"a": value}, immutable=True) for value in "12"
    )
    first["metadata"]["annotations"] = RECREATE
    async with unsealer():
        await cluster.create_sealed(first)
        before = await cluster.until_values("kept", {"a": "1"})

        await cluster.patch_sealed("kept", {"spec": second["spec"]})
        condition = await cluster.until_status("kept", "False", containing="may not delete")

        assert condition["reason"] == "ErrUpdateFailed"
        assert (await cluster.secret("kept") or {})["metadata"]["uid"] == before["metadata"]["uid"]


async def test_a_type_that_changes_is_explained_or_recreated(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with cluster.granting("delete"), unsealer():
        await cluster.create_sealed(key.seal("typed", cluster.namespace, {"a": "1"}))
        await cluster.until_values("typed", {"a": "1"})

        typed = {"spec": {"template": {"type": "example.com/login"}}}
        await cluster.patch_sealed("typed", typed)
        await cluster.until_status("typed", "False", containing="a type never changes")

        await cluster.patch_sealed("typed", {"metadata": {"annotations": RECREATE}})
        await cluster.until_status("typed", "True")

    assert (await cluster.secret("typed") or {})["type"] == "example.com/login"


async def test_a_secret_becomes_immutable_when_the_template_says_so(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("frozen", cluster.namespace, {"a": "1"}))
        before = await cluster.until_values("frozen", {"a": "1"})
        await cluster.until_status("frozen", "True")

        await cluster.patch_sealed("frozen", {"spec": {"template": {"immutable": True}}})
        await cluster.until_generation("frozen", 2)

    after = await cluster.secret("frozen") or {}
    assert after["immutable"] is True
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
