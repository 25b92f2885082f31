"""What a reconciler that begins anew asks of the server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.waiting import Wanted, wait
from tests.support.audit import read_requests
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane

Run = Callable[[], AbstractAsyncContextManager[Controller]]

_MOST_OF_A_HEAL = 3
"""Reading the object, taking the field over, and writing it."""


async def test_commits_that_came_meanwhile_and_change_nothing_cost_an_application_no_write(
    world: World, reconciler: Run, unique: str
) -> None:
    app = {"app/all.yaml": text(config_map(unique))}
    world.repository.commit(app)
    await world.project(unique)
    await world.application(unique, project=unique)
    async with reconciler():
        await world.until_synced(unique)
    before = await world.get(APPLICATIONS, unique, "argocd")

    other = world.repository.commit({**app, "README": "new"})
    async with reconciler():
        (found,) = await wait(
            world.admin, Wanted(names=(unique,), revision=other), timeout_seconds=20
        )

    assert found.is_done
    assert await world.get(APPLICATIONS, unique, "argocd") == before


async def test_a_restart_asks_nothing_about_what_is_as_it_was_left(
    world: World, reconciler: Run, unique: str, control_plane: ControlPlane
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(f"{unique}-a"), config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique)
    async with reconciler():
        await world.until_synced(unique)

    def asked() -> list[str]:
        requests = read_requests(control_plane.audit_log_path)
        return [it.verb for it in requests if it.impersonated and it.name.startswith(unique)]

    before = asked()
    async with reconciler():
        await world.application(f"{unique}-after", project=unique, path="missing")
        await world.until_condition(f"{unique}-after", "ComparisonError")
        await world.edit(CONFIG_MAPS, unique, {"data": {"color": "red"}})
        await eventually(lambda: len(asked()) > len(before))

    assert set(asked()[len(before) :]) <= {"get", "patch"}
    assert len(asked()) - len(before) <= _MOST_OF_A_HEAL
