"""Which step of a sync comes next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import sync_plan
from tests.support.desiring import desired

if TYPE_CHECKING:
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.object_options import Phase
    from gitopskit.reconciler.sync_plan import Standing


def ref(name: str) -> ObjectRef:
    return ObjectRef("", "ConfigMap", "shop", name)


def item(
    name: str, *, wave: int = 0, phase: Phase = "Sync", needs: tuple[str, ...] = ()
) -> Desired:
    return replace(
        desired(name),
        wave=wave,
        phase=phase,
        is_hook=phase != "Sync",
        depends_on=tuple(ref(it) for it in needs),
    )


def moved(objects: list[Desired], **standing: Standing) -> tuple[str, list[str]]:
    """Return the next move and the names it is about; what is not named is done."""
    found = sync_plan.next_move(
        sync_plan.steps(objects), lambda it: standing.get(it.ref.name, "done")
    )
    return found.kind, [it.ref.name for it in found.objects]


def test_steps_are_in_the_order_of_phases_and_waves() -> None:
    objects = [
        item("after", phase="PostSync"),
        item("late", wave=2),
        item("alarm", phase="SyncFail"),
        item("first", wave=-1),
        item("before", phase="PreSync", wave=5),
        item("b"),
        item("a"),
    ]

    found = [(str(it), [one.ref.name for one in it.objects]) for it in sync_plan.steps(objects)]

    assert found == [
        ("PreSync, wave 5", ["before"]),
        ("Sync, wave -1", ["first"]),
        ("Sync, wave 0", ["a", "b"]),
        ("Sync, wave 2", ["late"]),
        ("PostSync, wave 0", ["after"]),
        ("SyncFail, wave 0", ["alarm"]),
    ]


@pytest.mark.parametrize(
    ("objects", "is_stepwise"),
    [
        pytest.param([item("a"), item("b")], False, id="one-wave"),
        pytest.param([item("a"), item("b", wave=1)], True, id="two-waves"),
        pytest.param([item("a", wave=1)], False, id="one-later-wave"),
        pytest.param([item("a", phase="PostSync")], True, id="hook"),
        pytest.param([item("a"), item("b", needs=("a",))], True, id="dependency"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_only_what_waits_for_health_goes_step_by_step(
    objects: list[Desired], *, is_stepwise: bool
) -> None:
    assert sync_plan.is_stepwise(objects) is is_stepwise


TWO_WAVES = [item("a"), item("b"), item("c", wave=1)]


@pytest.mark.parametrize(
    ("standing", "move"),
    [
        pytest.param({}, ("done", []), id="done"),
        pytest.param({"a": "due", "c": "due"}, ("apply", ["a"]), id="first-wave-first"),
        pytest.param({"a": "failed", "b": "due"}, ("apply", ["b"]), id="the-rest-of-the-wave"),
        pytest.param({"a": "failed", "b": "waiting"}, ("fail", ["a"]), id="fails-early"),
        pytest.param({"a": "waiting", "c": "due"}, ("wait", ["a"]), id="waits-for-the-wave"),
        pytest.param({"c": "due"}, ("apply", ["c"]), id="second-wave"),
    ],
)
def test_the_first_step_that_is_not_done_decides(
    standing: dict[str, Standing], move: tuple[str, list[str]]
) -> None:
    assert moved(TWO_WAVES, **standing) == move


CHAIN = [item("a"), item("b", needs=("a",)), item("c", needs=("b",))]


@pytest.mark.parametrize(
    ("standing", "move"),
    [
        pytest.param({"a": "due", "b": "due", "c": "due"}, ("apply", ["a"]), id="first"),
        pytest.param(
            {"a": "waiting", "b": "due", "c": "due"},
            ("wait", ["a", "b", "c"]),
            id="not-healthy-yet",
        ),
        pytest.param({"b": "due", "c": "due"}, ("apply", ["b"]), id="second"),
        pytest.param({"a": "failed", "b": "due"}, ("fail", ["a"]), id="failed"),
    ],
)
def test_an_object_waits_for_those_it_depends_on(
    standing: dict[str, Standing], move: tuple[str, list[str]]
) -> None:
    assert moved(CHAIN, **standing) == move


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        pytest.param(CHAIN, (), id="none"),
        pytest.param([item("a", wave=1, needs=("b",)), item("b")], (), id="an-earlier-wave"),
        pytest.param(
            [item("a", needs=("b",))],
            ("ConfigMap/shop/a depends on ConfigMap/shop/b, which the Application has not",),
            id="absent",
        ),
        pytest.param(
            [item("a", needs=("b",)), item("b", wave=1)],
            ("ConfigMap/shop/a depends on ConfigMap/shop/b, which comes in a later step",),
            id="later",
        ),
        pytest.param(
            [item("a", needs=("b",)), item("b", needs=("c",)), item("c", needs=("b", "b"))],
            (
                "ConfigMap/shop/b depends on itself, in a circle",
                "ConfigMap/shop/c depends on itself, in a circle",
            ),
            id="circle",
        ),
    ],
)
def test_a_dependency_that_is_never_met_is_told(
    objects: list[Desired], told: tuple[str, ...]
) -> None:
    assert sync_plan.problems(objects) == told


NAMES = "abcdef"
OBJECTS = st.lists(
    st.builds(
        lambda name, wave, phase: item(name, wave=wave, phase=phase),
        st.sampled_from(NAMES),
        st.integers(-2, 2),
        st.sampled_from(("PreSync", "Sync", "PostSync")),
    ),
    unique_by=lambda it: it.ref,
)


@given(objects=OBJECTS, broken=st.sets(st.sampled_from(NAMES)))
def test_no_object_is_written_before_the_steps_before_it_are_done(
    objects: list[Desired], broken: set[str]
) -> None:
    """Whatever the waves, and whatever fails, a sync ends, and it ends in its order."""
    plan, standing = sync_plan.steps(objects), dict.fromkeys((it.ref for it in objects), "due")
    places = {one.ref: place for place, step in enumerate(plan) for one in step.objects}
    written: list[int] = []

    while True:
        found = sync_plan.next_move(plan, lambda it: cast("Standing", standing[it.ref]))
        if found.kind in ("done", "fail"):
            break
        for it in found.objects:
            if found.kind == "apply":
                written.append(places[it.ref])
            ends_badly = it.ref.name in broken
            after = "waiting" if found.kind == "apply" else "failed" if ends_badly else "done"
            standing[it.ref] = after

    assert written == sorted(written)
    assert found.kind == ("fail" if broken & {it.ref.name for it in objects} else "done")
