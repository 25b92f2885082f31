"""Sealing keys that come, go and break while the unsealer runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from gitopskit.sealing.key_secrets import DEFAULT_KEY_PREFIX
from tests.support.polling import eventually
from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.unsealer_cluster import Cluster, Running

HEALED_WITHIN_SECONDS = 1.0
CANARY = "s3cr3t-canary-value"


async def test_without_any_sealing_key_the_status_says_so(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    holder = await cluster.admin.get(SECRETS, key.name, "kube-system")
    await cluster.delete(SECRETS, holder)
    async with unsealer():
        await cluster.create_sealed(key.seal("keyless", cluster.namespace, {"a": "1"}))
        await cluster.until_status("keyless", "False", containing="there is no sealing key")

        await cluster.create(SECRETS, key.secret())
        await cluster.until_values("keyless", {"a": "1"})


async def test_a_key_that_arrives_opens_what_waited_for_it_without_a_restart(
    cluster: Cluster, unsealer: Running, second_key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(second_key.seal("early", cluster.namespace, {"a": CANARY}))
        condition = await cluster.until_status("early", "False")
        await cluster.create(SECRETS, second_key.secret())
        begun = time.perf_counter()
        await cluster.until_values("early", {"a": CANARY})

        assert time.perf_counter() - begun < HEALED_WITHIN_SECONDS
        assert condition["reason"] == "ErrUnsealFailed"
        assert "`a`" in condition["message"]


async def test_a_key_that_goes_away_makes_the_status_say_so_and_leaves_the_secret(
    cluster: Cluster, unsealer: Running, second_key: SealingKey
) -> None:
    holder = await cluster.create(SECRETS, second_key.secret())
    async with unsealer():
        await cluster.create_sealed(second_key.seal("late", cluster.namespace, {"a": "1"}))
        await cluster.until_status("late", "True")

        label = {"sealedsecrets.bitnami.com/sealed-secrets-key": "compromised"}
        await cluster.admin.patch(
            SECRETS,
            holder["metadata"]["name"],
            "kube-system",
            patch={"metadata": {"labels": label}},
            field_manager="tests",
        )
        await cluster.until_status("late", "False", containing="`a`")

        assert values_of(await cluster.secret("late") or {}) == {"a": "1"}


@pytest.fixture
async def old_key(cluster: Cluster, second_key: SealingKey) -> AsyncIterator[SealingKey]:
    """Return a key in a Secret that only its name tells to be one."""
    metadata = {"name": DEFAULT_KEY_PREFIX, "namespace": "kube-system"}
    held = await cluster.create(SECRETS, {**second_key.secret(), "metadata": metadata})
    yield second_key
    await cluster.delete(SECRETS, held)


async def test_the_old_key_without_a_label_opens_what_was_sealed_to_it(
    cluster: Cluster, unsealer: Running, old_key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(old_key.seal("ancient", cluster.namespace, {"a": "1"}))

        await cluster.until_values("ancient", {"a": "1"})


async def test_a_malformed_key_stops_neither_the_other_keys_nor_the_controller(
    cluster: Cluster, unsealer: Running, key: SealingKey, second_key: SealingKey
) -> None:
    broken = second_key.secret()
    broken["data"] = {"tls.key": "bm90IGEga2V5", "tls.crt": "bm90IGEgY2VydGlmaWNhdGU="}
    await cluster.create(SECRETS, broken)
    async with unsealer():
        await cluster.create_sealed(key.seal("beside", cluster.namespace, {"a": "1"}))

        await cluster.until_values("beside", {"a": "1"})


async def test_the_newest_certificate_is_published(
    cluster: Cluster, unsealer: Running, key: SealingKey, second_key: SealingKey
) -> None:
    async def is_published(certificate: bytes) -> bool:
        found = await cluster.admin.list(
            CONFIG_MAPS,
            "kube-system",
            field_selector="metadata.name=gitopskit-sealing-certificate",
        )
        return [item["data"]["tls.crt"] for item in found.items] == [certificate.decode()]

    async with unsealer():
        await eventually(lambda: is_published(key.pair.certificate_pem))
        await cluster.create(SECRETS, second_key.secret())
        await eventually(lambda: is_published(second_key.pair.certificate_pem))
