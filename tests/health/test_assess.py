"""Health by the status of one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.health.assess import assess
from gitopskit.health.verdict import Health, worst

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue


def thing(api_version: str, kind: str, **parts: JsonValue) -> JsonObject:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"generation": 2}, **parts}


def conditions(**statuses: str) -> JsonObject:
    return {
        "conditions": [
            {"type": kind, "status": status, "message": f"{kind} is {status}"}
            for kind, status in statuses.items()
        ]
    }


def deployment(spec: JsonObject | None = None, **status: JsonValue) -> JsonObject:
    counts = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    return thing(
        "apps/v1",
        "Deployment",
        spec={"replicas": 2, **(spec or {})},
        status={"observedGeneration": 2, **counts, **status},
    )


def stateful_set(spec: JsonObject | None = None, **status: JsonValue) -> JsonObject:
    counts = {"observedGeneration": 2, "readyReplicas": 2, "updatedReplicas": 2}
    revisions = {"currentRevision": "a", "updateRevision": "a"}
    return thing(
        "apps/v1",
        "StatefulSet",
        spec={"replicas": 2, **(spec or {})},
        status={**counts, **revisions, **status},
    )


def daemon_set(spec: JsonObject | None = None, **status: JsonValue) -> JsonObject:
    counts = {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}
    return thing(
        "apps/v1",
        "DaemonSet",
        spec=spec or {},
        status={"observedGeneration": 2, **counts, **status},
    )


def job(spec: JsonObject | None = None, **statuses: str) -> JsonObject:
    return thing("batch/v1", "Job", spec=spec or {}, status=conditions(**statuses))


def replica_set(available: int, **statuses: str) -> JsonObject:
    return thing(
        "apps/v1",
        "ReplicaSet",
        spec={"replicas": 1},
        status={
            "observedGeneration": 2,
            "availableReplicas": available,
            **conditions(**statuses),
        },
    )


def pod(**status: JsonValue) -> JsonObject:
    return thing("v1", "Pod", status=status)


def waiting(reason: str) -> JsonObject:
    return {"name": "main", "state": {"waiting": {"reason": reason}}}


def custom(**statuses: str) -> JsonObject:
    return thing("example.com/v1", "Widget", status=conditions(**statuses))


def named(api_version: str, kind: str, **statuses: str) -> JsonObject:
    return thing(api_version, kind, status=conditions(**statuses))


PROGRESS_DEADLINE: JsonObject = {
    "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
}
DISABLED: JsonObject = {
    "conditions": [{"type": "ScalingActive", "status": "False", "reason": "ScalingDisabled"}]
}
ROLLING: JsonObject = {
    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
}
SYNC_FAILED: JsonObject = {
    "conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed"}]
}
REFUSED_PODS: JsonObject = {
    "updatedReplicas": 0,
    "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "quota exceeded"}],
}
UNSCHEDULABLE: JsonObject = {
    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
}
ADDRESS: JsonObject = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
SEALED = ("bitnami.com/v1alpha1", "SealedSecret")
EXTERNAL = ("external-secrets.io/v1", "ExternalSecret")
DEFINITION = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
SCALER = ("autoscaling/v2", "HorizontalPodAutoscaler")

CASES: list[tuple[str, JsonObject, str]] = [
    ("config-map", thing("v1", "ConfigMap"), "Healthy"),
    ("no-metadata", {"apiVersion": "v1", "kind": "ConfigMap"}, "Healthy"),
    ("not-observed", deployment(observedGeneration=1), "Progressing"),
    ("deployment", deployment(), "Healthy"),
    ("deployment-paused", deployment({"paused": True}), "Suspended"),
    ("deployment-updating", deployment(updatedReplicas=1), "Progressing"),
    ("deployment-old-replicas", deployment(replicas=3), "Progressing"),
    ("deployment-unavailable", deployment(availableReplicas=1), "Progressing"),
    ("deployment-unseen", thing("apps/v1", "Deployment", spec={"replicas": 0}), "Progressing"),
    ("deployment-at-zero", deployment({"replicas": 0}, replicas=0, updatedReplicas=0), "Healthy"),
    ("deployment-refused-pods", deployment(**REFUSED_PODS), "Progressing"),
    ("deployment-deadline", deployment(**PROGRESS_DEADLINE), "Degraded"),
    ("stateful-set", stateful_set(), "Healthy"),
    ("stateful-set-unseen", thing("apps/v1", "StatefulSet", spec={"replicas": 0}), "Progressing"),
    ("stateful-set-not-ready", stateful_set(readyReplicas=1), "Progressing"),
    ("stateful-set-updating", stateful_set(updatedReplicas=1), "Progressing"),
    ("stateful-set-revision", stateful_set(updateRevision="b"), "Progressing"),
    ("stateful-set-partition", stateful_set(ROLLING, updateRevision="b"), "Healthy"),
    (
        "stateful-set-on-delete",
        stateful_set({"updateStrategy": {"type": "OnDelete"}}, updateRevision="b"),
        "Healthy",
    ),
    ("daemon-set", daemon_set(), "Healthy"),
    ("daemon-set-unseen", thing("apps/v1", "DaemonSet"), "Progressing"),
    ("daemon-set-updating", daemon_set(updatedNumberScheduled=1), "Progressing"),
    ("daemon-set-unavailable", daemon_set(numberAvailable=1), "Progressing"),
    (
        "daemon-set-on-delete",
        daemon_set({"updateStrategy": {"type": "OnDelete"}}, updatedNumberScheduled=0),
        "Healthy",
    ),
    ("replica-set", replica_set(1), "Healthy"),
    ("replica-set-unseen", thing("apps/v1", "ReplicaSet", spec={"replicas": 0}), "Progressing"),
    ("replica-set-short", replica_set(0), "Progressing"),
    ("replica-set-failing", replica_set(0, ReplicaFailure="True"), "Degraded"),
    ("job-running", job(), "Progressing"),
    ("job-complete", job(Complete="True"), "Healthy"),
    ("job-failed", job(Failed="True"), "Degraded"),
    ("job-about-to-fail", job(FailureTarget="True"), "Degraded"),
    ("job-suspended", job({"suspend": True}), "Suspended"),
    ("cron-job", thing("batch/v1", "CronJob", spec={}), "Healthy"),
    ("cron-job-suspended", thing("batch/v1", "CronJob", spec={"suspend": True}), "Suspended"),
    ("pod-ready", pod(phase="Running", **conditions(Ready="True")), "Healthy"),
    (
        "pod-that-is-to-end",
        {**pod(phase="Running", **conditions(Ready="True")), "spec": {"restartPolicy": "Never"}},
        "Progressing",
    ),
    ("pod-without-a-node", pod(phase="Pending", **UNSCHEDULABLE), "Progressing"),
    ("pod-done", pod(phase="Succeeded"), "Healthy"),
    ("pod-failed", pod(phase="Failed", message="evicted"), "Degraded"),
    ("pod-starting", pod(phase="Pending"), "Progressing"),
    ("pod-crashing", pod(containerStatuses=[waiting("CrashLoopBackOff")]), "Degraded"),
    ("pod-creating", pod(containerStatuses=[waiting("ContainerCreating")]), "Progressing"),
    ("pod-image", pod(initContainerStatuses=[waiting("ImagePullBackOff")]), "Degraded"),
    ("claim-bound", thing("v1", "PersistentVolumeClaim", status={"phase": "Bound"}), "Healthy"),
    ("claim-pending", thing("v1", "PersistentVolumeClaim"), "Progressing"),
    ("claim-lost", thing("v1", "PersistentVolumeClaim", status={"phase": "Lost"}), "Degraded"),
    ("service", thing("v1", "Service", spec={"type": "ClusterIP"}), "Healthy"),
    ("balancer", thing("v1", "Service", spec={"type": "LoadBalancer"}), "Progressing"),
    (
        "balancer-with-address",
        thing("v1", "Service", spec={"type": "LoadBalancer"}, status=ADDRESS),
        "Healthy",
    ),
    ("ingress", thing("networking.k8s.io/v1", "Ingress", status=ADDRESS), "Healthy"),
    ("ingress-new", thing("networking.k8s.io/v1", "Ingress"), "Progressing"),
    ("scaler-new", thing(*SCALER), "Progressing"),
    ("scaler", named(*SCALER, AbleToScale="True"), "Healthy"),
    ("scaler-blind", named(*SCALER, ScalingActive="False"), "Degraded"),
    ("scaler-off", thing(*SCALER, status=DISABLED), "Healthy"),
    ("budget", thing("policy/v1", "PodDisruptionBudget"), "Healthy"),
    (
        "budget-not-met",
        thing("policy/v1", "PodDisruptionBudget", status={"desiredHealthy": 2}),
        "Progressing",
    ),
    ("budget-broken", thing("policy/v1", "PodDisruptionBudget", status=SYNC_FAILED), "Degraded"),
    ("namespace", thing("v1", "Namespace", status={"phase": "Active"}), "Healthy"),
    ("namespace-going", thing("v1", "Namespace", status={"phase": "Terminating"}), "Progressing"),
    ("definition-odd", named(*DEFINITION, NonStructuralSchema="True"), "Degraded"),
    ("definition", named(*DEFINITION, Established="True"), "Healthy"),
    ("definition-new", named(*DEFINITION), "Progressing"),
    ("definition-refused", named(*DEFINITION, NamesAccepted="False"), "Degraded"),
    ("api-service", named("apiregistration.k8s.io/v1", "APIService", Available="True"), "Healthy"),
    ("api-service-down", named("apiregistration.k8s.io/v1", "APIService"), "Progressing"),
    ("application", thing("argoproj.io/v1alpha1", "Application"), "Healthy"),
    ("sealed-secret", named(*SEALED, Synced="True"), "Healthy"),
    ("sealed-secret-new", named(*SEALED), "Progressing"),
    ("sealed-secret-broken", named(*SEALED, Synced="False"), "Degraded"),
    ("external-secret", named(*EXTERNAL, Ready="True"), "Healthy"),
    ("external-secret-new", named(*EXTERNAL), "Progressing"),
    ("custom-odd-status", thing("example.com/v1", "Widget", status="fine"), "Healthy"),
    ("custom-ready", custom(Ready="True"), "Healthy"),
    ("custom-broken", custom(Ready="False"), "Degraded"),
    ("custom-unknown", custom(Ready="Unknown"), "Progressing"),
    ("custom-stalled", custom(Stalled="True"), "Degraded"),
    ("custom-reconciling", custom(Reconciling="True", Ready="True"), "Progressing"),
]


@pytest.mark.parametrize(
    ("content", "status"), [pytest.param(case, want, id=name) for name, case, want in CASES]
)
def test_health_follows_the_status(content: JsonObject, status: str) -> None:
    assert assess(content).status == status


def test_an_object_that_is_being_deleted_is_progressing() -> None:
    content = {
        **thing("v1", "ConfigMap"),
        "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"},
    }

    assert assess(content) == Health("Progressing", "the object is being deleted")


def test_what_holds_up_a_deletion_is_said() -> None:
    content = thing("v1", "ConfigMap")
    content["metadata"] = {
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "finalizers": ["example.com/last"],
    }

    assert assess(content).message == "the object is being deleted; it waits for example.com/last"


def test_a_namespace_that_goes_says_what_holds_it_up() -> None:
    content = thing("v1", "Namespace", status=conditions(NamespaceFinalizersRemaining="True"))
    content["metadata"] = {"deletionTimestamp": "2026-01-01T00:00:00Z"}

    assert assess(content) == Health(
        "Progressing", "the namespace is being deleted: NamespaceFinalizersRemaining is True"
    )


def test_pods_that_the_server_refuses_are_told_before_the_deadline() -> None:
    assert assess(deployment(**REFUSED_PODS)).message == (
        "0 of 2 replicas are updated: quota exceeded"
    )


def test_what_is_wrong_is_said_in_the_conditions_words() -> None:
    assert assess(custom(Ready="False")).message == "Ready is False"


def test_the_worst_health_counts() -> None:
    healths = [Health("Healthy"), Health("Degraded", "broken"), Health("Progressing")]

    assert worst(healths) == Health("Degraded", "broken")


def test_nothing_at_all_is_healthy() -> None:
    assert worst([]) == Health("Healthy")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    kind=st.sampled_from([(case["apiVersion"], case["kind"]) for _, case, _ in CASES]),
    status=st.fixed_dictionaries(
        {},
        optional={
            "conditions": st.lists(st.dictionaries(st.text(max_size=5), _JSON, max_size=3)),
            "phase": st.text(max_size=9),
            "replicas": st.integers(),
        },
    ),
)
def test_any_status_has_a_health(kind: tuple[str, str], status: JsonObject) -> None:
    content = {"apiVersion": kind[0], "kind": kind[1], "metadata": {}, "status": status}

    assert assess(content).status in {"Healthy", "Progressing", "Degraded", "Suspended"}
