"""Orphan rules: which objects of a namespace belong to nobody, as a project wants to know it.

Pure. An orphan is told and never touched. Source: Argo CD's docs, "Orphaned Resources Monitoring".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import names
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.observation import TRACKER_LABELS
from gitopskit.reconciler.patterns import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.fields import Fields

ORPHANS: Final = "OrphanedResourceWarning"
MOST_TOLD: Final = 10

_LEFT_OUT: Final = frozenset(
    {
        ("", "Endpoints"),
        ("", "Event"),
        ("", "Secret"),  # whoever may list them may read them all
        ("apps", "ControllerRevision"),
        ("coordination.k8s.io", "Lease"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("events.k8s.io", "Event"),
        ("metrics.k8s.io", "PodMetrics"),
    }
)
"""Kinds that the cluster itself writes all the time, and the one that is never listed."""

_OF_THE_CLUSTER: Final = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "openshift-service-ca.crt"),
        ("RoleBinding", names.APPLIER),
        ("ServiceAccount", "default"),
        ("ServiceAccount", names.APPLIER),
    }
)
"""What each namespace has, from the cluster or from whoever prepared it for us."""

_CLAIM: Final = re.compile(r".+-(.+)-[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredOrphans:
    """Objects that may be there, by patterns; an empty kind or name means any."""

    group: str = ""
    kind: str = ""
    name: str = ""

    def matches(self, ref: ObjectRef) -> bool:
        """Tell whether that object may be there."""
        return (
            matches(self.group, ref.group)
            and (not self.kind or matches(self.kind, ref.kind))
            and (not self.name or matches(self.name, ref.name))
        )


@dataclass(frozen=True, slots=True)
class OrphanRules:
    """That a project wants to be told of orphans, and of which it does not."""

    ignored: tuple[IgnoredOrphans, ...] = ()


@dataclass(frozen=True, slots=True)
class Orphans:
    """The orphans of a namespace: how many there are, and the first of them."""

    count: int = 0
    first: tuple[str, ...] = ()

    def and_also(self, refs: Iterable[ObjectRef]) -> Orphans:
        """Return these orphans and others."""
        found = sorted(map(str, refs))
        first = sorted((*self.first, *found[:MOST_TOLD]))[:MOST_TOLD]
        return Orphans(self.count + len(found), tuple(first))

    def message(self) -> str:
        """Return them in words, or nothing where there are none."""
        if not self.count:
            return ""
        more = self.count - len(self.first)
        told = "; ".join(self.first) + (f"; and {more} more" if more else "")
        what = "1 object belongs" if self.count == 1 else f"{self.count} objects belong"
        return f"{what} to no Application: {told}"


def parse_orphans(spec: Fields) -> OrphanRules | None:
    """Return the rules of a project, None where it does not want to be told.

    Raises:
        InputError: a field has no usable value.
    """
    if spec.content.get("orphanedResources") is None:
        return None
    settings = spec.child("orphanedResources")
    if settings.content.get("warn") is not None and not settings.flag("warn"):
        return None
    ignored = settings.children("ignore")
    return OrphanRules(
        tuple(
            IgnoredOrphans(group=it.text("group"), kind=it.text("kind"), name=it.text("name"))
            for it in ignored
        )
    )


def may_hold_orphans(kind: ResourceType) -> bool:
    """Tell whether objects of a kind are looked at."""
    is_listed = kind.is_namespaced and "list" in kind.verbs
    return is_listed and (kind.group, kind.kind) not in _LEFT_OUT


def is_orphan(
    ref: ObjectRef,
    content: JsonObject,
    *,
    rules: OrphanRules,
    is_application: Callable[[str], bool],
) -> bool:
    """Tell whether an object, of which the metadata is enough, belongs to nobody."""
    metadata = mapping(content.get("metadata"))
    labels = mapping(metadata.get("labels"))
    tracking = str(mapping(metadata.get("annotations")).get(names.TRACKING_ANNOTATION, ""))
    has_owner = (
        bool(metadata.get("ownerReferences"))
        or bool(metadata.get("deletionTimestamp"))
        or (ref.kind, ref.name) in _OF_THE_CLUSTER
        or any(label in labels for label in TRACKER_LABELS)
        or is_application(names.tracked_by(tracking, ref))
    )
    return not has_owner and not any(rule.matches(ref) for rule in rules.ignored)


def is_claim_of(ref: ObjectRef, stateful_sets: Iterable[str]) -> bool:
    """Tell whether an object is a claim that a StatefulSet made; it does not say so itself.

    Source: kubernetes.io/docs, "StatefulSets": <template>-<set>-<ordinal>.
    """
    if (ref.group, ref.kind) != ("", "PersistentVolumeClaim"):
        return False
    return any(
        ref.name.rpartition("-")[0].endswith(f"-{name}") and _CLAIM.fullmatch(ref.name)
        for name in stateful_sets
    )


def conditions(orphaned: str | None, status: JsonObject) -> list[tuple[str, str]]:
    """Return the condition that tells of orphans: as it was, where nobody looked yet."""
    told = {str(it["type"]): str(it["message"]) for it in status.get("conditions") or ()}
    message = told.get(ORPHANS, "") if orphaned is None else orphaned
    return [(ORPHANS, message)] if message else []
