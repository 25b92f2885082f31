"""What is told of an Application takes nothing away that came meanwhile; on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.health.verdict import Health
from gitopskit.kube.events import EventRecorder
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler import names
from gitopskit.reconciler.audit import Audit
from gitopskit.reconciler.metrics import ReconcilerMetrics
from gitopskit.reconciler.publishing import Publisher
from gitopskit.reconciler.repositories import Repositories
from gitopskit.reconciler.state import Registry
from gitopskit.reconciler.status import Report
from tests.support.reconciling import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Tracked
    from tests.support.reconciling import World

FIRST: JsonObject = {"sync": {"revision": "main"}}
SECOND: JsonObject = {"sync": {"revision": "main", "prune": True}}


@pytest.fixture
def publisher(world: World) -> Iterator[Publisher]:
    repositories = Repositories(options(world.cache_dir).repositories)
    yield Publisher(
        world.admin,
        recorder=EventRecorder(world.admin, component="test", instance="test"),
        metrics=ReconcilerMetrics(revision=""),
        audit=Audit(repositories),
        on_told=lambda _name: None,
    )
    repositories.close()


async def changed(world: World, name: str, patch: JsonObject) -> JsonObject:
    return await world.admin.patch(
        APPLICATIONS, name, "argocd", patch=patch, field_manager="kubectl-edit"
    )


def seen(content: JsonObject) -> Tracked:
    registry = Registry()
    registry.see(content)
    return registry.applications[content["metadata"]["name"]]


def marked(value: str | None) -> JsonObject:
    return {"metadata": {"annotations": {names.REFRESH_ANNOTATION: value}}}


async def test_an_operation_is_taken_out_with_the_status_that_answers_it(
    world: World, publisher: Publisher, unique: str
) -> None:
    await world.application(unique, project=unique)
    tracked = seen(await changed(world, unique, {"operation": FIRST}))

    report = Report(sync="Synced", health=Health("Healthy"))
    await publisher.publish(tracked, report, answered=FIRST)

    content = await world.get(APPLICATIONS, unique, "argocd") or {}
    assert "operation" not in content
    assert content["status"]["sync"]["status"] == "Synced"


async def test_an_operation_that_came_while_another_was_done_stays(
    world: World, publisher: Publisher, unique: str
) -> None:
    await world.application(unique, project=unique)
    tracked = seen(await changed(world, unique, {"operation": FIRST}))
    tracked.take(await changed(world, unique, {"operation": SECOND}))

    report = Report(sync="Synced", health=Health("Healthy"))
    await publisher.publish(tracked, report, answered=FIRST)

    content = await world.get(APPLICATIONS, unique, "argocd") or {}
    assert content["operation"] == SECOND


@pytest.mark.parametrize(
    ("later", "left"),
    [
        pytest.param("normal", None, id="as-it-was-read"),
        pytest.param("hard", "hard", id="changed-meanwhile"),
        pytest.param(None, None, id="gone-meanwhile"),
    ],
)
async def test_an_annotation_is_taken_off_only_as_it_was_read(
    world: World, publisher: Publisher, unique: str, later: str | None, left: str | None
) -> None:
    await world.application(unique, project=unique)
    tracked = seen(await changed(world, unique, marked("normal")))
    tracked.take(await changed(world, unique, marked(later)))

    await publisher.unmark(tracked, names.REFRESH_ANNOTATION, value="normal")

    content = await world.get(APPLICATIONS, unique, "argocd") or {}
    annotations = content["metadata"].get("annotations") or {}
    assert annotations.get(names.REFRESH_ANNOTATION) == left
