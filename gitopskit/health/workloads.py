"""Health of what runs Pods, and of Pods. Pure.

Source: the rules of ``kubectl rollout status``, and of Argo CD where a workload is paused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.health.verdict import HEALTHY, Health, condition, message_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_FAILING_REASONS: Final = (
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
)


def deployment(content: JsonObject) -> Health:
    """Return the health of a Deployment."""
    spec, status = _parts(content)
    if spec.get("paused"):
        return Health("Suspended", "the Deployment is paused")
    progress = condition(content, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Health("Degraded", message_of(progress))
    wanted = spec.get("replicas", 1)
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    if updated < wanted:
        return _waiting(f"{updated} of {wanted} replicas are updated")
    if total > updated:
        return _waiting(f"{total - updated} old replicas are still there")
    available = status.get("availableReplicas", 0)
    if available < updated:
        return _waiting(f"{available} of {updated} updated replicas are available")
    return HEALTHY


def stateful_set(content: JsonObject) -> Health:
    """Return the health of a StatefulSet."""
    spec, status = _parts(content)
    wanted = spec.get("replicas", 1)
    ready = status.get("readyReplicas", 0)
    if ready < wanted:
        return _waiting(f"{ready} of {wanted} replicas are ready")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return HEALTHY
    kept = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    updated = status.get("updatedReplicas", 0)
    if updated < wanted - kept:
        return _waiting(f"{updated} of {wanted - kept} replicas are updated")
    if not kept and status.get("currentRevision") != status.get("updateRevision"):
        return _waiting("the rollout is not complete")
    return HEALTHY


def daemon_set(content: JsonObject) -> Health:
    """Return the health of a DaemonSet."""
    spec, status = _parts(content)
    if "observedGeneration" not in status:
        return _waiting("the DaemonSet has not been looked at yet")
    wanted = status.get("desiredNumberScheduled", 0)
    updated = status.get("updatedNumberScheduled", 0)
    is_rolling = (spec.get("updateStrategy") or {}).get("type") != "OnDelete"
    if is_rolling and updated < wanted:
        return _waiting(f"{updated} of {wanted} nodes are updated")
    available = status.get("numberAvailable", 0)
    if available < wanted:
        return _waiting(f"{available} of {wanted} nodes are available")
    return HEALTHY


def replica_set(content: JsonObject) -> Health:
    """Return the health of a ReplicaSet."""
    spec, status = _parts(content)
    failure = condition(content, "ReplicaFailure")
    if failure.get("status") == "True":
        return Health("Degraded", message_of(failure))
    wanted, available = spec.get("replicas", 1), status.get("availableReplicas", 0)
    if available < wanted:
        return _waiting(f"{available} of {wanted} replicas are available")
    return HEALTHY


def job(content: JsonObject) -> Health:
    """Return the health of a Job: healthy once it is complete."""
    failed = condition(content, "Failed")
    if failed.get("status") == "True":
        return Health("Degraded", message_of(failed))
    if condition(content, "Complete").get("status") == "True":
        return HEALTHY
    if _parts(content)[0].get("suspend"):
        return Health("Suspended", "the Job is suspended")
    return _waiting("the Job is running")


def cron_job(content: JsonObject) -> Health:
    """Return the health of a CronJob: what its Jobs do is not its own health."""
    if _parts(content)[0].get("suspend"):
        return Health("Suspended", "the CronJob is suspended")
    return HEALTHY


def pod(content: JsonObject) -> Health:
    """Return the health of a Pod."""
    _, status = _parts(content)
    for container in [
        *(status.get("initContainerStatuses") or ()),
        *(status.get("containerStatuses") or ()),
    ]:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _FAILING_REASONS:
            return Health("Degraded", f"{container.get('name')}: {waiting['reason']}")
    phase = status.get("phase")
    if phase == "Failed":
        return Health("Degraded", message_of(status))
    if phase == "Succeeded" or condition(content, "Ready").get("status") == "True":
        return HEALTHY
    return _waiting("the Pod is not ready")


def _parts(content: JsonObject) -> tuple[JsonObject, JsonObject]:
    return content.get("spec") or {}, content.get("status") or {}


def _waiting(message: str) -> Health:
    return Health("Progressing", message)
