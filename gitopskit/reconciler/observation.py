"""Observation: what the reconciler keeps of a live object, and how drift shows in it.

Pure. The API server itself records who set which field, so that no dry run is needed: a field of
ours that somebody else sets leaves our entry of ``managedFields``, and what ``kubectl`` adds stands
in an entry of its own. Two digests of those entries tell drift from the work of controllers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.health.assess import NO_RULES, Health, assess
from gitopskit.health.rollouts import Rollout, rollout_of
from gitopskit.reconciler import fieldsets, names
from gitopskit.reconciler.application import NOTHING_IGNORED
from gitopskit.reconciler.object_options import deletion_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitopskit.health.declared import Kind, Rule
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Ignored
    from gitopskit.reconciler.fieldsets import Path

_PERSON_PREFIX: Final = "kubectl"
_BEFORE_TRACKING: Final = "before-first-apply"
"""The manager of what was there before fields were tracked.

Source: kubernetes.io/docs, "Server-Side Apply", upgrading from client-side apply.
"""
_FORMER: Final = ("argocd-controller", "kustomize-controller")
"""Whose fields become ours with an object that is handed over by Argo CD or Flux.

Source: the field managers of Argo CD's controller and of Flux's kustomize-controller.
"""
_RESTARTED_AT: Final = "f:kubectl.kubernetes.io/restartedAt"
_APPROVAL: Final = ("f:metadata", "f:annotations", f"f:{names.DELETION_APPROVED_ANNOTATION}")
TRACKER_LABELS: Final = (
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
)

_UNKNOWN: Final = Health("Unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A live object, reduced to what is decided on; ``owner`` is a controller that owns it.

    ``added`` are fields that a person added with kubectl, in people's notation, and ``added_by``
    who; ``taken_by`` is who took a field of ours last, people and controllers alike.
    ``own_digest`` is of the fields that we applied, those that others may set left out.
    ``rollout`` says which Pods tell more of the health, until that is settled.
    """

    uid: str
    resource_version: str
    tracking_id: str = ""
    application_label: str = ""
    other_tracker: str = ""
    owner: str = ""
    sync_options: str = ""
    compare_options: str = ""
    run: str = ""
    is_adopted: bool = False
    is_being_deleted: bool = False
    leaving_since: str = ""
    has_own_entry: bool = False
    own_digest: str = ""
    added: tuple[str, ...] = ()
    added_by: str = ""
    taken_by: str = ""
    health: Health = _UNKNOWN
    rollout: Rollout | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was left behind by the last apply of an object."""

    uid: str
    resource_version: str
    own_digest: str
    desired_digest: str


def observe(
    content: JsonObject,
    *,
    ignored: Ignored = NOTHING_IGNORED,
    declared: Mapping[Kind, Rule] = NO_RULES,
    wanted: JsonObject | None = None,
) -> Observation:
    """Return what is kept of a live object; ``ignored`` are the fields that others may set.

    ``declared`` is the health that people declare; ``wanted`` is the object as it is to be, where
    that is known: it tells who took fields of ours from who only wrote others. A field that passes
    from us to a manager who may have it is as good as ours.
    """
    metadata = content.get("metadata") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    own = _own_leaves(content)
    added = added_by_people(content, ignored=ignored)
    health = assess(content, declared)
    return Observation(
        uid=str(metadata.get("uid", "")),
        resource_version=str(metadata.get("resourceVersion", "")),
        tracking_id=str(annotations.get(names.TRACKING_ANNOTATION, "")),
        application_label=str(labels.get(names.APPLICATION_LABEL, "")),
        other_tracker=next((label for label in TRACKER_LABELS if label in labels), ""),
        owner=_controller(metadata),
        sync_options=deletion_options(annotations),
        compare_options=str(annotations.get(names.COMPARE_OPTIONS_ANNOTATION, "")),
        run=str(annotations.get(names.RUN_ANNOTATION, "")),
        is_adopted=annotations.get(names.ADOPTED_ANNOTATION) == "true",
        is_being_deleted=bool(metadata.get("deletionTimestamp")),
        leaving_since=str(metadata.get("deletionTimestamp") or ""),
        has_own_entry=bool(own),
        own_digest=fieldsets.digest(
            path
            for path in own | fieldsets.owned_by(content, ignored.managers)
            if not fieldsets.is_covered(path, ignored.places, content)
        ),
        added=tuple(sorted(fieldsets.readable(path) for path in added)),
        added_by=", ".join(sorted(set(added.values()))),
        taken_by=_taken_by(content, own, wanted),
        health=health,
        rollout=rollout_of(content, health),
    )


def added_by_people(content: JsonObject, *, ignored: Ignored = NOTHING_IGNORED) -> dict[Path, str]:
    """Return the fields that people set and we did not, each with the manager that set it."""
    return dict(_added(content, _own_leaves(content), ignored))


def drift(live: Observation, applied: Applied) -> str:
    """Return what differs from what we applied, in words, or nothing."""
    if live.uid != applied.uid:
        return "replaced"
    if live.own_digest != applied.own_digest:
        return f"changed by {live.taken_by}" if live.taken_by else "changed"
    if live.added:
        return f"fields added by {live.added_by}"
    return ""


def without_people(
    content: JsonObject, *, ignored: Ignored = NOTHING_IGNORED
) -> list[JsonObject] | None:
    """Return managedFields in which we own what kubectl set, or None where there is nothing.

    Server-side apply removes a field that is no longer sent only from its own manager; what a
    person added must become ours first. ``restartedAt`` stays kubectl's: a restart is no drift.
    """
    taken, fields = divided(
        content,
        is_let_be=lambda entry: _is_let_be(entry, ignored),
        is_kept=lambda path: is_permitted(path, content),
    )
    return fields if taken else None


def divided(
    content: JsonObject,
    *,
    is_let_be: Callable[[JsonObject], bool],
    is_kept: Callable[[Path], bool],
) -> tuple[JsonObject, list[JsonObject]]:
    """Return the fields of others that are to be ours, and managedFields in which they are."""
    own = _new_entry(content)
    others: list[JsonObject] = []
    taken: JsonObject = {}
    for entry in (content.get("metadata") or {}).get("managedFields") or ():
        if _is_ours(entry):
            own = entry
        elif is_let_be(entry):
            others.append(entry)
        else:
            kept, rest = fieldsets.split(fieldsets.fields_of(entry), is_kept)
            taken = fieldsets.union(taken, rest)
            others.extend([{**entry, "fieldsV1": kept}] if kept else [])
    owned = fieldsets.union(fieldsets.fields_of(own), taken)
    return taken, [*others, {**own, "fieldsV1": owned}]


def _is_let_be(entry: JsonObject, ignored: Ignored) -> bool:
    manager = entry.get("manager")
    is_spared = manager in ignored.spared and entry.get("operation") == "Update"
    is_allowed = is_spared or manager in ignored.managers
    return bool(entry.get("subresource")) or is_allowed or not _is_to_go(entry)


def _new_entry(content: JsonObject) -> JsonObject:
    return {
        "manager": names.OBJECT_MANAGER,
        "operation": "Apply",
        "apiVersion": content.get("apiVersion"),
        "fieldsType": "FieldsV1",
    }


def _own_leaves(content: JsonObject) -> frozenset[Path]:
    fields = fieldsets.entry_fields(content, manager=names.OBJECT_MANAGER, operation="Apply")
    return fieldsets.leaves(fields)


def _added(
    content: JsonObject, own: frozenset[Path], ignored: Ignored
) -> Iterator[tuple[Path, str]]:
    for entry in fieldsets.entries(content):
        if _is_let_be(entry, ignored):
            continue
        for path in fieldsets.leaves(fieldsets.fields_of(entry)) - own:
            is_ignored = fieldsets.is_covered(path, ignored.places, content)
            if not is_ignored and not is_permitted(path, content):
                yield path, str(entry["manager"])


def is_person(manager: str) -> bool:
    """Tell whether a manager is what people use by hand."""
    return manager.startswith(_PERSON_PREFIX) or manager == _BEFORE_TRACKING


def is_former(manager: str) -> bool:
    """Tell whether a manager is a tool from which objects are taken over."""
    return manager in _FORMER


def _is_to_go(entry: JsonObject) -> bool:
    """Tell whether what an entry has beside ours is to go: set by hand, or left by another tool.

    The status of an Argo CD Application is written there as a part of the object itself.
    """
    manager = str(entry.get("manager") or "")
    is_left = is_former(manager) and not str(entry.get("apiVersion")).startswith("argoproj.io/")
    return is_person(manager) or is_left


def _taken_by(content: JsonObject, own: frozenset[Path], wanted: JsonObject | None) -> str:
    """Return who has fields that are to be ours, the last of several.

    Source: kubernetes.io/docs, "Server-Side Apply": the time of an entry is when its manager last
    changed a field; losing one to somebody else does not count.
    """
    times = [
        (str(entry.get("time") or ""), str(entry.get("manager") or ""))
        for entry in fieldsets.entries(content)
        if entry.get("manager") != names.OBJECT_MANAGER and _has_taken(entry, own, wanted)
    ]
    return max(times, default=("", ""))[1]


def _has_taken(entry: JsonObject, own: frozenset[Path], wanted: JsonObject | None) -> bool:
    if wanted is None:
        return True
    others = fieldsets.leaves(fieldsets.fields_of(entry)) - own
    return any(fieldsets.has(path, wanted) for path in others)


def _is_ours(entry: JsonObject) -> bool:
    is_apply = entry.get("manager") == names.OBJECT_MANAGER and entry.get("operation") == "Apply"
    return is_apply and not entry.get("subresource")


def is_permitted(path: Path, content: JsonObject) -> bool:
    """Tell whether a person may set that field: a restart, and an approval of deletions."""
    if path[-1] == _RESTARTED_AT and path[-2:-1] == ("f:annotations",) and "f:template" in path:
        return True
    return content.get("kind") == "Application" and path == _APPROVAL


def _controller(metadata: JsonObject) -> str:
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            return f"{owner.get('kind')}/{owner.get('name')}"
    return ""


def precedes(version: str, other: str) -> bool:
    """Tell whether one resource version of an object is older than another.

    Source: versions of one kind may be compared as numbers since Kubernetes 1.35 (KEP-5504); what
    does not look like one is taken for newer.
    """
    are_numbers = version.isdecimal() and other.isdecimal()
    return are_numbers and int(version) < int(other)


def is_tracked(live: Observation, ref: ObjectRef, application: str) -> bool:
    """Tell whether a live object says of itself that it belongs to that Application."""
    return names.tracked_by(live.tracking_id, ref) == application
