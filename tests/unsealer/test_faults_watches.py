"""Watches that are cut, and versions that the server no longer knows: no change is missed."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from tests.support.fake_api import Reply, refusal
from tests.support.faulty_proxy import First
from tests.support.many_sealed import create_all, until_told
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from tests.support.faulty_proxy import Asked, FaultyProxy
    from tests.support.unsealer_cluster import Cluster

OUTDATED = refusal(410, reason="Expired", message="too old resource version: 1 (2)")
OUTDATED_EVENT = Reply(raw=json.dumps({"type": "ERROR", "object": OUTDATED.json}).encode() + b"\n")
NO_WATCH = Reply(breaks_off=True)
WATCHES = 5
"""Of SealedSecrets, of Secrets, and three of sealing keys."""


async def _refuse_watches(asked: Asked) -> Reply | None:
    return NO_WATCH if asked.call.startswith("watch") else None


async def _until_nobody_watches(proxy: FaultyProxy) -> None:
    seen = len(proxy.asked)
    proxy.fault = _refuse_watches
    proxy.cut_watches()

    def are_all_refused() -> bool:
        calls = proxy.calls(since=seen)
        return sum(calls[call] for call in calls if call.startswith("watch")) >= WATCHES

    await eventually(are_all_refused)


async def _delete_secret(cluster: Cluster, name: str) -> None:
    """Delete a Secret, unless the garbage collector was faster."""
    found = await cluster.secret(name)
    if found is not None:
        with suppress(ApiNotFound):
            await cluster.delete(SECRETS, found)


@pytest.mark.parametrize(
    ("reply", "lists"),
    [
        pytest.param(NO_WATCH, 1, id="resumed"),
        pytest.param(OUTDATED, 2, id="refused as outdated"),
        pytest.param(OUTDATED_EVENT, 2, id="outdated on the way"),
    ],
)
async def test_what_happens_while_nobody_watches_is_found(
    cluster: Cluster,
    key: SealingKey,
    proxy: FaultyProxy,
    behind: KubeClient,
    reply: Reply,
    lists: int,
) -> None:
    late_key = SealingKey.new(f"tests-late-{reply.status}-{lists}", days_later=1)
    edited, deleted, moved, leaving, closed, added = (
        f"{sort}-{reply.status}-{lists}"
        for sort in ("edited", "deleted", "moved", "leaving", "closed", "added")
    )
    await create_all(cluster, key, dict.fromkeys((edited, deleted, moved, leaving), "1"))
    await create_all(cluster, late_key, {closed: "1"})
    async with running(behind):
        good = dict.fromkeys((edited, deleted, moved, leaving), "True")
        await until_told(cluster, {**good, closed: "False"})

        await _until_nobody_watches(proxy)
        await cluster.patch_secret(edited, {"stringData": {"a": "2"}})
        later = key.seal(moved, cluster.namespace, {"a": "2"})
        await cluster.patch_sealed(moved, {"spec": later["spec"]})
        await cluster.delete(SEALED_SECRETS, await cluster.sealed(leaving))
        for name in (deleted, leaving):
            await _delete_secret(cluster, name)
        await create_all(cluster, key, {added: "1"})
        await cluster.create(SECRETS, late_key.secret())
        proxy.fault = First(reply, calls=("watch",))

        for name in (edited, deleted, added, closed):
            await cluster.until_values(name, {"a": "1"})
        await cluster.until_values(moved, {"a": "2"})
        told = dict.fromkeys((edited, deleted, moved, added, closed), "True")
        report = await until_told(cluster, told)

        calls = proxy.calls()

    assert report.value(leaving) is None
    assert calls["list sealedsecrets"] == lists


async def test_watches_that_are_cut_again_and_again_miss_nothing(
    cluster: Cluster, key: SealingKey, proxy: FaultyProxy, behind: KubeClient
) -> None:
    parts = [{f"cut-{part}-{number}": "1" for number in range(5)} for part in range(5)]
    async with running(behind):
        for part in parts:
            await create_all(cluster, key, part)
            proxy.cut_watches()
        wanted = {name: value for part in parts for name, value in part.items()}
        await until_told(cluster, dict.fromkeys(wanted, "True"))
        for part in parts:
            for name in part:
                await cluster.patch_secret(name, {"stringData": {"a": "edited"}})
            proxy.cut_watches()
        for name, value in wanted.items():
            await cluster.until_values(name, {"a": value}, timeout_seconds=20)

        calls = proxy.calls()

    assert calls["watch sealedsecrets"] <= 14
    assert calls["list sealedsecrets"] == 1
    assert sum(proxy.calls(name)["update secrets"] for name in wanted) <= 2 * len(wanted)


async def test_watches_that_lag_behind_cause_no_needless_write(
    cluster: Cluster, key: SealingKey, proxy: FaultyProxy, behind: KubeClient
) -> None:
    proxy.lag_seconds = 0.2
    moved, edited = (
        [f"{sort}-late-{number}" for number in range(5)] for sort in ("moved", "edited")
    )
    async with running(behind):
        await create_all(cluster, key, dict.fromkeys((*moved, *edited), "1"))
        await until_told(cluster, dict.fromkeys((*moved, *edited), "True"))
        for name in moved:
            later = key.seal(name, cluster.namespace, {"a": "2"})
            await cluster.patch_sealed(name, {"spec": later["spec"]})
        for name in edited:
            await cluster.patch_secret(name, {"stringData": {"a": "edited"}})
        for name in moved:
            await cluster.until_values(name, {"a": "2"})
        for name in edited:
            await cluster.until_values(name, {"a": "1"})
        await until_told(cluster, dict.fromkeys(moved, "True"))
        calls = {name: proxy.calls(name) for name in (*moved, *edited)}

    assert {calls[name]["create secrets"] for name in calls} == {1}
    assert {calls[name]["update secrets"] for name in calls} == {1}
    assert {calls[name]["patch sealedsecrets/status"] for name in moved} == {2}
    assert {calls[name]["patch sealedsecrets/status"] for name in edited} == {1}
