"""Validates files: reads them, decides which rules each meets, and makes the report.

Files that hold no Kubernetes objects (values, workflows, answers) are searched for secrets only.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import MalformedDocument
from gitopskit.manifests.documents import as_manifest, expand_lists, read_values
from gitopskit.manifests.findings import Finding
from gitopskit.manifests.secrets import find_plaintext
from gitopskit.repository.config import API_VERSION as CONFIG_API_VERSION
from gitopskit.repository.templates import platform_documents
from gitopskit.schemas.catalog import Catalog
from gitopskit.schemas.pack import LATEST
from gitopskit.validation import files, rules
from gitopskit.validation.kustomizations import GROUP, Kustomization, check_kustomization
from gitopskit.validation.report import MALFORMED, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from gitopskit.manifests.documents import Document, Manifest
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.repository.config import ValidationException

_CHECKED_ELSEWHERE: Final = (GROUP, CONFIG_API_VERSION)
"""Kinds that other code reads field by field; a schema would be a second statement of it."""

_NOT_CHECKED: Final = "not-checked"
_DEFINITIONS: Final = {
    "bitnami.com": ("crds/sealedsecrets.yaml",),
    "argoproj.io": ("crds/applications.yaml", "crds/appprojects.yaml"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationOptions:
    """Against which version of Kubernetes, and what may be broken until when."""

    today: date
    kubernetes: str = LATEST
    exceptions: tuple[ValidationException, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What the files hold, sorted by what is to be checked."""

    manifests: list[Manifest] = field(default_factory=list)
    kustomizations: list[Kustomization] = field(default_factory=list)
    others: list[Manifest] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    documents: int = 0


def validate_paths(paths: Sequence[str], options: ValidationOptions) -> Report:
    """Return what is wrong with the files at and below some paths.

    Raises:
        InputError: a path does not exist, or there are no schemas of this version.
    """
    catalog = Catalog(kubernetes=options.kubernetes, load_definitions=_platform_definitions)
    chosen, left_out = files.find_files(paths)
    reading = _Reading()
    for path in chosen:
        _read(path, reading)
    for folder in left_out:
        what = "templates of a Helm chart are not checked: they are no YAML before rendering"
        reading.findings.append(
            Finding(path=folder, rule=_NOT_CHECKED, severity="info", message=what)
        )
    findings = {*reading.findings, *_check(reading, catalog)}
    kept = tuple(sorted(_except(findings, options)))
    return Report(findings=kept, files=len(chosen), documents=reading.documents)


def _read(path: str, reading: _Reading) -> None:
    data = files.read_file(path)
    if path.endswith(".json") and b'"apiVersion"' not in data:
        return
    try:
        documents = read_values(data, path=path)
        reading.documents += len(documents)
        for document in documents:
            _sort(document, reading)
    except MalformedDocument as error:
        reading.findings.append(_malformed(error, path))


def _sort(document: Document, reading: _Reading) -> None:
    folder, _, name = document.path.rpartition("/")
    if name in files.KUSTOMIZATION_NAMES:
        reading.kustomizations.append(Kustomization(document=document, folder=folder))
        return
    if not isinstance(document.content, dict):
        return
    for manifest in expand_lists([as_manifest(document)]):
        is_object = bool(manifest.api_version and manifest.kind)
        (reading.manifests if is_object else reading.others).append(manifest)


def _check(reading: _Reading, catalog: Catalog) -> Iterator[Finding]:
    patches = {path for each in reading.kustomizations for path in each.patch_files()}
    objects = [each for each in reading.manifests if posixpath.normpath(each.path) not in patches]
    _learn_definitions(objects, catalog)
    unknown: set[tuple[str, str]] = set()
    for manifest in reading.manifests:
        is_patch = posixpath.normpath(manifest.path) in patches
        for each in rules.check_schema(manifest, catalog, is_patch=is_patch):
            kind = (manifest.api_version, manifest.kind)
            if each.rule != rules.NO_SCHEMA or _is_news(kind, unknown):
                yield each
    for manifest in (*reading.manifests, *reading.others):
        yield from find_plaintext(manifest)
    for kustomization in reading.kustomizations:
        yield from check_kustomization(kustomization, exists=os.path.exists)
    yield from rules.check_duplicates(_rendered(objects, reading.kustomizations))


def _is_news(kind: tuple[str, str], told: set[tuple[str, str]]) -> bool:
    is_new = kind not in told
    told.add(kind)
    return is_new and not kind[0].startswith(_CHECKED_ELSEWHERE)


def _rendered(
    manifests: Iterable[Manifest], kustomizations: Iterable[Kustomization]
) -> Iterator[Manifest]:
    """Yield what its folder renders: with a kustomization the listed files, else all of them."""
    listed = {each.folder: set(each.resource_files()) for each in kustomizations}
    for manifest in manifests:
        path = posixpath.normpath(manifest.path)
        if path in listed.get(posixpath.dirname(path), {path}):
            yield manifest


def _learn_definitions(manifests: Iterable[Manifest], catalog: Catalog) -> None:
    for manifest in manifests:
        if manifest.kind != "CustomResourceDefinition":
            continue
        schema = catalog.find(manifest.api_version, manifest.kind)
        if schema is not None and not schema.check(manifest.content):
            catalog.add_definition(manifest.content)


def _platform_definitions(group: str) -> Iterator[JsonObject]:
    for manifest in platform_documents(*_DEFINITIONS.get(group, ())):
        yield manifest.content


def _malformed(error: MalformedDocument, path: str) -> Finding:
    line, _, column = error.where.removeprefix(path).removeprefix(":").partition(":")
    return Finding(
        path=path,
        line=int(line or 0),
        column=int(column or 0),
        rule=MALFORMED,
        message=error.what,
        hint=error.hint,
    )


def _except(findings: Iterable[Finding], options: ValidationOptions) -> Iterator[Finding]:
    """Yield what no exception covers; one that has ended is named in the hint."""
    exceptions = {(each.rule, each.subject): each for each in options.exceptions}
    for each in findings:
        exception = exceptions.get((each.rule, each.subject))
        if exception is None:
            yield each
        elif exception.expires < options.today:
            hint = f"the exception ended on {exception.expires.isoformat()}; {each.hint}"
            yield replace(each, hint=hint.rstrip("; "))
