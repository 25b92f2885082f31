"""An API server that refuses, breaks off, forgets to answer, or takes its time.

Behind the proxy is the real one: what gets through is really done.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.client import KubeClient
from tests.support.fake_api import Reply, refusal
from tests.support.faulty_proxy import First, FirstWrites
from tests.support.many_sealed import Report, create_all, until_told
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import misnamed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.faulty_proxy import Asked, FaultyProxy
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

BUSY = refusal(429, reason="TooManyRequests", after="1")
BROKEN = refusal(500, reason="InternalError", message="etcdserver: request timed out")
TAKEN = refusal(409, reason="Conflict", message="the object has been modified")
CUT_OFF = Reply(breaks_off=True)


async def _prepare(cluster: Cluster, key: SealingKey, prefix: str) -> dict[str, str]:
    """Create what is to be unsealed, what cannot be, and what is foreign; return how each ends."""
    good = {f"{prefix}-good-{number}": f"value-{number}" for number in range(4)}
    await create_all(cluster, key, good)
    for name in list(good)[:2]:
        owner = await cluster.sealed(name)
        await cluster.create_secret(name, {"a": "old"}, ownerReferences=[_controlling(owner)])
    foreign = f"{prefix}-foreign"
    await cluster.create_secret(foreign, {"a": "foreign"})
    await create_all(cluster, key, {foreign: "sealed"})
    broken = misnamed(key.seal("other", cluster.namespace, {"a": "1"}), 0)
    broken["metadata"]["name"] = f"{prefix}-broken"
    await cluster.create_sealed(broken)
    return {**dict.fromkeys(good, "True"), foreign: "False", f"{prefix}-broken": "False"}


def _controlling(owner: dict[str, dict[str, str]]) -> dict[str, object]:
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }


def _require_right(report: Report, told: dict[str, str], prefix: str) -> None:
    values = {name: report.value(name) for name in told}
    assert values == {
        **{f"{prefix}-good-{number}": f"value-{number}" for number in range(4)},
        f"{prefix}-foreign": "foreign",
        f"{prefix}-broken": None,
    }
    writers = report.secrets[f"{prefix}-foreign"]["metadata"]["managedFields"]
    assert {entry["manager"] for entry in writers} == {"kubectl-edit"}


@pytest.mark.parametrize(
    ("prefix", "fault"),
    [
        pytest.param("busy", First(BUSY), id="busy, asks to wait"),
        pytest.param("error", First(BROKEN, 2), id="internal errors"),
        pytest.param("cut", First(CUT_OFF, 2), id="connections that break off"),
        pytest.param("storm", First(TAKEN, 4, calls=("create", "update", "patch")), id="conflicts"),
    ],
)
async def test_refusals_that_pass_are_outlasted(
    cluster: Cluster,
    key: SealingKey,
    proxy: FaultyProxy,
    behind: KubeClient,
    prefix: str,
    fault: First,
) -> None:
    told = await _prepare(cluster, key, prefix)
    proxy.fault = fault

    async with running(behind):
        report = await until_told(cluster, told)

    _require_right(report, told, prefix)
    for name, status in told.items():
        assert proxy.told(name) == {status}
        assert max(proxy.calls(name).values()) <= 12


async def test_writes_whose_answers_are_lost_are_found_done(
    cluster: Cluster, key: SealingKey, proxy: FaultyProxy, behind: KubeClient
) -> None:
    told = await _prepare(cluster, key, "lost")
    proxy.loses = FirstWrites()
    async with running(behind):
        report = await until_told(cluster, told)

    _require_right(report, told, "lost")
    for name, status in told.items():
        assert proxy.told(name) == {status}
        assert proxy.calls(name)["create secrets"] + proxy.calls(name)["update secrets"] <= 1


async def test_what_is_refused_for_ever_is_tried_ever_more_seldom_and_delays_nobody(
    cluster: Cluster, key: SealingKey, proxy: FaultyProxy, behind: KubeClient
) -> None:
    async def refuse(asked: Asked) -> Reply | None:
        return BROKEN if asked.is_write and asked.name == "stuck" else None

    proxy.fault = refuse
    await create_all(cluster, key, {"stuck": "1"})
    async with running(behind):
        await eventually(lambda: proxy.calls("stuck")["create secrets"] >= 2)
        await create_all(cluster, key, {"free": "1"})
        await until_told(cluster, {"free": "True"})
        await eventually(lambda: proxy.calls("stuck")["create secrets"] >= 4)
        tries = [asked.at_seconds for asked in proxy.asked if _is_creation_of("stuck", asked)]
        proxy.heal()
        await until_told(cluster, {"stuck": "True"})

    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert all(pause >= 0.1 * 2**number for number, pause in enumerate(pauses))


def _is_creation_of(name: str, asked: Asked) -> bool:
    return (asked.call, asked.name) == ("create secrets", name)


async def test_a_slow_server_is_asked_for_little_at_once_and_all_is_done(
    cluster: Cluster,
    key: SealingKey,
    proxy: FaultyProxy,
    behind: KubeClient,
    tell: Callable[[str], None],
) -> None:
    wanted = {f"slow-{number}": str(number) for number in range(60)}
    await create_all(cluster, key, wanted)

    async def answer_late(_: Asked) -> None:
        await asyncio.sleep(0.1)

    proxy.fault = answer_late
    async with running(behind, workers=64):
        report = await until_told(cluster, dict.fromkeys(wanted, "True"))

    assert {name: report.value(name) for name in wanted} == wanted
    assert all(proxy.calls(name)["create secrets"] == 1 for name in wanted)
    assert proxy.most_at_once <= 32
    tell(f"slow server, 64 workers: at most {proxy.most_at_once} requests at one time")


async def test_requests_that_are_never_answered_are_given_up_and_made_again(
    cluster: Cluster, key: SealingKey, proxy: FaultyProxy, behind: KubeClient
) -> None:
    told = await _prepare(cluster, key, "silent")
    swallowed: set[tuple[str, str]] = set()

    async def swallow(asked: Asked) -> None:
        if not asked.call.startswith("watch") and (asked.call, asked.name) not in swallowed:
            swallowed.add((asked.call, asked.name))
            await asyncio.Event().wait()

    proxy.fault = swallow
    impatient = KubeClient(behind.connection, clock=behind.clock, timeout_seconds=0.3)
    async with impatient, running(impatient):
        report = await until_told(cluster, told)

    _require_right(report, told, "silent")
