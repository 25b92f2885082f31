"""An Application that waits long for its first look says so, and a quick one costs no write."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from gitopskit.errors import ApiError
from gitopskit.reconciler import first_word
from gitopskit.reconciler.first_word import FirstWord
from tests.support.polling import eventually
from tests.support.silent_server import silence
from tests.support.tracking import tracked

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.loop import Controller
    from gitopskit.reconciler.publishing import Publisher
    from gitopskit.reconciler.state import Tracked
    from gitopskit.reconciler.status import Report
    from tests.support.reconciling import World


class Paper:
    """Keeps what is published, or refuses it."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.told: list[str] = []
        self._is_away = is_away

    async def publish(self, tracked: Tracked, report: Report) -> None:
        self.told.append(f"{tracked.name} {report.conditions[0][0]}")
        if self._is_away:
            raise ApiError("the server does not answer")


def word(paper: Paper) -> FirstWord:
    return FirstWord(cast("Publisher", paper))


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_word, "_PATIENCE_SECONDS", 0.05)


async def test_a_quick_look_costs_no_word() -> None:
    paper = Paper()

    async with word(paper).given(tracked()):
        await asyncio.sleep(0)

    assert paper.told == []


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize("is_away", [False, True], ids=["server-answers", "server-is-away"])
async def test_a_slow_look_is_told_once_and_goes_on(*, is_away: bool) -> None:
    paper = Paper(is_away=is_away)

    async with word(paper).given(tracked()):
        await eventually(lambda: bool(paper.told))

    assert paper.told == ["web WaitingForFirstLook"]


@pytest.mark.usefixtures("no_patience")
async def test_one_that_has_a_status_keeps_it() -> None:
    paper = Paper()
    known: JsonObject = {"sync": {"status": "Synced"}}
    is_over = asyncio.Event()
    asyncio.get_running_loop().call_later(0.15, is_over.set)

    async with word(paper).given(tracked(status=known)):
        await is_over.wait()

    assert paper.told == []


@pytest.mark.usefixtures("no_patience")
async def test_people_see_what_is_waited_for_and_then_what_came_of_it(
    world: World, reconciler: Callable[[], AbstractAsyncContextManager[Controller]], unique: str
) -> None:
    await world.project(unique, sourceRepos=["*"])

    async with reconciler():
        with silence() as address:
            source = {"repoURL": f"{address}/shop.git", "targetRevision": "main", "path": "app"}
            await world.application(unique, project=unique, source=source)
            message = await world.until_condition(unique, "WaitingForFirstLook")
            status = await world.status(unique)
        await world.until_condition(unique, "ComparisonError")

    assert message == f"waits until {address}/shop.git tells what its revision is now"
    assert (status["sync"]["status"], status["health"]["status"]) == ("Unknown", "Unknown")
    assert "WaitingForFirstLook" not in await world.conditions(unique)
