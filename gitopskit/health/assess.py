"""Health: whether an object has become what it was asked to be.

Pure: reads one decoded object and asks nobody. Workloads follow the rules of ``kubectl rollout
status`` (workloads.py); other built-in kinds have a rule each; anything else is judged by its
generation and its conditions, and is healthy as soon as it exists where it has neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.health import workloads
from gitopskit.health.verdict import HEALTHY, Health, condition, is_observed, message_of, worst
from gitopskit.manifests.identity import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitopskit.manifests.json_types import JsonObject

__all__ = ["Health", "assess", "worst"]


def assess(content: JsonObject) -> Health:
    """Return the health of a live object."""
    if (content.get("metadata") or {}).get("deletionTimestamp"):
        return Health("Progressing", "the object is being deleted")
    if not is_observed(content):
        return Health("Progressing", "the change has not been looked at yet")
    ref = ObjectRef.of(content)
    rule = _RULES.get((ref.group, ref.kind), _by_conditions)
    return rule(content)


def _by_conditions(content: JsonObject) -> Health:
    """Judge an object of any kind by the conditions that custom resources agree on.

    Source: Kubernetes API conventions, and kstatus (Ready, Reconciling, Stalled).
    """
    stalled = condition(content, "Stalled")
    if stalled.get("status") == "True":
        return Health("Degraded", message_of(stalled))
    reconciling = condition(content, "Reconciling")
    if reconciling.get("status") == "True":
        return Health("Progressing", message_of(reconciling))
    return _by_condition(content, "Ready")


def _by_condition(content: JsonObject, kind: str) -> Health:
    found = condition(content, kind)
    if found.get("status") == "False":
        return Health("Degraded", message_of(found))
    if found.get("status") == "Unknown":
        return Health("Progressing", message_of(found))
    return HEALTHY


def _always(_content: JsonObject) -> Health:
    return HEALTHY


def _sealed_secret(content: JsonObject) -> Health:
    """Judge a SealedSecret, whose Secret exists once the condition Synced is true."""
    if not condition(content, "Synced"):
        return Health("Progressing", "the SealedSecret has not been unsealed yet")
    return _by_condition(content, "Synced")


def _external_secret(content: JsonObject) -> Health:
    if not condition(content, "Ready"):
        return Health("Progressing", "the values have not been fetched yet")
    return _by_condition(content, "Ready")


def _claim(content: JsonObject) -> Health:
    """Judge a PersistentVolumeClaim."""
    phase = (content.get("status") or {}).get("phase", "Pending")
    if phase == "Lost":
        return Health("Degraded", "the volume of the claim is lost")
    if phase == "Bound":
        return HEALTHY
    return Health("Progressing", "the claim has no volume yet")


def _service(content: JsonObject) -> Health:
    spec, status = content.get("spec") or {}, content.get("status") or {}
    addresses = (status.get("loadBalancer") or {}).get("ingress")
    if spec.get("type") == "LoadBalancer" and not addresses:
        return Health("Progressing", "the load balancer has no address yet")
    return HEALTHY


def _autoscaler(content: JsonObject) -> Health:
    """Judge a HorizontalPodAutoscaler, which cannot scale where it has no metrics."""
    for kind in ("AbleToScale", "ScalingActive"):
        found = condition(content, kind)
        is_off = found.get("reason") == "ScalingDisabled"
        if found.get("status") == "False" and not is_off:
            return Health("Degraded", message_of(found))
    return HEALTHY


def _budget(content: JsonObject) -> Health:
    return _by_condition(content, "SyncSucceeded")


def _definition(content: JsonObject) -> Health:
    names_refused = condition(content, "NamesAccepted")
    if names_refused.get("status") == "False":
        return Health("Degraded", message_of(names_refused))
    if condition(content, "Established").get("status") != "True":
        return Health("Progressing", "the definition is not established yet")
    return HEALTHY


def _api_service(content: JsonObject) -> Health:
    found = condition(content, "Available")
    if found.get("status") == "True":
        return HEALTHY
    return Health("Progressing", message_of(found))


_RULES: Final[Mapping[tuple[str, str], Callable[[JsonObject], Health]]] = {
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): workloads.pod,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("argoproj.io", "Application"): _always,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("batch", "CronJob"): workloads.cron_job,
    ("batch", "Job"): workloads.job,
    ("bitnami.com", "SealedSecret"): _sealed_secret,
    ("external-secrets.io", "ExternalSecret"): _external_secret,
    ("policy", "PodDisruptionBudget"): _budget,
}
"""Rules by group and kind. An Application's own health is told by itself, not by its parent."""
