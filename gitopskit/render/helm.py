"""The only module that runs Helm: in an empty home, without plugins, cluster or network.

Values go in through standard input alone, since arguments and files are seen by others.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, RenderFailed
from gitopskit.manifests.documents import Manifest, expand_lists, read_documents, read_value
from gitopskit.render.helm_values import merge, parse_value, texts_of, with_parameter
from gitopskit.render.messages import explain_chart
from gitopskit.render.running import run_renderer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.render.options import HelmOptions
    from gitopskit.render.programs import Programs, RenderLimits
    from gitopskit.render.tree import Tree

CHART_FILE: Final = "Chart.yaml"
_REFERENCE: Final = re.compile(r"\$([a-zA-Z0-9_-]+)/(.+)")
_BUILD_ENVIRONMENT: Final = re.compile(r"\$\{?(ARGOCD|KUBE)_")
_RELEASE: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,51}[a-z0-9])?")
"""Source: Helm's own rule for the names of releases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a chart is rendered as and for, unless its options say otherwise.

    Without versions a chart is told those that Helm knows.
    """

    name: str
    namespace: str
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartInputs:
    """What a chart is rendered with; ``others`` are revisions that value files may be in."""

    options: HelmOptions
    release: Release
    others: Mapping[str, Tree]


def build_chart(
    tree: Tree,
    folder: PurePosixPath,
    *,
    inputs: ChartInputs,
    programs: Programs,
    limits: RenderLimits,
) -> tuple[Manifest, ...]:
    """Return what a chart renders to.

    Raises:
        RenderFailed: it does not render, leads out of the revision, or takes too much.
        MalformedDocument: a file of values cannot be read.
        MissingTool: Helm is not installed.
    """
    helm = programs.require_helm()
    _require_inside(tree, folder, limits=limits)
    values = chart_values(tree, folder, options=inputs.options, others=inputs.others)
    with tempfile.TemporaryDirectory(prefix="gitopskit-", ignore_cleanup_errors=True) as home:
        completed = run_renderer(
            [helm, *_arguments(str(tree.absolute(folder)), inputs.options, inputs.release)],
            home=home,
            folder=folder,
            limits=limits,
            environment=helm_homes(home),
            stdin=json.dumps(values).encode(),
        )
    if completed.exit_code != 0:
        said = explain_chart(
            completed.stderr, root=str(tree.root), hidden=frozenset(texts_of(values))
        )
        raise RenderFailed(
            f"the chart does not render: {said}",
            where=str(folder),
            hint="run `helm template` in a checkout to see all that Helm says",
        )
    return expand_lists(read_documents(completed.stdout, path=str(folder)))


def chart_values(
    tree: Tree, folder: PurePosixPath, *, options: HelmOptions, others: Mapping[str, Tree]
) -> JsonObject:
    """Return the values that an Application gives to a chart, without the chart's own.

    Raises:
        RenderFailed: a file is missing or outside, or a parameter is no path.
        MalformedDocument: a text is no mapping in YAML.
    """
    values: JsonObject = {}
    for name in options.value_files:
        found = _file(tree, folder, name, others=others, options=options)
        if found is not None:
            values = merge(values, _mapping(*found))
    text = options.values_object or options.values
    if text:
        values = merge(values, _mapping(text.encode(), f"{folder}: helm.values"))
    for parameter in options.parameters:
        _require_plain(parameter.value)
        value = parse_value(parameter.value, is_text=parameter.is_text)
        values = with_parameter(values, parameter.name, value)
    for name, path in options.file_parameters:
        place = tree.resolve(folder, path, where=f"{folder}: helm.fileParameters")
        values = with_parameter(values, name, tree.read(place).decode(errors="replace"))
    return values


def _file(
    tree: Tree,
    folder: PurePosixPath,
    name: str,
    *,
    others: Mapping[str, Tree],
    options: HelmOptions,
) -> tuple[bytes, str] | None:
    """Return a value file's content and its place; a slash leads from the revision's root."""
    where = f"{folder}: helm.valueFiles"
    reference = _REFERENCE.fullmatch(name)
    if reference is not None and reference[1] in others:
        tree, folder, name = others[reference[1]], PurePosixPath(), reference[2]
    else:
        _require_plain(name)
        if name.startswith("/"):
            folder, name = PurePosixPath(), name.lstrip("/")
    if name.startswith("$"):
        raise RenderFailed(f"no source has the ref of `{name[:120]}`", where=where)
    if options.ignores_missing_value_files and tree.lacks(folder, name):
        return None
    place = tree.resolve(folder, name, where=where)
    return tree.read(place), str(place)


def _mapping(text: bytes, path: str) -> JsonObject:
    value = read_value(text, path=path)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RenderFailed("values are a mapping", where=path, hint="write them as `name: value`")
    return value


def _require_plain(text: str) -> None:
    if _BUILD_ENVIRONMENT.search(text):
        raise RenderFailed(
            "variables of Argo CD's build environment are not replaced here",
            hint="write out what $ARGOCD_… stands for",
        )


def _arguments(chart: str, options: HelmOptions, release: Release) -> Iterator[str]:
    name = options.release_name or release.name
    if not _RELEASE.fullmatch(name):
        raise RenderFailed(
            f"{name[:120]!r} is no name of a release",
            hint="set helm.releaseName to at most 53 lower-case letters, digits, dots and dashes",
        )
    yield from ("template", name, chart, "--values", "-")
    yield from ("--namespace", options.namespace or release.namespace or "default")
    yield "--skip-crds" if options.skips_crds else "--include-crds"
    if options.skips_tests:
        yield "--skip-tests"
    if options.skips_schema_validation:
        yield "--skip-schema-validation"
    if version := options.kube_version or release.kube_version:
        yield f"--kube-version={version}"
    for version in options.api_versions or release.api_versions:
        yield f"--api-versions={version}"


def helm_homes(home: str) -> dict[str, str]:
    """Return folders of Helm's own in which there is nothing, so no plugin and no repository."""
    names = ("CACHE_HOME", "CONFIG_HOME", "DATA_HOME", "PLUGINS")
    return {f"HELM_{name}": f"{home}/{name.lower()}" for name in names}


def _require_inside(tree: Tree, folder: PurePosixPath, *, limits: RenderLimits) -> None:
    """Check that no link of a chart leads out of the revision: Helm follows them all."""
    tree.resolve(folder, CHART_FILE, where=str(folder))
    number = 0
    for path, folders, files in os.walk(tree.absolute(folder)):
        here = PurePosixPath(Path(path).relative_to(tree.root).as_posix())
        for name in (*folders, *files):
            number += 1
            if number > limits.files:
                raise InputError(f"the chart has more than {limits.files} files", where=str(folder))
            if (Path(path) / name).is_symlink():
                _require_file(tree, here, name)


def _require_file(tree: Tree, folder: PurePosixPath, name: str) -> None:
    place = tree.resolve(folder, name, where=str(folder / name))
    if tree.absolute(place).is_dir():
        raise RenderFailed(
            "a symbolic link to a folder is not followed",
            where=str(folder / name),
            hint="replace it by the folder",
        )
