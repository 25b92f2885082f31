"""Pods of a workload are watched while it is under way, and no longer."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.rollouts import Rollout
from gitopskit.health.verdict import HEALTHY, Health
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.permissions import Permissions
from gitopskit.reconciler.rollouts import Rollouts
from tests.support.desiring import observation
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

UNDER_WAY = Health("Progressing", "0 of 1 replicas are ready")


class Told:
    """Rollouts of one workload, and the health that they told last."""

    def __init__(self, api: KubeClient, ref: ObjectRef) -> None:
        self.ref = ref
        self.health = UNDER_WAY
        self.rollouts = Rollouts(api, permissions=Permissions(api), on_news=self._hear)

    def _hear(self, ref: ObjectRef, health: Health) -> None:
        assert ref == self.ref
        self.health = health

    async def is_degraded(self) -> bool:
        return self.health.status == "Degraded"

    async def aclose(self) -> None:
        await self.rollouts.close()


@pytest.fixture
async def told(admin: KubeClient, namespace: str, unique: str) -> AsyncIterator[Told]:
    async with aclosing(Told(admin, ObjectRef("apps", "StatefulSet", namespace, unique))) as made:
        yield made


async def make_pod(
    admin: KubeClient, ref: ObjectRef, *, number: int = 0, marked: str = "new"
) -> None:
    """Make a Pod of a workload that no node takes, with an image that cannot be pulled."""
    kind = (await admin.kinds()).find("", "Pod")
    assert kind is not None
    body: JsonObject = {
        "metadata": {
            "name": f"{ref.name}-{number}",
            "namespace": ref.namespace,
            "labels": {"app": ref.name, "round": marked},
        },
        "spec": {
            "containers": [{"name": "main", "image": "registry.example/app:1"}],
            "nodeSelector": {"no": "such-node"},
        },
    }
    await admin.create(kind, body, field_manager="test")
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    status = {"name": "main", "image": "a", "imageID": "", "ready": False, "restartCount": 0}
    await admin.patch(
        kind,
        body["metadata"]["name"],
        ref.namespace,
        patch={"status": {"containerStatuses": [{**status, "state": state}]}},
        field_manager="test",
        subresource="status",
    )


def seen(ref: ObjectRef) -> Rollout:
    return Rollout(selector=f"app={ref.name}", label="round", value="new")


async def test_an_image_that_cannot_be_pulled_is_told_until_the_workload_is_settled(
    admin: KubeClient, told: Told
) -> None:
    first = told.rollouts.judged(told.ref, observation(health=UNDER_WAY, rollout=seen(told.ref)))
    await make_pod(admin, told.ref)

    await eventually(told.is_degraded)
    later = told.rollouts.judged(told.ref, observation(health=UNDER_WAY, rollout=seen(told.ref)))
    last = told.rollouts.judged(told.ref, observation(health=HEALTHY))

    message = f"Pod {told.ref.name}-0: container main: ImagePullBackOff: no such image"
    assert first.health == UNDER_WAY
    assert later.health == Health("Degraded", message)
    assert last.health == HEALTHY
    assert told.rollouts.under_way == frozenset()


async def test_a_pod_of_another_revision_is_not_told(admin: KubeClient, told: Told) -> None:
    await make_pod(admin, told.ref, number=0, marked="old")
    await make_pod(admin, told.ref, number=1)

    told.rollouts.judged(told.ref, observation(health=UNDER_WAY, rollout=seen(told.ref)))
    await eventually(told.is_degraded)

    message = f"Pod {told.ref.name}-1: container main: ImagePullBackOff: no such image"
    assert told.health == Health("Degraded", message)
