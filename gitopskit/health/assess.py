"""Health: whether an object has become what it was asked to be.

Pure: reads one decoded object and asks nobody. Workloads follow the rules of ``kubectl rollout
status`` (workloads.py), other built-in kinds have a rule each (built_in.py, pods.py); anything else
is judged by its generation and its conditions, and is healthy as soon as it exists where it has
neither. What people declare for a kind (declared.py) comes before all of these.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gitopskit.health import built_in, pods, workloads
from gitopskit.health.verdict import (
    HEALTHY,
    Health,
    by_condition,
    condition,
    is_observed,
    message_of,
    worst,
)
from gitopskit.manifests.identity import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitopskit.health.declared import Kind, Rule
    from gitopskit.manifests.json_types import JsonObject

__all__ = ["NO_RULES", "Health", "assess", "worst"]

_NAMESPACE: Final = ("", "Namespace")
NO_RULES: Final[Mapping[Kind, Rule]] = MappingProxyType({})


def assess(content: JsonObject, declared: Mapping[Kind, Rule] = NO_RULES) -> Health:
    """Return the health of a live object; ``declared`` rules take the place of ours."""
    ref = ObjectRef.of(content)
    kind = (ref.group, ref.kind)
    metadata = content.get("metadata") or {}
    if metadata.get("deletionTimestamp") and kind != _NAMESPACE:
        held = ", ".join(metadata.get("finalizers") or ())
        more = f"; it waits for {held}" if held else ""
        return Health("Progressing", f"the object is being deleted{more}")
    if not is_observed(content):
        return Health("Progressing", "the change has not been looked at yet")
    if kind in declared:
        return declared[kind].judge(content)
    return _RULES.get(kind, _by_conditions)(content)


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
    return by_condition(content, "Ready")


def _always(_content: JsonObject) -> Health:
    return HEALTHY


_RULES: Final[Mapping[tuple[str, str], Callable[[JsonObject], Health]]] = {
    _NAMESPACE: built_in.namespace,
    ("", "PersistentVolumeClaim"): built_in.claim,
    ("", "Pod"): pods.pod,
    ("", "Service"): built_in.service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): built_in.definition,
    ("apiregistration.k8s.io", "APIService"): built_in.api_service,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("argoproj.io", "Application"): _always,
    ("autoscaling", "HorizontalPodAutoscaler"): built_in.autoscaler,
    ("batch", "CronJob"): workloads.cron_job,
    ("batch", "Job"): workloads.job,
    ("bitnami.com", "SealedSecret"): built_in.sealed_secret,
    ("external-secrets.io", "ExternalSecret"): built_in.external_secret,
    ("networking.k8s.io", "Ingress"): built_in.ingress,
    ("policy", "PodDisruptionBudget"): built_in.budget,
}
"""Rules by group and kind. An Application's own health is told by itself, not by its parent."""
