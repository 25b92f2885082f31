"""Sources: where an Application's manifests come from, and how they are rendered.

Pure. Reads what an Application says of its sources into values; which of it is acted upon is
decided in application_fields.py.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.render.options import (
    DirectoryOptions,
    HelmOptions,
    HelmParameter,
    KustomizeOptions,
    Patch,
    Replicas,
)

if TYPE_CHECKING:
    from gitopskit.reconciler.fields import Fields

_HELM_VERSION: Final = "v3"
_REFERENCE: Final = re.compile(r"[a-zA-Z0-9_-]+")
"""Source: Argo CD's rule for the names of sources that value files refer to."""

_DIGITS: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place that manifests or value files come from.

    ``ref`` names it for the value files of other sources; one without a path then renders nothing.
    ``release`` and ``namespace`` are what a chart is rendered as unless its options say otherwise.
    """

    repo_url: str
    target_revision: str = "HEAD"
    path: str = "."
    ref: str = ""
    chart: str = ""
    directory: DirectoryOptions | None = None
    kustomize: KustomizeOptions | None = None
    helm: HelmOptions | None = None
    is_rendered: bool = True
    release: str = ""
    namespace: str = ""


def parse_sources(spec: Fields) -> tuple[Source, ...]:
    """Return the sources of a spec; ``sources`` win over ``source`` as with Argo CD.

    Raises:
        InputError: a field has no usable value, there is no source, or two have one name.
    """
    listed = spec.children("sources")
    sources = tuple(_source(item) for item in listed or (spec.child("source"),))
    references = [source.ref for source in sources if source.ref]
    if len(set(references)) < len(references):
        raise spec.wrong("sources", "must not use one ref twice")
    if not any(source.is_rendered for source in sources):
        raise spec.wrong("sources", "must hold a source with a path")
    return sources


def _source(source: Fields) -> Source:
    if not source.text("repoURL"):
        raise source.wrong("repoURL", "is missing")
    ref = source.text("ref")
    if ref and not _REFERENCE.fullmatch(ref):
        raise source.wrong("ref", "must consist of letters, digits, - and _")
    found = Source(
        repo_url=source.text("repoURL"),
        target_revision=source.text("targetRevision") or "HEAD",
        path=source.text("path") or ".",
        ref=ref,
        chart=source.text("chart"),
        directory=_directory(source.child("directory")),
        kustomize=_kustomize(source.child("kustomize")),
        helm=_helm(source.child("helm")),
        is_rendered=bool(source.text("path") or source.text("chart") or not ref),
    )
    given = (found.directory, found.kustomize, found.helm)
    if sum(options is not None for options in given) > 1:
        raise InputError(
            f"{source.path} has options for more than one way of rendering",
            where=source.where,
            hint="keep one of directory, kustomize and helm",
        )
    return found


def _directory(directory: Fields) -> DirectoryOptions | None:
    if not directory.content:
        return None
    return DirectoryOptions(
        is_recursive=directory.flag("recurse"),
        include=directory.text("include"),
        exclude=directory.text("exclude"),
    )


def _kustomize(kustomize: Fields) -> KustomizeOptions | None:
    if not kustomize.content:
        return None
    return KustomizeOptions(
        name_prefix=kustomize.text("namePrefix"),
        name_suffix=kustomize.text("nameSuffix"),
        namespace=kustomize.text("namespace"),
        images=kustomize.texts("images"),
        replicas=tuple(
            Replicas(name=item.text("name"), count=_count(item))
            for item in kustomize.children("replicas")
        ),
        common_labels=kustomize.pairs("commonLabels"),
        common_annotations=kustomize.pairs("commonAnnotations"),
        components=kustomize.texts("components"),
        patches=tuple(_patch(item) for item in kustomize.children("patches")),
        spares_selectors=kustomize.flag("labelWithoutSelector"),
        labels_templates=kustomize.flag("labelIncludeTemplates"),
        ignores_missing_components=kustomize.flag("ignoreMissingComponents"),
        forces_labels=kustomize.flag("forceCommonLabels"),
        forces_annotations=kustomize.flag("forceCommonAnnotations"),
    )


def _count(replicas: Fields) -> int:
    """Return a count, which Argo CD takes as a number or as a text."""
    count = replicas.content.get("count")
    if isinstance(count, str) and _DIGITS.fullmatch(count):
        return int(count)
    return replicas.number("count", 0)


def _patch(patch: Fields) -> Patch:
    options = patch.child("options")
    return Patch(
        text=patch.text("patch"),
        path=patch.text("path"),
        target=patch.pairs("target"),
        options=tuple((name, options.flag(name)) for name in options.content),
    )


def _helm(helm: Fields) -> HelmOptions | None:
    if not helm.content:
        return None
    if helm.text("version") not in ("", _HELM_VERSION):
        raise helm.wrong("version", f"must be {_HELM_VERSION}")
    values = helm.child("valuesObject").content
    return HelmOptions(
        release_name=helm.text("releaseName"),
        namespace=helm.text("namespace"),
        value_files=helm.texts("valueFiles"),
        values=helm.text("values"),
        values_object=json.dumps(values, sort_keys=True) if values else "",
        parameters=tuple(_parameter(item) for item in helm.children("parameters")),
        file_parameters=tuple(
            (item.text("name"), item.text("path")) for item in helm.children("fileParameters")
        ),
        kube_version=helm.text("kubeVersion"),
        api_versions=helm.texts("apiVersions"),
        skips_crds=helm.flag("skipCrds"),
        skips_tests=helm.flag("skipTests"),
        skips_schema_validation=helm.flag("skipSchemaValidation"),
        ignores_missing_value_files=helm.flag("ignoreMissingValueFiles"),
    )


def _parameter(parameter: Fields) -> HelmParameter:
    return HelmParameter(
        name=parameter.text("name"),
        value=parameter.text("value"),
        is_text=parameter.flag("forceString"),
    )
