"""Rollouts: which Pods tell early that a workload will not come up, and what they tell. Pure.

Only Pods of the present revision count: those of the last one may well be what is being repaired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gitopskit.health.pods import PodTrouble, trouble
from gitopskit.health.verdict import Health, condition, is_observed, message_of, parts
from gitopskit.manifests.identity import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject

_QUOTED: Final = re.compile(r'"([^"]+)"')
_REVISION_LABEL: Final = "controller-revision-hash"
_GENERATION_LABEL: Final = "pod-template-generation"
_GENERATION_ANNOTATION: Final = "deprecated.daemonset.template.generation"
"""Source: k8s.io/api apps/v1, ControllerRevisionHashLabelKey and DeprecatedTemplateGeneration."""

_PATIENCE_SECONDS: Final = {"Unschedulable": 60.0, "CreateContainerConfigError": 15.0}
"""Nodes may be on their way, and so may a Secret that is unsealed; all else is told at once."""

_PULLING: Final = ("ErrImagePull", "ImagePullBackOff")
_UNSETTLED: Final = ("Progressing", "Degraded")
_OPERATORS: Final = {"Exists": "{key}", "DoesNotExist": "!{key}"}
_SET_OPERATORS: Final = {"In": "in", "NotIn": "notin"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """The Pods of a workload's present revision: by selector, owner, and a label with its value."""

    selector: str
    owner: str = ""
    label: str = ""
    value: str = ""

    def has(self, pod: JsonObject) -> bool:
        """Tell whether a Pod that the selector found is of the present revision."""
        metadata = pod.get("metadata") or {}
        owners = {owner.get("name") for owner in metadata.get("ownerReferences") or ()}
        is_marked = (metadata.get("labels") or {}).get(self.label) == self.value
        return (not self.owner or self.owner in owners) and (not self.label or is_marked)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodState:
    """A Pod as far as it counts: its trouble, since when that is known, and if it is ready."""

    name: str
    trouble: PodTrouble | None = None
    since: datetime | None = None
    is_ready: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the Pods make of a workload's health, and when that may change by time alone."""

    health: Health
    look_again_seconds: float | None = None


def rollout_of(content: JsonObject, health: Health) -> Rollout | None:
    """Return which Pods to look at while a workload is not settled, None where there are none."""
    ref = ObjectRef.of(content)
    of_kind = _ROLLOUTS.get((ref.group, ref.kind))
    if of_kind is None or health.status not in _UNSETTLED or not is_observed(content):
        return None
    selector = _selector(parts(content)[0].get("selector"))
    return of_kind(content, selector) if selector else None


def state_of(pod: JsonObject, *, now: datetime) -> PodState:
    """Return what is kept of a Pod of the present revision."""
    found = trouble(pod)
    return PodState(
        name=str((pod.get("metadata") or {}).get("name", "")),
        trouble=found,
        since=(found.since or now) if found else None,
        is_ready=condition(pod, "Ready").get("status") == "True",
    )


def followed_by(before: PodState | None, state: PodState) -> PodState:
    """Return what to keep of a Pod after a change.

    A container that crashes runs now and then: its trouble stays until the Pod is ready. A trouble
    of the same kind keeps its words and its time, so that nothing new is told at each attempt.
    """
    old = before.trouble if before else None
    if before is None or old is None or state.is_ready:
        return state
    is_between = state.trouble is None and old.reason == "CrashLoopBackOff"
    if is_between or (state.trouble is not None and _family(state.trouble) == _family(old)):
        return before
    return state


def judge(own: Health, pods: Iterable[PodState], *, now: datetime) -> Judgement:
    """Return a workload's health with what its Pods tell; ``own`` is by its status alone."""
    told: list[str] = []
    pauses: list[float] = []
    for pod in sorted(pods, key=lambda it: it.name):
        if pod.trouble is None or pod.since is None:
            continue
        left = (pod.since + _patience(own, pod.trouble) - now).total_seconds()
        if left > 0:
            pauses.append(left)
        else:
            told.append(f"Pod {pod.name}: {pod.trouble.message}")
    again = min(pauses, default=None)
    if not told:
        return Judgement(health=own, look_again_seconds=again)
    more = f"; and {len(told) - 1} more" if len(told) > 1 else ""
    first = f"{own.message}; {told[0]}" if own.status == "Degraded" and own.message else told[0]
    return Judgement(health=Health("Degraded", f"{first}{more}"), look_again_seconds=again)


def _patience(own: Health, found: PodTrouble) -> timedelta:
    """Return how long a trouble is waited out: no longer where the deadline is over anyway."""
    is_late = own.status == "Degraded"
    return timedelta(seconds=0.0 if is_late else _PATIENCE_SECONDS.get(found.reason, 0.0))


def _family(found: PodTrouble) -> str:
    return _PULLING[0] if found.reason in _PULLING else found.reason


def _of_replica_set(content: JsonObject, selector: str) -> Rollout | None:
    """Return the Pods of a Deployment's newest ReplicaSet, which its condition names in quotes."""
    found = _QUOTED.search(message_of(condition(content, "Progressing")))
    return Rollout(selector=selector, owner=found[1]) if found else None


def _of_revision(content: JsonObject, selector: str) -> Rollout:
    revision = str(parts(content)[1].get("updateRevision") or "")
    return Rollout(selector=selector, label=_REVISION_LABEL, value=revision)


def _of_generation(content: JsonObject, selector: str) -> Rollout:
    annotations = (content.get("metadata") or {}).get("annotations") or {}
    generation = str(annotations.get(_GENERATION_ANNOTATION) or "")
    label = _GENERATION_LABEL if generation else ""
    return Rollout(selector=selector, label=label, value=generation)


def _of_itself(content: JsonObject, selector: str) -> Rollout:
    return Rollout(selector=selector, owner=ObjectRef.of(content).name)


_ROLLOUTS: Final[Mapping[tuple[str, str], Callable[[JsonObject, str], Rollout | None]]] = {
    ("apps", "DaemonSet"): _of_generation,
    ("apps", "Deployment"): _of_replica_set,
    ("apps", "ReplicaSet"): _of_itself,
    ("apps", "StatefulSet"): _of_revision,
    ("batch", "Job"): _of_itself,
}


def _selector(selector: JsonObject | None) -> str:
    """Return a label selector as it stands in a request.

    Source: kubernetes.io/docs, "Labels and Selectors".
    """
    labels = (selector or {}).get("matchLabels") or {}
    terms = [f"{key}={value}" for key, value in sorted(labels.items())]
    for term in (selector or {}).get("matchExpressions") or ():
        key, operator = term.get("key"), term.get("operator")
        if operator in _SET_OPERATORS:
            values = ",".join(term.get("values") or ())
            terms.append(f"{key} {_SET_OPERATORS[operator]} ({values})")
        else:
            terms.append(_OPERATORS[operator].format(key=key))
    return ",".join(terms)
