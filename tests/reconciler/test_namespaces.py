"""What is remembered of a namespace that could not be marked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.application import SyncPolicy
from gitopskit.reconciler.namespaces import Namespaces
from tests.support.desiring import applied, desired
from tests.support.fake_api import FakeApi, Reply, refusal
from tests.support.tracking import a_goal, tracked

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient

SHOP = ObjectRef("", "Namespace", "", "shop")


@pytest.mark.parametrize("is_in_git", [False, True])
async def test_a_namespace_that_could_not_be_marked_once_is_told_no_longer_than_that(
    scripted: FakeApi,
    scripted_api: KubeClient,
    is_in_git: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    objects = (replace(desired(), ref=SHOP),) if is_in_git else ()
    goal = a_goal(*objects, policy=SyncPolicy(is_automated=True, creates_namespace=True))
    item = tracked(goal)
    item.desired = {it.ref: it for it in objects}
    item.applied = {it.ref: applied() for it in objects}
    scripted.reply(refusal(403), Reply(json={"metadata": {"name": "shop"}}))
    namespaces = Namespaces(scripted_api)

    await namespaces.mark(item, goal)
    assert set(item.failures) == {SHOP}
    await namespaces.mark(item, goal)

    assert item.failures == {}
