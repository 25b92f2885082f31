"""Health of Pods, and what of a Pod shows that a rollout will not succeed. Pure.

Source: kubelet's and the scheduler's reasons (k8s.io/kubernetes pkg/kubelet/images, kuberuntime),
and kstatus for how they are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.health.verdict import HEALTHY, Health, condition, message_of, parts, waiting
from gitopskit.redaction import scrub
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject

_FAILING_REASONS: Final = (
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
)
_LONGEST_MESSAGE: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTrouble:
    """Why a Pod does not come up; ``since`` only where it is to be waited for a while."""

    reason: str
    message: str
    since: datetime | None = None


def pod(content: JsonObject) -> Health:
    """Return the health of a Pod."""
    _, status = parts(content)
    for container, state in _waiting_containers(status):
        if state.get("reason") in _FAILING_REASONS:
            return Health("Degraded", f"{container.get('name')}: {state['reason']}")
    phase = status.get("phase")
    if phase == "Failed":
        return Health("Degraded", message_of(status))
    if phase == "Succeeded":
        return HEALTHY
    if condition(content, "Ready").get("status") == "True":
        return _running(content)
    scheduled = condition(content, "PodScheduled")
    if scheduled.get("reason") == "Unschedulable":
        return waiting(f"no node takes the Pod: {message_of(scheduled)}")
    return waiting("the Pod is not ready")


def trouble(content: JsonObject) -> PodTrouble | None:
    """Return what keeps a Pod from coming up by itself, or nothing."""
    _, status = parts(content)
    if (content.get("metadata") or {}).get("deletionTimestamp"):
        return None
    for container, state in _waiting_containers(status):
        if state.get("reason") in _FAILING_REASONS:
            return PodTrouble(reason=state["reason"], message=_told(container, state))
    scheduled = condition(content, "PodScheduled")
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        since = parse_rfc3339(str(scheduled.get("lastTransitionTime", "")))
        message = scrub(f"Unschedulable: {message_of(scheduled)}", limit=_LONGEST_MESSAGE)
        return PodTrouble(reason="Unschedulable", message=message, since=since)
    return None


def _running(content: JsonObject) -> Health:
    """Judge a Pod that is ready: one that is to end is healthy only once it has ended."""
    is_to_end = parts(content)[0].get("restartPolicy", "Always") != "Always"
    return waiting("the Pod is running") if is_to_end else HEALTHY


def _waiting_containers(status: JsonObject) -> Iterator[tuple[JsonObject, JsonObject]]:
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(kind) or ():
            state = (container.get("state") or {}).get("waiting") or {}
            if state:
                yield container, state


def _told(container: JsonObject, state: JsonObject) -> str:
    """Return the container, the reason, and how it ended last; never what it printed itself."""
    name, reason = container.get("name"), state["reason"]
    if reason != "CrashLoopBackOff":
        more = f": {state['message']}" if state.get("message") else ""
        return scrub(f"container {name}: {reason}{more}", limit=_LONGEST_MESSAGE)
    ended = (container.get("lastState") or {}).get("terminated") or {}
    if not ended:
        return f"container {name}: {reason}"
    how = ended.get("reason") or "Error"
    return f"container {name}: {reason} (ended with {ended.get('exitCode')}, {how})"
