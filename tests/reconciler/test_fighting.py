"""Who keeps changing what is applied is named, and waited for if it is a machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler import fighting
from gitopskit.reconciler.loop import Controller
from tests.support.desiring import REF, observation
from tests.support.polling import eventually
from tests.support.reconciling import PERSON, World, config_map, text

if TYPE_CHECKING:
    from gitopskit.reconciler.observation import Observation

Run = Callable[[], AbstractAsyncContextManager[Controller]]


@pytest.mark.parametrize(
    ("after", "rival"),
    [
        pytest.param(None, "", id="deleted"),
        pytest.param(observation(taken_by="scaler"), "scaler", id="changed"),
        pytest.param(observation(added_by="kubectl-edit"), "kubectl-edit", id="added"),
    ],
)
def test_who_changed_an_object_last_is_the_rival(after: Observation | None, rival: str) -> None:
    assert fighting.rival_of(after) == rival


@pytest.mark.parametrize(
    ("rival", "pause"),
    [
        pytest.param("scaler", 2.0, id="machine"),
        pytest.param("", 2.0, id="unknown"),
        pytest.param("kubectl-edit", 0.0, id="person"),
    ],
)
def test_only_a_machine_is_waited_for(rival: str, pause: float) -> None:
    assert fighting.pause_seconds(rival, 2.0) == pause


def test_a_fight_is_told_for_a_while() -> None:
    fights = {REF: fighting.noticed("scaler", delay_seconds=2.0, now=10.0)}

    assert fighting.current(fights, now=71.0) == fights
    assert fighting.current(fights, now=72.0) == {}


def test_nothing_is_told_where_nobody_fights() -> None:
    assert fighting.conditions({}) == []


@pytest.mark.parametrize(
    ("rival", "told"),
    [pytest.param("scaler", "scaler", id="named"), pytest.param("", "somebody", id="unknown")],
)
def test_a_condition_names_the_object_and_the_rival(rival: str, told: str) -> None:
    fights = {REF: fighting.noticed(rival, delay_seconds=2.0, now=0.0)}

    [(kind, message)] = fighting.conditions(fights)

    assert kind == "DriftFight"
    assert f"{REF}: {told}" in message


@pytest.mark.parametrize(
    ("rival", "now", "is_paused"),
    [
        pytest.param("scaler", 11.9, True, id="a-machine"),
        pytest.param("scaler", 12.0, False, id="over"),
        pytest.param(PERSON, 10.0, False, id="a-person"),
    ],
)
def test_what_a_machine_fights_over_is_left_for_a_while(
    rival: str,
    now: float,
    is_paused: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    fights = {REF: fighting.noticed(rival, delay_seconds=2.0, now=10.0)}

    assert fighting.is_paused(fights, REF, now=now) is is_paused
    assert not fighting.is_paused({}, REF, now=now)


def test_of_many_fights_some_are_told() -> None:
    fight = fighting.noticed("scaler", delay_seconds=2.0, now=0.0)
    fights = {REF.__class__("", "ConfigMap", "shop", f"m{number}"): fight for number in range(12)}

    [(_, message)] = fighting.conditions(fights)

    assert "; and 2 more" in message


async def write(world: World, name: str, *, manager: str, value: str) -> None:
    await world.admin.patch(
        CONFIG_MAPS,
        name,
        world.namespace,
        patch={"data": {"color": value}},
        field_manager=manager,
    )


async def prepare(world: World, name: str) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(name, color="red"))})
    await world.project(name)
    await world.application(name, project=name)


async def fight_until_told(world: World, name: str) -> None:
    """Write over what is applied again and again, until a condition names who does."""
    rounds = iter(range(1000))

    async def is_told() -> bool:
        await write(world, name, manager="some-controller", value=f"green-{next(rounds)}")
        return "DriftFight" in await world.conditions(name)

    await eventually(is_told, timeout_seconds=30)


async def test_a_controller_that_keeps_writing_is_named_in_a_condition(
    world: World, reconciler: Run, unique: str
) -> None:
    await prepare(world, unique)

    async with reconciler():
        await world.until_synced(unique)
        await fight_until_told(world, unique)
        message = (await world.conditions(unique))["DriftFight"]

    assert f"ConfigMap/{world.namespace}/{unique}: some-controller" in message


async def test_a_controller_that_keeps_writing_is_answered_more_slowly(
    world: World, reconciler: Run, unique: str
) -> None:
    """A second Application that is synced meanwhile shows that time has passed."""
    other = f"{unique}-other"
    await prepare(world, unique)
    both = {"app/all.yaml": text(config_map(unique, color="red"))}
    world.repository.commit({**both, "other/all.yaml": text(config_map(other))})

    async with reconciler():
        await world.until_synced(unique)
        await fight_until_told(world, unique)
        await write(world, unique, manager="some-controller", value="blue")
        await world.application(other, project=unique, path="other")
        await world.until_synced(other)
        assert await world.data(unique) == {"color": "blue"}


async def test_while_one_fights_all_others_are_answered_at_once(
    world: World, reconciler: Run, unique: str
) -> None:
    """The times of thirty edits of a person are printed; each ends in seconds, not in a pause."""
    await prepare(world, unique)
    durations = []

    async def is_red() -> bool:
        return await world.data(unique) == {"color": "red"}

    async with reconciler():
        await world.until_synced(unique)
        for number in range(30):
            begun = time.perf_counter()
            await write(world, unique, manager=PERSON, value=f"green-{number}")
            await eventually(is_red)
            durations.append(time.perf_counter() - begun)
        await write(world, unique, manager="some-controller", value="blue")
        await eventually(is_red)

    print(  # noqa: T201 -- a figure for whoever reads the run
        f"edit -> reverted: median {sorted(durations)[15]:.3f} s, tenth {durations[9]:.3f} s,"
        f" thirtieth {durations[29]:.3f} s"
    )
    conditions = await world.conditions(unique)
    assert f"{unique}: {PERSON}" in conditions["DriftFight"]
