"""Which Pods tell of a rollout, and what they make of a workload's health."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.pods import PodTrouble
from gitopskit.health.rollouts import (
    PodState,
    Rollout,
    followed_by,
    judge,
    rollout_of,
    state_of,
)
from gitopskit.health.verdict import HEALTHY, Health

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROGRESSING = Health("Progressing", "0 of 1 replicas are updated")
CRASH = PodTrouble(reason="CrashLoopBackOff", message="container main: CrashLoopBackOff")


def workload(kind: str, **parts: JsonValue) -> JsonObject:
    group = "batch/v1" if kind == "Job" else "apps/v1"
    spec = {"selector": {"matchLabels": {"app": "a"}}}
    return {"apiVersion": group, "kind": kind, "metadata": {"name": "a"}, "spec": spec, **parts}


def progressing(message: str) -> JsonObject:
    return {"conditions": [{"type": "Progressing", "status": "True", "message": message}]}


def daemon_set(**annotations: str) -> JsonObject:
    return workload("DaemonSet", metadata={"name": "a", "annotations": annotations})


def state(reason: str = "", *, name: str = "a-1", since: datetime = NOW) -> PodState:
    if not reason:
        return PodState(name=name)
    found = PodTrouble(reason=reason, message=reason)
    return PodState(name=name, trouble=found, since=since)


@pytest.mark.parametrize(
    ("content", "rollout"),
    [
        pytest.param(
            workload("Deployment", status=progressing('ReplicaSet "a-7d" is progressing.')),
            Rollout(selector="app=a", owner="a-7d"),
            id="deployment",
        ),
        pytest.param(workload("Deployment"), None, id="deployment-without-a-replica-set"),
        pytest.param(
            workload("StatefulSet", status={"updateRevision": "a-5f"}),
            Rollout(selector="app=a", label="controller-revision-hash", value="a-5f"),
            id="stateful-set",
        ),
        pytest.param(
            daemon_set(**{"deprecated.daemonset.template.generation": "3"}),
            Rollout(selector="app=a", label="pod-template-generation", value="3"),
            id="daemon-set",
        ),
        pytest.param(daemon_set(), Rollout(selector="app=a"), id="daemon-set-of-any-generation"),
        pytest.param(workload("Job"), Rollout(selector="app=a", owner="a"), id="job"),
        pytest.param(workload("ReplicaSet"), Rollout(selector="app=a", owner="a"), id="replicas"),
        pytest.param(workload("Widget"), None, id="no-workload"),
        pytest.param(workload("Job", spec={}), None, id="no-selector"),
        pytest.param(
            workload("Job", metadata={"generation": 2}, status={"observedGeneration": 1}),
            None,
            id="not-looked-at",
        ),
    ],
)
def test_the_pods_of_the_present_revision_are_looked_at(
    content: JsonObject, rollout: Rollout | None
) -> None:
    assert rollout_of(content, PROGRESSING) == rollout


def test_the_pods_of_what_is_settled_are_not_looked_at() -> None:
    assert rollout_of(workload("Job"), HEALTHY) is None


def test_every_form_of_a_selector_is_asked_for() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["web", "api"]},
        {"key": "zone", "operator": "NotIn", "values": ["b"]},
        {"key": "team", "operator": "Exists"},
        {"key": "old", "operator": "DoesNotExist"},
    ]
    spec: JsonObject = {
        "selector": {"matchLabels": {"b": "2", "a": "1"}, "matchExpressions": expressions}
    }

    found = rollout_of(workload("Job", spec=spec), PROGRESSING)

    assert found is not None
    assert found.selector == "a=1,b=2,tier in (web,api),zone notin (b),team,!old"


@pytest.mark.parametrize(
    ("rollout", "is_of_it"),
    [
        pytest.param(Rollout(selector="s"), True, id="any"),
        pytest.param(Rollout(selector="s", owner="a-7d"), True, id="its-owner"),
        pytest.param(Rollout(selector="s", owner="a-6c"), False, id="another-owner"),
        pytest.param(Rollout(selector="s", label="hash", value="x"), True, id="its-label"),
        pytest.param(Rollout(selector="s", label="hash", value="y"), False, id="another-label"),
    ],
)
def test_a_pod_of_another_revision_does_not_count(
    rollout: Rollout,
    is_of_it: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    pod = {"metadata": {"labels": {"hash": "x"}, "ownerReferences": [{"name": "a-7d"}]}}

    assert rollout.has(pod) is is_of_it


def test_of_a_pod_its_name_and_trouble_are_kept() -> None:
    container = {"name": "main", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    pod = {"metadata": {"name": "a-1"}, "status": {"containerStatuses": [container]}}

    assert state_of(pod, now=NOW) == PodState(name="a-1", trouble=CRASH, since=NOW)


def test_a_pod_without_trouble_has_only_a_name() -> None:
    assert state_of({}, now=NOW) == PodState(name="")


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        pytest.param(None, state("CrashLoopBackOff"), "CrashLoopBackOff", id="first"),
        pytest.param(state("CrashLoopBackOff"), state(), "CrashLoopBackOff", id="between-crashes"),
        pytest.param(state("ErrImagePull"), state("ImagePullBackOff"), "ErrImagePull", id="pull"),
        pytest.param(state("CreateContainerConfigError"), state(), "", id="mended"),
        pytest.param(state("Unschedulable"), state("ErrImagePull"), "ErrImagePull", id="another"),
        pytest.param(
            state("CrashLoopBackOff"), PodState(name="a-1", is_ready=True), "", id="ready"
        ),
    ],
)
def test_a_trouble_stays_until_it_is_over(
    before: PodState | None, after: PodState, kept: str
) -> None:
    found = followed_by(before, after).trouble

    assert (found.reason if found else "") == kept


def test_a_pod_that_crashes_makes_its_workload_degraded() -> None:
    found = judge(PROGRESSING, [state(), state("CrashLoopBackOff")], now=NOW)

    assert found.health == Health("Degraded", "Pod a-1: CrashLoopBackOff")
    assert found.look_again_seconds is None


def test_a_deadline_names_the_pod_and_the_reason() -> None:
    own = Health("Degraded", "timed out progressing")
    pods = [state("CrashLoopBackOff", name=f"a-{number}") for number in range(3)]

    assert judge(own, pods, now=NOW).health.message == (
        "timed out progressing; Pod a-0: CrashLoopBackOff; and 2 more"
    )


@pytest.mark.parametrize(
    ("reason", "seconds"),
    [
        pytest.param("Unschedulable", 60, id="no-node"),
        pytest.param("CreateContainerConfigError", 15, id="no-secret"),
    ],
)
def test_what_others_may_mend_is_waited_for(reason: str, seconds: int) -> None:
    soon = judge(PROGRESSING, [state(reason)], now=NOW + timedelta(seconds=5))
    late = judge(PROGRESSING, [state(reason)], now=NOW + timedelta(seconds=seconds))

    assert (soon.health, soon.look_again_seconds) == (PROGRESSING, seconds - 5)
    assert late.health == Health("Degraded", f"Pod a-1: {reason}")


def test_once_the_deadline_is_over_nothing_is_waited_for() -> None:
    found = judge(Health("Degraded"), [state("Unschedulable")], now=NOW)

    assert found.health == Health("Degraded", "Pod a-1: Unschedulable")
