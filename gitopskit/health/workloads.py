"""Health of what runs Pods. Pure.

Source: the rules of ``kubectl rollout status`` and of kstatus, and of Argo CD where a workload is
paused or suspended; docs/reference/health.md tells where they differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.health.verdict import HEALTHY, Health, condition, message_of, parts, waiting

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject


def deployment(content: JsonObject) -> Health:
    """Return the health of a Deployment."""
    spec, status = parts(content)
    if spec.get("paused"):
        return Health("Suspended", "the Deployment is paused")
    if "observedGeneration" not in status:
        return waiting("the Deployment has not been looked at yet")
    progress = condition(content, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Health("Degraded", message_of(progress) or "the progress deadline is exceeded")
    short = _short_of(spec, status)
    if not short:
        return HEALTHY
    failure = condition(content, "ReplicaFailure")
    is_refused = failure.get("status") == "True"
    return waiting(f"{short}: {message_of(failure)}" if is_refused else short)


def _short_of(spec: JsonObject, status: JsonObject) -> str:
    """Return what a Deployment still lacks, or nothing."""
    wanted = spec.get("replicas", 1)
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    if updated < wanted:
        return f"{updated} of {wanted} replicas are updated"
    if total > updated:
        return f"{total - updated} old replicas are still there"
    available = status.get("availableReplicas", 0)
    if available < updated:
        return f"{available} of {updated} updated replicas are available"
    return ""


def stateful_set(content: JsonObject) -> Health:
    """Return the health of a StatefulSet."""
    spec, status = parts(content)
    if "observedGeneration" not in status:
        return waiting("the StatefulSet has not been looked at yet")
    wanted = spec.get("replicas", 1)
    ready = status.get("readyReplicas", 0)
    if ready < wanted:
        return waiting(f"{ready} of {wanted} replicas are ready")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return HEALTHY
    kept = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    updated = status.get("updatedReplicas", 0)
    if updated < wanted - kept:
        return waiting(f"{updated} of {wanted - kept} replicas are updated")
    if not kept and status.get("currentRevision") != status.get("updateRevision"):
        return waiting("the rollout is not complete")
    return HEALTHY


def daemon_set(content: JsonObject) -> Health:
    """Return the health of a DaemonSet."""
    spec, status = parts(content)
    if "observedGeneration" not in status:
        return waiting("the DaemonSet has not been looked at yet")
    wanted = status.get("desiredNumberScheduled", 0)
    updated = status.get("updatedNumberScheduled", 0)
    is_rolling = (spec.get("updateStrategy") or {}).get("type") != "OnDelete"
    if is_rolling and updated < wanted:
        return waiting(f"{updated} of {wanted} nodes are updated")
    available = status.get("numberAvailable", 0)
    if available < wanted:
        return waiting(f"{available} of {wanted} nodes are available")
    return HEALTHY


def replica_set(content: JsonObject) -> Health:
    """Return the health of a ReplicaSet."""
    spec, status = parts(content)
    failure = condition(content, "ReplicaFailure")
    if failure.get("status") == "True":
        return Health("Degraded", message_of(failure))
    if "observedGeneration" not in status:
        return waiting("the ReplicaSet has not been looked at yet")
    wanted, available = spec.get("replicas", 1), status.get("availableReplicas", 0)
    if available < wanted:
        return waiting(f"{available} of {wanted} replicas are available")
    return HEALTHY


def job(content: JsonObject) -> Health:
    """Return the health of a Job: healthy once it is complete.

    Source: kubernetes.io/docs, "Jobs": FailureTarget is set as soon as a Job is known to fail.
    """
    for kind in ("Failed", "FailureTarget"):
        found = condition(content, kind)
        if found.get("status") == "True":
            return Health("Degraded", message_of(found))
    if condition(content, "Complete").get("status") == "True":
        return HEALTHY
    if parts(content)[0].get("suspend"):
        return Health("Suspended", "the Job is suspended")
    return waiting("the Job is running")


def cron_job(content: JsonObject) -> Health:
    """Return the health of a CronJob: what its Jobs do is not its own health."""
    if parts(content)[0].get("suspend"):
        return Health("Suspended", "the CronJob is suspended")
    return HEALTHY
