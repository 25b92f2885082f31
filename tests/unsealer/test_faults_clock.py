"""A clock that is wrong by a year changes the times that are told, and nothing else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import SECRETS
from gitopskit.sealing.keys import KEY_LABEL, KEY_LABEL_ACTIVE
from gitopskit.unsealer.key_life import KeyLifeOptions
from tests.support.clock import WrongClock
from tests.support.key_life import KeyNamespace
from tests.support.many_sealed import create_all, until_told
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import START, SealingKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.unsealer_cluster import Cluster, Running

YEAR = timedelta(days=365)
SKEWS = [pytest.param(-YEAR, id="behind"), pytest.param(YEAR, id="ahead")]


@asynccontextmanager
async def _with_clock(client: KubeClient, clock: WrongClock) -> AsyncIterator[KubeClient]:
    async with KubeClient(client.connection, clock=clock) as api:
        yield api


@pytest.mark.parametrize("skew", SKEWS)
async def test_a_wrong_clock_shows_in_the_times_of_a_status_alone(
    cluster: Cluster,
    unsealer: Running,
    plain_client: KubeClient,
    key: SealingKey,
    skew: timedelta,
) -> None:
    good, broken = f"good-{skew.days}", f"broken-{skew.days}"
    closed = key.seal("another", cluster.namespace, {"a": "1"})
    closed["metadata"]["name"] = broken
    async with _with_clock(plain_client, WrongClock(skew=skew)) as api, running(api):
        await create_all(cluster, key, {good: "1"})
        await cluster.create_sealed(closed)
        condition = await cluster.until_status(good, "True")
        await until_told(cluster, {good: "True", broken: "False"})
        await cluster.patch_secret(good, {"stringData": {"a": "edited"}})
        await cluster.until_values(good, {"a": "1"})
    before = await cluster.versions()

    async with unsealer():
        await create_all(cluster, key, {f"later-{skew.days}": "1"})
        await until_told(cluster, {f"later-{skew.days}": "True"})
        after = await cluster.versions()

    told_at = datetime.fromisoformat(condition["lastTransitionTime"])
    assert abs(told_at - datetime.now(UTC) - skew) < timedelta(hours=1)
    assert {name: after[name] for name in before} == before


async def test_a_clock_that_is_set_meanwhile_causes_no_work(
    cluster: Cluster, plain_client: KubeClient, key: SealingKey
) -> None:
    clock = WrongClock()
    async with _with_clock(plain_client, clock) as api, running(api):
        await create_all(cluster, key, {"kept": "1"})
        await until_told(cluster, {"kept": "True"})
        before = await cluster.versions()
        for skew in (YEAR, -YEAR, timedelta()):
            clock.skew = skew
            marker = f"marker-{skew.days}"
            await create_all(cluster, key, {marker: "1"})
            await until_told(cluster, {marker: "True"})
        after = await cluster.versions()

    assert {name: after[name] for name in before} == before


async def _keys(cluster: Cluster) -> int:
    selector = f"{KEY_LABEL}={KEY_LABEL_ACTIVE}"
    return len((await cluster.admin.list(SECRETS, "kube-system", label_selector=selector)).items)


@pytest.mark.parametrize(("skew", "made"), [(-YEAR, 0), (YEAR, 1)], ids=["behind", "ahead"])
async def test_a_wrong_clock_makes_one_sealing_key_at_most(
    cluster: Cluster, plain_client: KubeClient, skew: timedelta, made: int
) -> None:
    age = datetime.now(UTC) - START
    fresh = SealingKey.new(f"tests-fresh-{made}", days_later=age.days)
    await cluster.create(SECRETS, fresh.secret())
    before = await _keys(cluster)
    life = KeyLifeOptions(size_bits=2048, renew_period=timedelta(days=300))

    for number, clock in enumerate((WrongClock(skew=skew), WrongClock(), WrongClock(skew=skew))):
        async with (
            _with_clock(plain_client, clock) as api,
            running(api, makes_keys=True, key_life=life),
        ):
            marker = f"sealed-{made}-{number}"
            await create_all(cluster, fresh, {marker: "1"})
            await until_told(cluster, {marker: "True"})
            await KeyNamespace(cluster.admin, "kube-system").until_looked_after(fresh.name)
            await eventually(lambda: _has_keys(cluster, before + made))

    assert await _keys(cluster) == before + made


async def _has_keys(cluster: Cluster, number: int) -> bool:
    return await _keys(cluster) == number
