"""The first sealing key is made once, whatever happens to the writes on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.sealing.keys import KEY_LABEL, KEY_LABEL_ACTIVE
from gitopskit.unsealer.key_life import KeyLifeOptions
from tests.support.fake_api import Reply, refusal
from tests.support.faulty_proxy import First, FirstWrites
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import values_of

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.faulty_proxy import FaultyProxy
    from tests.support.unsealer_cluster import Cluster

KEYS = f"{KEY_LABEL}={KEY_LABEL_ACTIVE}"
BROKEN = refusal(500, reason="InternalError", message="etcdserver: request timed out")
CUT_OFF = Reply(breaks_off=True)


async def _keys(cluster: Cluster) -> list[JsonObject]:
    return list((await cluster.admin.list(SECRETS, "kube-system", label_selector=KEYS)).items)


async def _is_published(cluster: Cluster) -> bool:
    """Tell whether there is one key, and what is published is its certificate."""
    try:
        found = await cluster.admin.get(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, "kube-system")
    except ApiNotFound:
        return False
    certificates = [values_of(key)["tls.crt"] for key in await _keys(cluster)]
    return certificates == [(found.get("data") or {}).get("tls.crt")]


@pytest.mark.parametrize("fault", [BROKEN, CUT_OFF, None], ids=["broken", "cut", "answers lost"])
async def test_one_key_is_made_and_published_whatever_happens_to_the_writes(
    cluster: Cluster, proxy: FaultyProxy, behind: KubeClient, fault: Reply | None
) -> None:
    for key in await _keys(cluster):
        await cluster.delete(SECRETS, key)
    if fault is None:
        proxy.loses = FirstWrites()
    else:
        proxy.fault = First(fault, 2, calls=("create", "update"))

    async with running(behind, makes_keys=True, key_life=KeyLifeOptions(size_bits=2048)):
        await eventually(lambda: _is_published(cluster))

    assert len(await _keys(cluster)) == 1
