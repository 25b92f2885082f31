"""Edits, deletions and restarts: a Secret returns to what is sealed, and nothing more is done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from tests.support.clock import WrongClock
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import SealingKey, misnamed

if TYPE_CHECKING:
    from tests.support.unsealer_cluster import Cluster, Running

HEALED_WITHIN_SECONDS = 1.0
COLLECTED_WITHIN_SECONDS = 75.0
"""The garbage collector looks for new kinds, such as a fresh CRD's, every 30 seconds."""


async def test_an_edited_secret_is_healed_within_a_second(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("edited", cluster.namespace, {"a": "sealed"}))
        await cluster.until_values("edited", {"a": "sealed"})
        await cluster.until_status("edited", "True")

        await cluster.patch_secret("edited", {"stringData": {"a": "edited", "b": "added"}})
        begun = time.perf_counter()
        await cluster.until_values("edited", {"a": "sealed"})

        assert time.perf_counter() - begun < HEALED_WITHIN_SECONDS


async def test_a_deleted_secret_comes_back_within_a_second(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("deleted", cluster.namespace, {"a": "1"}))
        secret = await cluster.until_values("deleted", {"a": "1"})

        await cluster.delete(SECRETS, secret)
        begun = time.perf_counter()
        healed = await cluster.until_values("deleted", {"a": "1"})

        assert time.perf_counter() - begun < HEALED_WITHIN_SECONDS
        assert healed["metadata"]["uid"] != secret["metadata"]["uid"]


async def test_labels_of_the_template_are_healed_and_those_of_others_stay(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        content = key.seal(
            "labelled", cluster.namespace, {"a": "1"}, metadata={"labels": {"app": "shop"}}
        )
        await cluster.create_sealed(content)
        await cluster.until_values("labelled", {"a": "1"})

        labels = {"app": "other", "added-by": "somebody"}
        await cluster.patch_secret("labelled", {"metadata": {"labels": labels}})

        async def is_healed() -> bool:
            found = await cluster.secret("labelled")
            healed = {"app": "shop", "added-by": "somebody"}
            return found is not None and found["metadata"]["labels"] == healed

        await eventually(is_healed)


async def test_a_label_that_leaves_the_template_leaves_the_secret(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        content = key.seal(
            "relabelled",
            cluster.namespace,
            {"a": "1"},
            metadata={"labels": {"stays": "1", "goes": "1"}},
        )
        await cluster.create_sealed(content)
        await cluster.until_values("relabelled", {"a": "1"})

        without = {"spec": {"template": {"metadata": {"labels": {"goes": None}}}}}
        await cluster.patch_sealed("relabelled", without)

        async def has_gone() -> bool:
            found = await cluster.secret("relabelled")
            return found is not None and found["metadata"]["labels"] == {"stays": "1"}

        await eventually(has_gone)


async def test_healing_that_repeats_is_counted_in_one_event(
    cluster: Cluster, plain_client: KubeClient, key: SealingKey
) -> None:
    clock = WrongClock()
    async with KubeClient(plain_client.connection, clock=clock) as api, running(api):
        await cluster.create_sealed(key.seal("counted", cluster.namespace, {"a": "1"}))
        await cluster.until_status("counted", "True")
        clock.jump_seconds = 60.0
        await cluster.patch_secret("counted", {"stringData": {"a": "edited"}})
        await cluster.until_values("counted", {"a": "1"})

        async def is_counted() -> bool:
            events = await cluster.events("counted")
            return [(event.get("series") or {}).get("count") for event in events] == [2]

        await eventually(is_counted)


async def test_a_restart_writes_nothing(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        for number in range(3):
            content = key.seal(f"kept-{number}", cluster.namespace, {"a": "1"})
            await cluster.create_sealed(content)
        for number in range(3):
            await cluster.until_status(f"kept-{number}", "True")
        await cluster.create_sealed(misnamed(content, 99))
        await cluster.until_status("broken-99", "False")
    before = await cluster.versions()

    async with unsealer():
        await cluster.create_sealed(key.seal("marker", cluster.namespace, {"a": "1"}))
        await cluster.until_status("marker", "True")
        after = await cluster.versions()

    assert {name: version for name, version in after.items() if "marker" not in name} == before


async def test_the_secret_goes_with_its_sealed_secret_and_follows_the_next_one(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        first = await cluster.create_sealed(key.seal("reborn", cluster.namespace, {"a": "1"}))
        await cluster.until_values("reborn", {"a": "1"})

        await cluster.delete(SEALED_SECRETS, first)
        await cluster.create_sealed(key.seal("reborn", cluster.namespace, {"a": "2"}))
        await cluster.until_values("reborn", {"a": "2"}, timeout_seconds=COLLECTED_WITHIN_SECONDS)
        await cluster.until_status("reborn", "True")
