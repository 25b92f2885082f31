"""A status that another one writes over ours: not believed, written anew, and not without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler import names
from gitopskit.reconciler.state import Registry
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, running, text

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

MOMENT_SECONDS = 0.5
"""Shorter than the first pause before an answer, longer than an answer without one takes."""

RARELY_SECONDS = 600.0
"""No poll comes meanwhile, so that whatever is answered is answered because of the write."""

WRONG: JsonObject = {
    "sync": {"status": "Unknown"},
    "health": {"status": "Missing"},
    "conditions": [{"type": "ComparisonError", "message": "my laptop has no such folder"}],
    "operationState": {"phase": "Failed", "message": "my laptop"},
}


def application(version: str, status: JsonObject, **annotations: str) -> JsonObject:
    return {
        "metadata": {
            "name": "web",
            "uid": "u1",
            "resourceVersion": version,
            "annotations": annotations,
        },
        "spec": {"project": "shop"},
        "status": status,
    }


def synced(**more: str) -> JsonObject:
    return {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}, **more}


def seen(status: JsonObject, *, is_told: bool = True) -> Registry:
    registry = Registry()
    registry.see(application("1", status))
    registry.applications["web"].is_told = is_told
    return registry


def test_what_another_one_claims_is_not_believed_until_it_is_put_right() -> None:
    registry = seen(synced())
    tracked = registry.applications["web"]

    assert not registry.see(application("2", WRONG))
    assert (tracked.is_disputed, tracked.status) == (True, synced())
    assert tracked.content["status"] == synced()
    assert tracked.content["metadata"]["resourceVersion"] == "2"

    registry.see(application("3", synced()))
    assert not tracked.is_disputed


def test_before_we_have_said_anything_what_is_there_counts() -> None:
    registry = seen(synced(), is_told=False)

    registry.see(application("2", WRONG))

    assert registry.applications["web"].status == WRONG


def test_what_nobody_goes_by_is_no_dispute() -> None:
    registry = seen(synced())

    registry.see(application("2", synced(reconciledAt="later")))

    tracked = registry.applications["web"]
    assert (tracked.is_disputed, tracked.status["reconciledAt"]) == (False, "later")


def test_an_application_that_is_left_alone_may_be_told_of_by_others() -> None:
    registry = seen(synced())
    skipped = {"argocd.argoproj.io/skip-reconcile": "true"}

    registry.see(application("2", WRONG, **skipped))

    assert not registry.applications["web"].is_disputed


@pytest.mark.parametrize("is_shown_first", [True, False], ids=["event", "answer"])
def test_our_own_write_is_no_dispute_whether_its_event_or_its_answer_comes_first(
    *, is_shown_first: bool
) -> None:
    registry = seen(synced())
    tracked = registry.applications["web"]
    tracked.writing = WRONG
    written = application("3", WRONG)

    if is_shown_first:
        registry.see(application("2", synced()))
        registry.see(written)
        assert not tracked.is_disputed
    tracked.writing = None
    tracked.take(written, is_ours=True)
    registry.see(written)

    assert (tracked.is_disputed, tracked.status) == (False, WRONG)


async def write(world: World, name: str) -> str:
    """Write what is wrong under our own name, as another copy would; return its version."""
    content = await world.admin.patch(
        APPLICATIONS,
        name,
        "argocd",
        patch={"status": WRONG},
        field_manager=names.STATUS_MANAGER,
    )
    return str(content["metadata"]["resourceVersion"])


async def test_a_status_of_another_opinion_is_written_anew_without_a_poll(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async def is_restored() -> bool:
        return await world.status(unique) == before

    async with running(
        reconciler_client, world.cache_dir, poll_seconds=RARELY_SECONDS
    ) as controller:
        before = await world.until_synced(unique)
        await write(world, unique)
        await eventually(is_restored)

        assert controller.registry.applications[unique].status == before


@pytest.mark.timeout(120)
async def test_who_insists_is_answered_ever_more_slowly(
    world: World, reconciler_client: KubeClient, unique: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)

    async with running(reconciler_client, world.cache_dir, poll_seconds=RARELY_SECONDS):
        await world.until_synced(unique)
        answered = 0
        for _ in range(30):
            answered += await _is_answered(world, unique, await write(world, unique))

    assert 15 <= answered <= 25


async def _is_answered(world: World, name: str, version: str) -> bool:
    """Tell whether the status is written anew within a moment."""

    async def is_written() -> bool:
        content = await world.get(APPLICATIONS, name, "argocd") or {}
        return bool(content["metadata"]["resourceVersion"] != version)

    try:
        await eventually(is_written, timeout_seconds=MOMENT_SECONDS)
    except TimeoutError:
        return False
    return True
