"""What kustomization files say about other files, and what can be wrong with them.

Owns the fields of a Kustomization and which files are patches. Building one is render's.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.findings import Finding
from gitopskit.schemas.check import Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitopskit.manifests.documents import Document
    from gitopskit.manifests.json_types import JsonObject, JsonValue

GROUP: Final = "kustomize.config.k8s.io"
REFERENCE_RULE: Final = "missing-reference"
FIELD_RULE: Final = "kustomization"
PLAINTEXT_RULE: Final = "plaintext-secret"

_TEXTS: Final[JsonObject] = {"type": ["array", "null"], "items": {"type": "string"}}
_OBJECTS: Final[JsonObject] = {"type": ["array", "null"], "items": {"type": "object"}}
_LABELS: Final[JsonObject] = {"type": "object", "additionalProperties": {"type": "string"}}
_TEXT: Final[JsonObject] = {"type": "string"}
_OBJECT: Final[JsonObject] = {"type": "object"}
_FIELDS: Final[dict[str, JsonObject]] = {
    **dict.fromkeys(("apiVersion", "kind", "namePrefix", "nameSuffix", "namespace"), _TEXT),
    **dict.fromkeys(("commonLabels", "commonAnnotations"), _LABELS),
    **dict.fromkeys(
        ("metadata", "openapi", "sortOptions", "helmGlobals", "generatorOptions"), _OBJECT
    ),
    **dict.fromkeys(
        (
            "resources",
            "components",
            "crds",
            "bases",
            "patchesStrategicMerge",
            "configurations",
            "generators",
            "transformers",
            "validators",
            "buildMetadata",
        ),
        _TEXTS,
    ),
    **dict.fromkeys(
        (
            "labels",
            "patches",
            "patchesJson6902",
            "images",
            "replacements",
            "replicas",
            "vars",
            "configMapGenerator",
            "secretGenerator",
            "helmCharts",
            "helmChartInflationGenerator",
        ),
        _OBJECTS,
    ),
}
"""Source: sigs.k8s.io/kustomize/api/types, Kustomization, version 5.8."""

_WITH_PATHS: Final = ("patches", "patchesJson6902", "replacements")
_SOURCES: Final = ("literals", "files", "envs", "env")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kustomization:
    """One kustomization file: its folder and its content; what has a wrong shape is left out."""

    document: Document
    folder: str

    @property
    def content(self) -> JsonObject:
        """The fields, or none where the file is no mapping."""
        return self.document.content if isinstance(self.document.content, dict) else {}

    def patch_files(self) -> Iterator[str]:
        """Yield the paths of the files that are patches, replacements or JSON patches."""
        for _, path in self._patch_references():
            yield self._join(path)

    def resource_files(self) -> Iterator[str]:
        """Yield the paths of what it lists as resources."""
        for _, path in _strings(self.content.get("resources")):
            yield self._join(path)

    def references(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield the pointer and the path of each local file or folder that it names."""
        for field in ("resources", "components", "patchesStrategicMerge"):
            for number, path in _strings(self.content.get(field)):
                if not _is_remote(path) and "\n" not in path:
                    yield (field, number), self._join(path)
        for pointer, path in self._patch_references():
            if pointer[0] in _WITH_PATHS:
                yield pointer, self._join(path)

    def _patch_references(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for number, path in _strings(self.content.get("patchesStrategicMerge")):
            yield ("patchesStrategicMerge", number), path
        for field in _WITH_PATHS:
            for number, entry in _objects(self.content.get(field)):
                if isinstance(entry.get("path"), str):
                    yield (field, number, "path"), entry["path"]

    def _join(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder, path))


def check_kustomization(
    kustomization: Kustomization, *, exists: Callable[[str], bool]
) -> Iterator[Finding]:
    """Yield what is wrong with a kustomization: fields, missing files, secrets in the open."""
    document = kustomization.document
    if not isinstance(document.content, dict):
        yield _finding(document, (), FIELD_RULE, "a kustomization is a mapping")
        return
    for violation in _schema().check(document.content):
        yield _finding(document, violation.pointer, FIELD_RULE, violation.message, violation.hint)
    for pointer, path in kustomization.references():
        if not exists(path):
            yield _finding(document, pointer, REFERENCE_RULE, f"there is no {path}")
    for number, entry in _objects(document.content.get("secretGenerator")):
        if any(entry.get(source) for source in _SOURCES):
            yield _finding(
                document,
                ("secretGenerator", number),
                PLAINTEXT_RULE,
                "a secretGenerator makes a Secret of plaintext that is in Git",
                "seal the Secret with `gitopskit seal`, and list the result as a resource",
            )


def _is_remote(path: str) -> bool:
    first, _, rest = path.partition("/")
    is_host = "." in first.strip(".") and bool(rest)
    return "://" in path or "?ref=" in path or path.startswith("git@") or is_host


def _strings(value: JsonValue) -> list[tuple[int, str]]:
    items = value if isinstance(value, list) else []
    return [(number, each) for number, each in enumerate(items) if isinstance(each, str)]


def _objects(value: JsonValue) -> list[tuple[int, JsonObject]]:
    items = value if isinstance(value, list) else []
    return [(number, each) for number, each in enumerate(items) if isinstance(each, dict)]


@cache
def _schema() -> Schema:
    return Schema({"type": "object", "properties": _FIELDS, "additionalProperties": False})


def _finding(
    document: Document, pointer: tuple[str | int, ...], rule: str, message: str, hint: str = ""
) -> Finding:
    position = document.locate(pointer)
    return Finding(
        path=document.path,
        line=position.line,
        column=position.column,
        rule=rule,
        message=message,
        hint=hint,
    )
