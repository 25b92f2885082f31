"""A Secret that becomes somebody else's between the decision about it and the write.

The proxy acts for that somebody, right before the write gets through. test_races.py has the plain
cases: a foreign Secret is created first, or takes the place of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from tests.support.unsealer_cluster import running

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.faulty_proxy import Asked, FaultyProxy
    from tests.support.unsealer_cluster import Cluster, Running
    from tests.support.unsealing import SealingKey

    Step: TypeAlias = Callable[[Cluster, SealingKey, str], Awaitable[None]]
    Swap: TypeAlias = Callable[[Cluster, str], Awaitable[None]]

MANAGED: Final = "sealedsecrets.bitnami.com/managed"
PATCH: Final = "sealedsecrets.bitnami.com/patch"
RECREATE: Final = {"gitopskit.io/recreate-immutable": "true"}


async def _seal(cluster: Cluster, key: SealingKey, name: str) -> None:
    await cluster.create_sealed(key.seal(name, cluster.namespace, {"a": "sealed"}))


async def _seal_immutable(cluster: Cluster, key: SealingKey, name: str) -> None:
    content = key.seal(name, cluster.namespace, {"a": "sealed"}, immutable=True)
    content["metadata"]["annotations"] = RECREATE
    await cluster.create_sealed(content)


async def _seal_anew(cluster: Cluster, key: SealingKey, name: str) -> None:
    later = key.seal(name, cluster.namespace, {"a": "sealed anew"}, immutable=True)
    await cluster.patch_sealed(name, {"spec": later["spec"]})


async def _edit(cluster: Cluster, _key: SealingKey, name: str) -> None:
    await cluster.patch_secret(name, {"stringData": {"a": "edited"}})


def _offered(annotation: str) -> Step:
    async def offer(cluster: Cluster, _key: SealingKey, name: str) -> None:
        await cluster.create_secret(name, {"a": "foreign"}, annotations={annotation: "true"})

    return offer


async def _replace_by_foreign(cluster: Cluster, name: str) -> None:
    await cluster.delete(SECRETS, await _secret(cluster, name))
    await cluster.create_secret(name, {"a": "foreign"})


async def _take_the_name(cluster: Cluster, name: str) -> None:
    await cluster.create_secret(name, {"a": "foreign"})


async def _take_back(cluster: Cluster, name: str) -> None:
    annotations = {MANAGED: None, PATCH: None}
    await cluster.patch_secret(name, {"metadata": {"annotations": annotations}})


async def _take_over(cluster: Cluster, name: str) -> None:
    """Make it another controller's, without another UID."""
    owner = await cluster.admin.get(CONFIG_MAPS, "kube-root-ca.crt", cluster.namespace)
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "kube-root-ca.crt",
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    await cluster.patch_secret(name, {"metadata": {"ownerReferences": [reference]}})


async def _secret(cluster: Cluster, name: str) -> JsonObject:
    found = await cluster.secret(name)
    assert found is not None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What there is, what makes the unsealer write, and what happens before which write.

    ``told`` are words of what the SealedSecret says in the end.
    """

    arrange: Step
    is_synced: bool = True
    trigger: Step
    call: str = "update secrets"
    swap: Swap
    told: str = "not managed"


CASES: Final = {
    "edited, then taken over": Case(
        arrange=_seal, trigger=_edit, swap=_take_over, told="controlled by ConfigMap"
    ),
    "offered as managed, then taken back": Case(
        arrange=_offered(MANAGED), is_synced=False, trigger=_seal, swap=_take_back
    ),
    "offered as managed, then replaced": Case(
        arrange=_offered(MANAGED), is_synced=False, trigger=_seal, swap=_replace_by_foreign
    ),
    "offered to patch, then taken back": Case(
        arrange=_offered(PATCH), is_synced=False, trigger=_seal, swap=_take_back
    ),
    "to be recreated, replaced before the deletion": Case(
        arrange=_seal_immutable,
        trigger=_seal_anew,
        call="delete secrets",
        swap=_replace_by_foreign,
    ),
    "to be recreated, taken over before the deletion": Case(
        arrange=_seal_immutable,
        trigger=_seal_anew,
        call="delete secrets",
        swap=_take_over,
        told="controlled by ConfigMap",
    ),
    "to be recreated, replaced before the creation": Case(
        arrange=_seal_immutable, trigger=_seal_anew, call="create secrets", swap=_take_the_name
    ),
}


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(f"swapped-{number}", case, id=words)
        for number, (words, case) in enumerate(CASES.items())
    ],
)
async def test_what_became_somebody_elses_before_the_write_is_left_alone(
    cluster: Cluster,
    key: SealingKey,
    proxy: FaultyProxy,
    behind: KubeClient,
    name: str,
    case: Case,
) -> None:
    left: list[JsonObject] = []

    async def swap_once(asked: Asked) -> None:
        if (asked.call, asked.name) == (case.call, name) and not left:
            await case.swap(cluster, name)
            left.append(await _secret(cluster, name))

    async with cluster.granting("delete"), running(behind):
        await case.arrange(cluster, key, name)
        if case.is_synced:
            await cluster.until_status(name, "True")
        proxy.fault = swap_once
        await case.trigger(cluster, key, name)
        await cluster.until_status(name, "False", containing=case.told)

        assert [await cluster.secret(name)] == left


async def test_what_took_the_place_of_a_write_whose_answer_was_lost_is_left_alone(
    cluster: Cluster, key: SealingKey, proxy: FaultyProxy, behind: KubeClient
) -> None:
    left: list[JsonObject] = []

    async def swap_after_the_creation(asked: Asked) -> None:
        if (asked.call, asked.name) == ("get secrets", "unheard") and not left:
            await _replace_by_foreign(cluster, "unheard")
            left.append(await _secret(cluster, "unheard"))

    proxy.loses = lambda asked: (asked.call, asked.name) == ("create secrets", "unheard")
    proxy.fault = swap_after_the_creation
    async with running(behind):
        await _seal(cluster, key, "unheard")
        await cluster.until_status("unheard", "False", containing="not managed")

    assert [await cluster.secret("unheard")] == left


async def test_what_was_replaced_while_nobody_was_there_is_left_alone(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await _seal(cluster, key, "absent")
        await cluster.until_status("absent", "True")
    await _replace_by_foreign(cluster, "absent")
    left = await _secret(cluster, "absent")

    async with unsealer():
        await cluster.until_status("absent", "False", containing="not managed")

    assert await _secret(cluster, "absent") == left
