"""Whoever asks for a look at a repository has all see what it shows; on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler import names
from tests.support.audit import WRITES, read_requests
from tests.support.polling import eventually
from tests.support.reconciling import config_map, running, text

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from tests.support.reconciling import World


async def test_a_refresh_of_one_application_brings_the_others_too(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    """The next poll finds nothing new: the look that was asked for found it."""
    one, other = f"{unique}-one", f"{unique}-other"
    await world.project(unique)
    first = world.repository.commit({f"{it}/a.yaml": text(config_map(it)) for it in (one, other)})
    for name in (one, other):
        await world.application(name, project=unique, path=name)

    async with running(reconciler_client, world.cache_dir, poll_seconds=3600):
        for name in (one, other):
            await world.until_synced(name, revision=first)
        after = {f"{it}/a.yaml": text(config_map(it, color="red")) for it in (one, other)}
        second = world.repository.commit(after)
        mark = {"metadata": {"annotations": {names.REFRESH_ANNOTATION: "normal"}}}
        await world.admin.patch(
            APPLICATIONS, one, "argocd", patch=mark, field_manager="kubectl-edit"
        )
        for name in (one, other):
            await world.until_synced(name, revision=second)

    assert await world.data(other) == {"color": "red"}


@pytest.mark.parametrize(("how", "count"), [("normal", 1), ("hard", 2)])
async def test_a_hard_refresh_applies_again_what_is_as_it_is_to_be(
    world: World,
    reconciler_client: KubeClient,
    unique: str,
    control_plane: ControlPlane,
    how: str,
    count: int,
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_done() -> bool:
        content = await world.get(APPLICATIONS, unique, "argocd") or {}
        return names.REFRESH_ANNOTATION not in (content["metadata"].get("annotations") or {})

    async with running(reconciler_client, world.cache_dir, poll_seconds=3600) as controller:
        await world.until_synced(unique)
        mark = {"metadata": {"annotations": {names.REFRESH_ANNOTATION: how}}}
        await world.admin.patch(APPLICATIONS, unique, "argocd", patch=mark, field_manager="kubectl")
        await eventually(is_done)
        await eventually(lambda: unique not in controller._queue._handled)

    found = read_requests(control_plane.audit_log_path)
    assert (
        sum((it.name, it.resource) == (unique, "configmaps") and it.verb in WRITES for it in found)
        == count
    )
