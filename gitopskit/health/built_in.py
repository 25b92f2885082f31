"""Health of the built-in kinds that run no Pods themselves. Pure.

Source: kstatus, and Argo CD's health checks; docs/reference/health.md tells where they differ and
which one is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.health.verdict import (
    HEALTHY,
    Health,
    by_condition,
    condition,
    message_of,
    parts,
    waiting,
)

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_STUCK_DELETIONS: Final = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
)
"""Conditions that say why a namespace does not go, the worst first.

Source: kubernetes.io/docs, "Namespaces"; k8s.io/api core/v1 NamespaceConditionType.
"""


def namespace(content: JsonObject) -> Health:
    """Return the health of a Namespace; one that is going says what holds it up."""
    _, status = parts(content)
    is_leaving = bool((content.get("metadata") or {}).get("deletionTimestamp"))
    if not is_leaving and status.get("phase") != "Terminating":
        return HEALTHY
    for kind in _STUCK_DELETIONS:
        found = condition(content, kind)
        if found.get("status") == "True":
            return waiting(f"the namespace is being deleted: {message_of(found)}")
    return waiting("the namespace is being deleted")


def claim(content: JsonObject) -> Health:
    """Return the health of a PersistentVolumeClaim."""
    phase = parts(content)[1].get("phase", "Pending")
    if phase == "Lost":
        return Health("Degraded", "the volume of the claim is lost")
    if phase == "Bound":
        return HEALTHY
    return waiting("the claim has no volume yet")


def service(content: JsonObject) -> Health:
    """Return the health of a Service: a load balancer needs an address."""
    spec, _ = parts(content)
    if spec.get("type") == "LoadBalancer" and not _addresses(content):
        return waiting("the load balancer has no address yet")
    return HEALTHY


def ingress(content: JsonObject) -> Health:
    """Return the health of an Ingress, which its controller gives an address."""
    return HEALTHY if _addresses(content) else waiting("the Ingress has no address yet")


def autoscaler(content: JsonObject) -> Health:
    """Return the health of a HorizontalPodAutoscaler, which cannot scale without metrics."""
    for kind in ("AbleToScale", "ScalingActive"):
        found = condition(content, kind)
        is_off = found.get("reason") == "ScalingDisabled"
        if found.get("status") == "False" and not is_off:
            return Health("Degraded", message_of(found))
    if not condition(content, "AbleToScale") and not condition(content, "ScalingActive"):
        return waiting("the autoscaler has not looked at its target yet")
    return HEALTHY


def budget(content: JsonObject) -> Health:
    """Return the health of a PodDisruptionBudget."""
    allowed = condition(content, "DisruptionAllowed")
    if allowed.get("reason") == "SyncFailed":
        return Health("Degraded", message_of(allowed))
    _, status = parts(content)
    wanted, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    if healthy < wanted:
        return waiting(f"{healthy} of {wanted} Pods of the budget are healthy")
    return HEALTHY


def definition(content: JsonObject) -> Health:
    """Return the health of a CustomResourceDefinition: healthy once its kind is served."""
    names = condition(content, "NamesAccepted")
    if names.get("status") == "False":
        return Health("Degraded", message_of(names))
    schema = condition(content, "NonStructuralSchema")
    if schema.get("status") == "True":
        return Health("Degraded", message_of(schema))
    if condition(content, "Established").get("status") != "True":
        return waiting("the definition is not established yet")
    return HEALTHY


def api_service(content: JsonObject) -> Health:
    """Return the health of an APIService: healthy once its server answers."""
    found = condition(content, "Available")
    if found.get("status") == "True":
        return HEALTHY
    return waiting(message_of(found) or "the service has not been asked yet")


def sealed_secret(content: JsonObject) -> Health:
    """Return the health of a SealedSecret, whose Secret exists once Synced is true."""
    if not condition(content, "Synced"):
        return waiting("the SealedSecret has not been unsealed yet")
    return by_condition(content, "Synced")


def external_secret(content: JsonObject) -> Health:
    """Return the health of an ExternalSecret."""
    if not condition(content, "Ready"):
        return waiting("the values have not been fetched yet")
    return by_condition(content, "Ready")


def _addresses(content: JsonObject) -> object:
    return (parts(content)[1].get("loadBalancer") or {}).get("ingress")
