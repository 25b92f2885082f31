"""Which hooks an end has, and what one run of them is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler import deletion_hooks, sync_run
from tests.support.desiring import desired, observation
from tests.support.tracking import a_goal

if TYPE_CHECKING:
    from gitopskit.reconciler.object_options import Phase
    from gitopskit.reconciler.state import Goal

BEFORE = "pre-delete-finalizer.argocd.argoproj.io"
AFTER = "post-delete-finalizer.argocd.argoproj.io"
BOTH = [BEFORE, f"{BEFORE}/cleanup"]


def goal(*phases: Phase) -> Goal:
    policies = frozenset({"HookSucceeded"})
    hooks = tuple(
        replace(desired(phase.lower()), is_hook=True, phase=phase, hook_delete_policies=policies)
        for phase in phases
    )
    return replace(a_goal(desired()), deletion_hooks=hooks)


@pytest.mark.parametrize(
    ("before", "phases", "after"),
    [
        pytest.param(["x"], [], ["x"], id="none"),
        pytest.param(["x"], ["PreDelete"], ["x", *BOTH], id="one"),
        pytest.param(BOTH, ["PreDelete"], BOTH, id="known"),
        pytest.param(
            BOTH, ["PreDelete", "PostDelete"], [*BOTH, AFTER, f"{AFTER}/cleanup"], id="another"
        ),
        pytest.param(["x", *BOTH], [], ["x"], id="no-more"),
    ],
)
def test_finalizers_say_which_hooks_an_end_has(
    before: list[str], phases: list[Phase], after: list[str]
) -> None:
    assert deletion_hooks.armed(before, goal(*phases)) == after


def test_an_application_may_have_no_finalizers() -> None:
    assert deletion_hooks.finalizers_of({"metadata": {}}) == []


def test_a_phase_is_a_goal_of_its_hooks_alone() -> None:
    found = deletion_hooks.aim(goal("PreDelete", "PostDelete"), "PostDelete", uid="1")

    assert found.objects == ()
    assert [(it.ref.name, it.hook_delete_policies) for it in found.hooks] == [
        ("postdelete", frozenset())
    ]


def test_a_phase_of_one_application_is_named_for_what_runs_in_it() -> None:
    one = goal("PreDelete")
    other = replace(one, deletion_hooks=(replace(one.deletion_hooks[0], digest="other"),))

    digests = [
        deletion_hooks.aim(one, "PreDelete", uid="1").digest,
        deletion_hooks.aim(one, "PreDelete", uid="1").digest,
        deletion_hooks.aim(one, "PreDelete", uid="2").digest,
        deletion_hooks.aim(other, "PreDelete", uid="1").digest,
    ]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_a_failed_hook_that_a_person_took_away_is_made_again() -> None:
    run = sync_run.begin(deletion_hooks.aim(goal("PreDelete"), "PreDelete", uid="1"))
    ref = run.hooks[0].ref
    assert not deletion_hooks.is_to_be_repeated(run, lambda _: None)

    run.fail({ref: "no luck"})

    assert not deletion_hooks.is_to_be_repeated(run, lambda _: observation())
    assert deletion_hooks.is_to_be_repeated(run, lambda _: None)


def test_what_holds_a_deletion_is_told() -> None:
    run = sync_run.begin(deletion_hooks.aim(goal("PreDelete"), "PreDelete", uid="1"))
    refused = deletion_hooks.problems(run, ["Job/shop/a: forbidden"], "PreDelete")
    run.fail({run.hooks[0].ref: "no luck"})

    failed = deletion_hooks.problems(run, ["anything"], "PreDelete")

    assert refused == ["the PreDelete hooks cannot be made: Job/shop/a: forbidden"]
    assert failed == [f"{run.hooks[0].ref}: no luck"]
