"""Releasing: what is taken off an object so that Argo CD has it alone.

Pure. The tracking annotation stays: it is the one that Argo CD reads. Our entry of managedFields
becomes Argo CD's, because server-side apply removes a field only from the manager that set it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import fieldsets, names
from gitopskit.reconciler.fields import mapping

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

SUCCESSOR: Final = "argocd-controller"
"""Source: the field manager of Argo CD's controller, for server-side apply too."""

_MARKS: Final = (names.ADOPTED_ANNOTATION, names.CREATED_FOR_ANNOTATION, names.RUN_ANNOTATION)


def patch_of(content: JsonObject, *, application: str) -> list[JsonObject]:
    """Return the JSON patch that releases an object; empty if it is none of that Application."""
    metadata = content["metadata"]
    annotations, labels = mapping(metadata.get("annotations")), mapping(metadata.get("labels"))
    tracking = str(annotations.get(names.TRACKING_ANNOTATION, ""))
    if tracking.partition(":")[0] != application:
        return []
    marks = [_removed("annotations", it) for it in _MARKS if it in annotations]
    if names.APPLICATION_LABEL in labels:
        marks.append(_removed("labels", names.APPLICATION_LABEL))
    entries = metadata.get("managedFields") or []
    passed = _passed(entries)
    if passed != entries:
        marks.append({"op": "replace", "path": "/metadata/managedFields", "value": passed})
    if not marks:
        return []
    version = metadata["resourceVersion"]
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
        *marks,
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def _passed(entries: list[JsonObject]) -> list[JsonObject]:
    """Return managedFields in which what was ours is the successor's."""
    ours = [it for it in entries if _is_of(it, names.OBJECT_MANAGER)]
    theirs = [it for it in entries if _is_of(it, SUCCESSOR)]
    if not ours:
        return entries
    fields: JsonObject = {}
    for entry in (*theirs, *ours):
        fields = fieldsets.union(fields, fieldsets.fields_of(entry))
    others = [it for it in entries if it not in ours and it not in theirs]
    return [*others, {**ours[0], "manager": SUCCESSOR, "fieldsV1": fields}]


def _is_of(entry: JsonObject, manager: str) -> bool:
    is_apply = entry.get("manager") == manager and entry.get("operation") == "Apply"
    return is_apply and not entry.get("subresource")


def _removed(part: str, key: str) -> JsonObject:
    return {"op": "remove", "path": f"/metadata/{part}/{key.replace('/', '~1')}"}
