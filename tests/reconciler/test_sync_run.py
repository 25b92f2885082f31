"""How far a sync is, and how its objects stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.verdict import Health, Status
from gitopskit.reconciler import sync_run
from gitopskit.reconciler.operation_request import OperationRequest, Selected
from gitopskit.reconciler.status import ResourceResult
from tests.support.desiring import applied, desired, observation
from tests.support.tracking import a_goal

if TYPE_CHECKING:
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.object_options import Phase
    from gitopskit.reconciler.observation import Applied, Observation
    from gitopskit.reconciler.sync_run import SyncRun

SETTINGS = desired()
LATE = replace(desired("late"), wave=1)
EVERY_POLICY = frozenset({"HookSucceeded", "HookFailed"})


def hook(
    name: str = "job", *, phase: Phase = "PreSync", policies: frozenset[str] = frozenset()
) -> Desired:
    return replace(desired(name), is_hook=True, phase=phase, hook_delete_policies=policies)


def a_run(*objects: Desired, hooks: tuple[Desired, ...] = ()) -> SyncRun:
    return sync_run.begin(replace(a_goal(*objects), hooks=hooks))


def moved(
    run: SyncRun,
    *,
    live: dict[ObjectRef, Observation] | None = None,
    known: dict[ObjectRef, Applied] | None = None,
    attempted: tuple[Desired, ...] = (),
) -> tuple[str, list[str]]:
    found = sync_run.move(
        run,
        applied=known or {},
        seen=(live or {}).get,
        attempted={it.ref for it in attempted},
    )
    return found.kind, [it.ref.name for it in found.objects]


def with_health(status: Status, run: SyncRun | None = None) -> Observation:
    return observation(health=Health(status, "said so"), run=run.id if run else "")


def test_what_is_not_applied_as_it_is_to_be_is_due() -> None:
    run = a_run(SETTINGS)

    assert moved(run) == ("apply", ["settings"])
    assert moved(run, known={SETTINGS.ref: applied(desired_digest="d0")})[0] == "apply"
    assert moved(run, attempted=(SETTINGS,)) == ("fail", ["settings"])


def test_a_single_wave_does_not_wait_for_health() -> None:
    live = {SETTINGS.ref: with_health("Degraded")}

    assert moved(a_run(SETTINGS), live=live, known={SETTINGS.ref: applied()})[0] == "done"


@pytest.mark.parametrize(
    ("status", "move"),
    [
        pytest.param("Healthy", ("apply", ["late"]), id="healthy"),
        pytest.param("Suspended", ("apply", ["late"]), id="at-rest-as-it-asks"),
        pytest.param("Progressing", ("wait", ["settings"]), id="progressing"),
        pytest.param("Degraded", ("fail", ["settings"]), id="degraded"),
        pytest.param(None, ("wait", ["settings"]), id="not-seen"),
    ],
)
def test_a_wave_waits_for_the_health_of_the_one_before(
    status: Status | None, move: tuple[str, list[str]]
) -> None:
    live = {SETTINGS.ref: with_health(status)} if status else {}

    assert moved(a_run(SETTINGS, LATE), live=live, known={SETTINGS.ref: applied()}) == move


def test_a_run_that_is_over_waits_for_nothing() -> None:
    run = a_run(SETTINGS, LATE, hooks=(hook(),))
    run.enter("Succeeded")
    known = {it.ref: applied() for it in (SETTINGS, LATE)}

    assert moved(run, known=known) == ("done", [])
    assert moved(run, known={SETTINGS.ref: applied()}) == ("apply", ["late"])


def test_a_hook_comes_first_and_is_waited_for() -> None:
    run = a_run(SETTINGS, hooks=(hook(),))
    ref = hook().ref

    assert moved(run) == ("apply", ["job"])
    assert moved(run, live={ref: with_health("Healthy")}) == ("apply", ["job"])
    assert moved(run, live={ref: with_health("Progressing", run)}) == ("wait", ["job"])
    assert moved(run, live={ref: with_health("Suspended", run)}) == ("wait", ["job"])
    assert moved(run, live={ref: with_health("Degraded", run)}) == ("fail", ["job"])
    assert moved(run, live={ref: with_health("Healthy", run)}) == ("apply", ["settings"])


def test_a_hook_of_an_earlier_run_goes_first() -> None:
    run = a_run(SETTINGS, hooks=(hook(),))
    run.leaving = frozenset({hook().ref})

    assert moved(run) == ("wait", ["job"])


@pytest.mark.parametrize(
    ("spec", "move"),
    [
        pytest.param({}, ("fail", ["job"]), id="taken-away"),
        pytest.param(
            {"ttlSecondsAfterFinished": 0}, ("apply", ["settings"]), id="took-itself-away"
        ),
    ],
)
def test_a_hook_that_vanished(spec: JsonObject, move: tuple[str, list[str]]) -> None:
    job = hook()
    run = a_run(SETTINGS, hooks=(replace(job, content={**job.content, "spec": spec}),))
    run.created.add(job.ref)

    assert moved(run) == move


def test_a_failed_run_turns_to_what_is_to_run_then() -> None:
    alarm = hook("alarm", phase="SyncFail")
    run = a_run(SETTINGS, hooks=(alarm,))
    without = a_run(SETTINGS, LATE)

    assert moved(run) == ("apply", ["settings"])
    run.fail({SETTINGS.ref: "is bad"})
    without.fail({SETTINGS.ref: "is bad"})

    assert (run.phase, moved(run)) == ("Failing", ("apply", ["alarm"]))
    assert (without.phase, without.is_over) == ("Failed", True)


def test_a_hook_carries_its_run_and_gets_a_name() -> None:
    content: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}
    unnamed = replace(hook("migrate-"), content=content)
    run, again = a_run(hooks=(unnamed,)), a_run(hooks=(unnamed,))
    other = sync_run.begin(replace(a_goal(), hooks=(unnamed,)), attempt=1)

    (found,) = run.hooks

    assert found.ref.name == f"migrate-presync-{run.id}"
    assert found.content["metadata"]["name"] == found.ref.name
    assert found.content["metadata"]["annotations"] == {
        "gitopskit.io/sync-run": run.id,
        "argocd.argoproj.io/tracking-id": f"web:/ConfigMap:shop/{found.ref.name}",
    }
    assert again.id == run.id != other.id
    assert found.ref != other.hooks[0].ref


def state(phase: str, *, digest: str = "", revision: str = "") -> JsonObject:
    info = [{"name": "other"}, {"name": "gitopskit.io/digest", "value": digest}] if digest else []
    return {
        "operationState": {
            "phase": phase,
            "operation": {"info": info[1:]},
            "syncResult": {"revision": revision},
        }
    }


def test_what_was_asked_of_the_whole_stays_the_run() -> None:
    run = a_run()
    run.request = OperationRequest()

    assert sync_run.answered(run) is run
    assert run.request is None


@pytest.mark.parametrize("earlier", [None, a_run()], ids=["first", "between"])
def test_a_part_gives_way_to_what_it_came_between(earlier: SyncRun | None) -> None:
    run = a_run()
    run.request = OperationRequest(resources=(Selected(kind="ConfigMap", name="a"),))
    run.earlier = earlier

    assert sync_run.answered(run) is earlier


def selected(status: JsonObject) -> JsonObject:
    """Return the status after a sync of one object that somebody selected."""
    status["operationState"]["operation"]["sync"] = {"resources": [{"kind": "ConfigMap"}]}
    return status


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        pytest.param({}, "Running", id="never"),
        pytest.param(state("Succeeded", digest="g1"), "Succeeded", id="done"),
        pytest.param(state("Succeeded", digest="g0", revision="c1"), "Running", id="of-another"),
        pytest.param(state("Succeeded", revision="c1"), "Succeeded", id="by-argo-cd"),
        pytest.param(selected(state("Succeeded", revision="c1")), "Running", id="of-a-part"),
        pytest.param(state("Failed", digest="g1"), "Running", id="failed"),
        pytest.param(state("Running", digest="g1"), "Running", id="under-way"),
    ],
)
def test_hooks_do_not_run_twice_for_one_sync(status: JsonObject, phase: str) -> None:
    assert sync_run.begin(replace(a_goal(), hooks=(hook(),)), status=status).phase == phase


def test_each_run_to_one_goal_has_a_name_of_its_own() -> None:
    done = state("Succeeded", digest="g1")

    first = sync_run.following(None, a_goal(), status=done)
    second = sync_run.following(first, a_goal(), status=done)
    other = sync_run.following(second, a_goal(digest="g2"), status=done)

    assert (first.phase, second.phase) == ("Succeeded", "Running")
    assert (first.attempt, second.attempt, other.attempt) == (0, 1, 0)
    assert len({first.id, second.id, other.id}) == 3


def test_a_run_takes_its_objects_as_they_were_seen_last() -> None:
    run = a_run(SETTINGS, hooks=(hook(),))
    goal = replace(a_goal(SETTINGS, LATE), hooks=(hook("other"),))

    run.renew(goal)
    run.renew(goal)

    assert run.objects == (SETTINGS, LATE)
    assert moved(run) == ("apply", ["other"])


@pytest.mark.parametrize(
    ("status", "policies", "is_deleted"),
    [
        pytest.param("Healthy", {"HookSucceeded"}, True, id="succeeded"),
        pytest.param("Degraded", {"HookFailed"}, True, id="failed"),
        pytest.param("Degraded", {"HookSucceeded"}, False, id="failed-and-kept"),
        pytest.param("Progressing", EVERY_POLICY, False, id="running"),
        pytest.param("Healthy", {"BeforeHookCreation"}, False, id="kept"),
    ],
)
def test_a_hook_goes_by_its_policy(status: Status, policies: set[str], *, is_deleted: bool) -> None:
    run = a_run(hooks=(hook(policies=frozenset(policies)),))
    live = {hook().ref: with_health(status, run)}

    assert bool(sync_run.to_delete(run, live.get)) is is_deleted


def test_a_hook_of_another_run_is_not_ours_to_delete() -> None:
    run = a_run(hooks=(hook(policies=EVERY_POLICY), hook("gone", policies=EVERY_POLICY)))

    assert sync_run.to_delete(run, {hook().ref: with_health("Healthy")}.get) == ()


def test_hooks_are_told_and_keep_their_end() -> None:
    job, never = hook(), hook("never")
    run = a_run(hooks=(job, never))
    run.created.add(job.ref)

    running = sync_run.hook_results(run, {job.ref: with_health("Progressing", run)}.get)
    run.results = sync_run.hook_results(run, {job.ref: with_health("Healthy", run)}.get)
    afterwards = sync_run.hook_results(run, lambda _: None)

    assert running == {
        job.ref: ResourceResult(
            ref=job.ref,
            version="v1",
            outcome="Synced",
            message="said so",
            phase="PreSync",
            hook_phase="Running",
        )
    }
    assert afterwards[job.ref].hook_phase == "Succeeded"


def test_a_hook_that_an_earlier_process_made_is_told() -> None:
    run = a_run(hooks=(hook(),))

    assert sync_run.hook_results(run, {hook().ref: with_health("Healthy", run)}.get)
    assert not sync_run.hook_results(run, {hook().ref: with_health("Healthy")}.get)


def test_it_is_told_why_a_run_failed() -> None:
    live = {SETTINGS.ref: with_health("Degraded")}

    assert sync_run.why((SETTINGS, hook()), live.get) == {
        SETTINGS.ref: "said so",
        hook().ref: "the PreSync hook failed: it is gone",
    }


def ended(*names: str, digest: str = "g1") -> JsonObject:
    """Return a status that tells of a sync under way of which some hooks have succeeded."""
    told = state("Running", digest=digest)
    told["operationState"]["syncResult"]["resources"] = [
        {"kind": "ConfigMap", "namespace": "shop", "name": name, "hookPhase": "Succeeded"}
        for name in names
    ]
    return told


@pytest.mark.parametrize(
    ("status", "move"),
    [
        pytest.param(ended("job"), ("apply", ["settings"]), id="succeeded"),
        pytest.param(ended("other"), ("apply", ["job"]), id="another-hook"),
        pytest.param(ended("job", digest="g0"), ("apply", ["job"]), id="another-sync"),
        pytest.param({"operationState": {"operation": {"info": 1}}}, ("apply", ["job"]), id="odd"),
        pytest.param(state("Running", digest="g1"), ("apply", ["job"]), id="none-yet"),
    ],
)
def test_a_hook_that_succeeded_before_a_restart_does_not_run_again(
    status: JsonObject, move: tuple[str, list[str]]
) -> None:
    """Its policy may have taken it away, or it took itself away."""
    run = sync_run.begin(replace(a_goal(SETTINGS), hooks=(hook(),)), status=status)

    assert moved(run) == move
