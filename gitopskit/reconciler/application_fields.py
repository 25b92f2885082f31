"""Which fields, options and annotations of an Application are known, and which are acted upon.

Pure. The rule: whatever is set and not acted upon is refused by name, never ignored. What is read
but not acted upon yet is in ``NOT_YET``; whoever acts upon it takes it out of there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gitopskit.reconciler import names
from gitopskit.reconciler.fields import ANY, mapping, unknown_fields
from gitopskit.reconciler.object_options import read_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject, JsonValue

_RETRY: Final[Mapping[str, Any]] = {
    "limit": ANY,
    "refresh": ANY,
    "backoff": {"duration": ANY, "factor": ANY, "maxDuration": ANY},
}
_SOURCE: Final[Mapping[str, Any]] = {
    "name": ANY,
    "repoURL": ANY,
    "targetRevision": ANY,
    "path": ANY,
    "ref": ANY,
    "chart": ANY,
    "directory": {"recurse": ANY, "include": ANY, "exclude": ANY},
    "kustomize": {
        "namePrefix": ANY,
        "nameSuffix": ANY,
        "namespace": ANY,
        "images": ANY,
        "replicas": {"name": ANY, "count": ANY},
        "commonLabels": ANY,
        "commonAnnotations": ANY,
        "components": ANY,
        "ignoreMissingComponents": ANY,
        "forceCommonLabels": ANY,
        "forceCommonAnnotations": ANY,
        "labelWithoutSelector": ANY,
        "labelIncludeTemplates": ANY,
        "patches": {
            "patch": ANY,
            "path": ANY,
            "options": ANY,
            "target": {
                "group": ANY,
                "version": ANY,
                "kind": ANY,
                "name": ANY,
                "namespace": ANY,
                "labelSelector": ANY,
                "annotationSelector": ANY,
            },
        },
    },
    "helm": {
        "releaseName": ANY,
        "namespace": ANY,
        "valueFiles": ANY,
        "ignoreMissingValueFiles": ANY,
        "values": ANY,
        "valuesObject": ANY,
        "parameters": {"name": ANY, "value": ANY, "forceString": ANY},
        "fileParameters": {"name": ANY, "path": ANY},
        "kubeVersion": ANY,
        "apiVersions": ANY,
        "skipCrds": ANY,
        "skipTests": ANY,
        "skipSchemaValidation": ANY,
        "version": ANY,
    },
}
FIELDS: Final[Mapping[str, Any]] = {
    "project": ANY,
    "source": _SOURCE,
    "sources": _SOURCE,
    "destination": {"server": ANY, "name": ANY, "namespace": ANY},
    "syncPolicy": {
        "automated": {"enabled": ANY, "prune": ANY, "selfHeal": ANY, "allowEmpty": ANY},
        "syncOptions": ANY,
        "retry": _RETRY,
        "managedNamespaceMetadata": {"labels": ANY, "annotations": ANY},
    },
    "ignoreDifferences": {
        "group": ANY,
        "kind": ANY,
        "name": ANY,
        "namespace": ANY,
        "jsonPointers": ANY,
        "jqPathExpressions": ANY,
        "managedFieldsManagers": ANY,
    },
    "info": ANY,
    "revisionHistoryLimit": ANY,
}
"""The fields of a spec that are read; docs/reference/application.md tells which are honoured."""

OPERATION_FIELDS: Final[Mapping[str, Any]] = {
    "info": ANY,
    "initiatedBy": {"automated": ANY, "username": ANY},
    "retry": _RETRY,
    "sync": {
        "revision": ANY,
        "prune": ANY,
        "dryRun": ANY,
        "resources": {"group": ANY, "kind": ANY, "name": ANY, "namespace": ANY},
        "syncOptions": ANY,
        "syncStrategy": {"apply": {"force": ANY}, "hook": {"force": ANY}},
    },
}
"""The fields of an operation that are read."""

ANNOTATIONS: Final = (
    names.TRACKING_ANNOTATION,
    names.SYNC_OPTIONS_ANNOTATION,
    names.DELETION_APPROVED_ANNOTATION,
    names.REFRESH_ANNOTATION,
    names.SKIP_ANNOTATION,
    names.PATHS_ANNOTATION,
    names.COMPARE_OPTIONS_ANNOTATION,
    names.WAVE_ANNOTATION,
    names.HOOK_ANNOTATION,
    names.HOOK_DELETE_ANNOTATION,
    names.IGNORE_HEALTH_ANNOTATION,
    names.ADOPTED_ANNOTATION,
    names.CREATED_FOR_ANNOTATION,
    names.DEPENDS_ON_ANNOTATION,
    names.MAX_DELETIONS_ANNOTATION,
    names.ROLLBACK_ANNOTATION,
    names.ROLLBACK_AFTER_ANNOTATION,
)
"""The annotations of Argo CD's and of ours that an Application may carry."""

NOT_YET: Final[frozenset[str]] = frozenset()
"""What is read and not acted upon. A field also stands for all below it."""

_PREFIXES: Final = (names.ARGO_ANNOTATION_PREFIX, names.OWN_ANNOTATION_PREFIX)
_INDEX: Final = re.compile(r"\[[0-9]+\]")


def refused(content: JsonObject) -> list[str]:
    """Return the paths of everything that an Application sets and that is not acted upon."""
    found = set(_refused_annotations(content))
    for name, known in (("spec", FIELDS), ("operation", OPERATION_FIELDS)):
        value = content.get(name) or {}
        found |= set(unknown_fields(value, known, name))
        found |= set(_not_yet(value, name))
    found |= set(_refused_options(content))
    return sorted(found)


def annotations_that_count(content: JsonObject) -> dict[str, JsonValue]:
    """Return the annotations of an Application that ask us for something."""
    annotations = mapping(mapping(content.get("metadata")).get("annotations"))
    return {name: value for name, value in annotations.items() if name.startswith(_PREFIXES)}


def _refused_annotations(content: JsonObject) -> Iterator[str]:
    for name, value in annotations_that_count(content).items():
        path = f"metadata.annotations[{name}]"
        is_odd = name == names.COMPARE_OPTIONS_ANNOTATION and read_options({name: value}).problems
        if name not in ANNOTATIONS or path in NOT_YET or is_odd:
            yield path


def _not_yet(value: JsonValue, path: str) -> Iterator[str]:
    if value in (None, "", {}, []):
        return
    plain = _INDEX.sub("", path).replace("spec.sources.", "spec.source.")
    if plain in NOT_YET:
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _not_yet(item, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _not_yet(item, f"{path}[{index}]")


def _refused_options(content: JsonObject) -> Iterator[str]:
    policy = mapping(mapping(content.get("spec")).get("syncPolicy"))
    sync = mapping(mapping(content.get("operation")).get("sync"))
    for path, holder in (("spec.syncPolicy", policy), ("operation.sync", sync)):
        options = holder.get("syncOptions")
        for index, option in enumerate(options if isinstance(options, list) else []):
            if f"syncOptions {option}" in NOT_YET:
                yield f"{path}.syncOptions[{index}] {option}"
