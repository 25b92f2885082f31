"""Drift that is only reported: told in every way there is, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import SECRETS
from tests.support.polling import eventually
from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealer_cluster import Cluster, Running


async def _made(cluster: Cluster, key: SealingKey, name: str) -> JsonObject:
    """Create a SealedSecret, wait until it is synced, and return its Secret."""
    template = {"labels": {"app": "shop"}}
    content = key.seal(name, cluster.namespace, {"a": "sealed", "b": "2"}, metadata=template)
    await cluster.create_sealed(content)
    await cluster.until_status(name, "True")
    return await cluster.until_values(name, {"a": "sealed", "b": "2"})


@pytest.mark.parametrize(
    ("name", "patch", "words"),
    [
        pytest.param("edited", {"stringData": {"a": "x"}}, "item `a` was changed", id="value"),
        pytest.param("shrunk", {"data": {"b": None}}, "item `b` is missing", id="item"),
        pytest.param("grown", {"stringData": {"c": "x"}}, "item `c` was added", id="new item"),
        pytest.param(
            "relabelled",
            {"metadata": {"labels": {"app": "x"}}},
            "label `app` was changed",
            id="label",
        ),
        pytest.param(
            "disowned", {"metadata": {"ownerReferences": None}}, "owner references", id="owner"
        ),
    ],
)
async def test_a_change_is_told_and_left(
    cluster: Cluster, unsealer: Running, key: SealingKey, name: str, patch: JsonObject, words: str
) -> None:
    async with unsealer(drift="report"):
        await _made(cluster, key, name)
        changed = await cluster.patch_secret(name, patch)
        condition = await cluster.until_status(name, "False", containing=words)

        async def is_recorded() -> bool:
            events = await cluster.events(name)
            return ("Warning", "Drifted") in {(each["type"], each["reason"]) for each in events}

        await eventually(is_recorded)

    assert condition["reason"] == "Drifted"
    assert await cluster.secret(name) == changed


async def test_a_secret_that_was_deleted_is_told_and_stays_away(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer(drift="report"):
        secret = await _made(cluster, key, "deleted")
        await cluster.delete(SECRETS, secret)
        await cluster.until_status("deleted", "False", containing="there is none")

        assert await cluster.secret("deleted") is None


async def test_what_is_newly_sealed_is_written_over_the_drift(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer(drift="report"):
        await _made(cluster, key, "renewed")
        await cluster.patch_secret("renewed", {"stringData": {"a": "edited"}})
        await cluster.until_status("renewed", "False")

        later = key.seal("renewed", cluster.namespace, {"a": "later", "b": "2"})
        await cluster.patch_sealed("renewed", {"spec": later["spec"]})
        await cluster.until_values("renewed", {"a": "later", "b": "2"})
        await cluster.until_status("renewed", "True")


async def test_drift_that_is_undone_by_hand_is_told_as_synced(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer(drift="report"):
        await _made(cluster, key, "undone")
        await cluster.patch_secret("undone", {"stringData": {"a": "edited"}})
        await cluster.until_status("undone", "False")

        await cluster.patch_secret("undone", {"stringData": {"a": "sealed"}})
        await cluster.until_status("undone", "True")


async def test_a_restart_still_knows_drift_from_a_wish(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer(drift="report"):
        await _made(cluster, key, "restarted")
    await cluster.patch_secret("restarted", {"stringData": {"a": "edited"}})

    async with unsealer(drift="report"):
        await cluster.until_status("restarted", "False", containing="item `a`")

    assert values_of(await cluster.secret("restarted") or {})["a"] == "edited"
