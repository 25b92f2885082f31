"""``render``: from a folder of a revision to its objects: overlays, charts, plain manifests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import RenderFailed
from gitopskit.render.directory import read_directory
from gitopskit.render.helm import CHART_FILE, ChartInputs, Release, build_chart
from gitopskit.render.kustomize import build
from gitopskit.render.options import DirectoryOptions, HelmOptions, KustomizeOptions
from gitopskit.render.programs import Programs, RenderLimits
from gitopskit.render.references import find_kustomization
from gitopskit.render.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.snapshot import Snapshot

Way = Literal["Directory", "Helm", "Kustomize"]

_DEFAULT_LIMITS: Final = RenderLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSource:
    """Which folder of a revision is rendered, relative to its root.

    Options say how: as plain manifests whether or not there is a kustomization, with kustomize, or
    as a chart. Without any, what is in the folder says it.
    """

    path: str
    directory: DirectoryOptions | None = None
    kustomize: KustomizeOptions | None = None
    helm: HelmOptions | None = None
    release: Release = field(default_factory=lambda: Release(name="release", namespace="default"))


def render(
    snapshot: Snapshot,
    source: RenderSource,
    *,
    programs: Programs,
    limits: RenderLimits = _DEFAULT_LIMITS,
    others: Mapping[str, Snapshot] | None = None,
) -> tuple[Manifest, ...]:
    """Return the objects that a folder describes, each once, Lists taken apart.

    It does not check them against schemas; an empty folder renders to nothing. ``others`` are the
    revisions in which a chart's value files may be, by the names that refer to them.

    Raises:
        RenderFailed: the folder is missing or does not build, something in it leads out of the
            revision, a manifest does not say what it is or has malformed metadata, or an object
            is there twice.
        MalformedDocument: a file cannot be read.
        MissingTool: kustomize or Helm is needed and not installed.
    """
    tree = Tree.at(snapshot.root)
    folder = tree.resolve(PurePosixPath(), source.path, where=source.path)
    if not tree.absolute(folder).is_dir():
        raise RenderFailed(
            "this is a file, a folder is expected", where=source.path, hint="name its folder"
        )
    way = way_of_rendering(tree, folder, source)
    if way == "Kustomize":
        options = source.kustomize or KustomizeOptions()
        manifests = build(tree, folder, programs=programs, limits=limits, options=options)
    elif way == "Helm":
        manifests = build_chart(
            tree,
            folder,
            inputs=ChartInputs(
                options=source.helm or HelmOptions(),
                release=source.release,
                others={name: Tree.at(other.root) for name, other in (others or {}).items()},
            ),
            programs=programs,
            limits=limits,
        )
    else:
        plain = source.directory or DirectoryOptions()
        manifests = read_directory(tree, folder, options=plain, limits=limits)
    require_objects(manifests)
    return manifests


def way_of_rendering(tree: Tree, folder: PurePosixPath, source: RenderSource) -> Way:
    """Return how a folder is rendered, in Argo CD's words.

    Raises:
        RenderFailed: the folder has several kustomization files.
    """
    given: dict[Way, object] = {
        "Kustomize": source.kustomize,
        "Directory": source.directory,
        "Helm": source.helm,
    }
    for way, options in given.items():
        if options is not None:
            return way
    if (tree.absolute(folder) / CHART_FILE).is_file():
        return "Helm"
    return "Kustomize" if find_kustomization(tree, folder) is not None else "Directory"


def require_objects(manifests: Iterable[Manifest]) -> None:
    """Check that manifests say what they are, and that none is there twice.

    Raises:
        RenderFailed: one does not, or is.
    """
    seen: dict[tuple[ObjectRef, str], Manifest] = {}
    for manifest in manifests:
        name = manifest.name or _beginning_of_name(manifest)
        if not (manifest.api_version and manifest.kind and name):
            raise RenderFailed(
                "this manifest lacks apiVersion, kind or metadata.name",
                where=manifest.where,
                hint="complete it, or move what is no manifest to another folder",
            )
        _require_mappings(manifest)
        first = seen.setdefault((manifest.ref, name), manifest)
        if first is not manifest:
            raise RenderFailed(
                f"{manifest.ref} is there twice, first at {first.where}",
                where=manifest.where,
                hint="remove one of them",
            )


def _beginning_of_name(manifest: Manifest) -> str:
    """Return what a hook may have instead of a name: its sync completes it."""
    metadata = manifest.content.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    is_hook = isinstance(annotations, dict) and any(it.endswith("/hook") for it in annotations)
    return str(manifest.content["metadata"].get("generateName") or "") if is_hook else ""


def _require_mappings(manifest: Manifest) -> None:
    """Check the two parts of the metadata that everybody reads before an API server does."""
    for part in ("labels", "annotations"):
        value = manifest.content["metadata"].get(part)
        if value is not None and not isinstance(value, dict):
            raise RenderFailed(
                f"metadata.{part} is not a mapping",
                where=f"{manifest.path}:{manifest.locate(('metadata', part))}",
                hint="write it as `name: value`",
            )
