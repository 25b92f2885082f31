"""Several overlays of one revision, built by one start of kustomize.

Starting kustomize costs more than most builds. Overlays are built together only where that cannot
change what any of them gives: where none renames an object, and none has a kind of object in which
kustomize corrects the namespaces of what it refers to. Whoever is left out is built alone.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitopskitError, ProcessFailed
from gitopskit.manifests.documents import Manifest, expand_lists, read_documents
from gitopskit.render.kustomization import FILE_NAMES
from gitopskit.render.programs import RenderLimits
from gitopskit.render.references import resolve_references
from gitopskit.render.running import run_renderer
from gitopskit.render.sources import RenderSource, way_of_rendering
from gitopskit.render.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.render.programs import Programs

_DEFAULT_LIMITS: Final = RenderLimits()

_TIMEOUT_SECONDS: Final = 10.0
"""One overlay that takes long keeps the others waiting for so long and no longer."""

_FIELDS: Final = frozenset(
    {
        "apiVersion",
        "bases",
        "commonAnnotations",
        "commonLabels",
        "components",
        "images",
        "kind",
        "labels",
        "metadata",
        "namespace",
        "replicas",
        "resources",
    }
)
"""What names no object anew and leaves nothing to be done when all overlays are together.

Source: kustomize api/internal/target/kusttarget.go: suffixes of generated names, corrections of
references, variables and the order are the business of the outermost kustomization.
"""

_KINDS: Final = frozenset(
    {
        "ConfigMap",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "LimitRange",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "ResourceQuota",
        "SealedSecret",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    }
)
"""Kinds that refer to others by a name alone, and are in one namespace with them.

Source: kustomize api/internal/konfig/builtinpluginconsts/namereference.go.
"""

_SEPARATOR: Final = b"---\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What an overlay rendered to, and the folders that it was rendered from."""

    manifests: tuple[Manifest, ...]
    inputs: tuple[PurePosixPath, ...]


def build_paths(
    snapshot: Snapshot,
    paths: Sequence[str],
    *,
    programs: Programs,
    limits: RenderLimits = _DEFAULT_LIMITS,
) -> dict[str, Built]:
    """Return what overlays of a revision render to, by the paths that Applications name."""
    tree = Tree.at(snapshot.root)
    folders: dict[str, PurePosixPath] = {}
    for path in paths:
        with suppress(GitopskitError):
            folder = tree.resolve(PurePosixPath(), path, where=path)
            if way_of_rendering(tree, folder, RenderSource(path=path)) == "Kustomize":
                folders[path] = folder
    wanted = list(dict.fromkeys(folders.values()))
    found = build_together(tree, wanted, programs=programs, limits=limits)
    return {path: found[folder] for path, folder in folders.items() if folder in found}


def build_together(
    tree: Tree, folders: Sequence[PurePosixPath], *, programs: Programs, limits: RenderLimits
) -> dict[PurePosixPath, Built]:
    """Return what overlays render to; those that are to be built alone are left out.

    Nothing is told of errors: whoever builds an overlay alone meets them again.
    """
    inputs = {folder: read for folder in folders if (read := _readable(tree, folder))}
    if not inputs:
        return {}
    try:
        texts = _build(tree, list(inputs), programs=programs, limits=limits)
        found = {
            folder: expand_lists(read_documents(text, path=str(folder)))
            for folder, text in texts.items()
        }
    except (GitopskitError, OSError):
        return {}
    if any(manifest.kind not in _KINDS for it in found.values() for manifest in it):
        return {}
    return {it: Built(manifests=found[it], inputs=inputs[it]) for it in found}


def _readable(tree: Tree, folder: PurePosixPath) -> tuple[PurePosixPath, ...]:
    """Return the folders that an overlay is built from; none where it is to be built alone."""
    try:
        references = resolve_references(tree, folder)
    except GitopskitError:
        return ()
    if not references.fields <= _FIELDS:
        return ()
    return tuple(sorted({*references.folders, *(file.parent for file in references.files)}))


def _build(
    tree: Tree, folders: Sequence[PurePosixPath], *, programs: Programs, limits: RenderLimits
) -> dict[PurePosixPath, bytes]:
    """Return the text of each overlay: kustomize's output, taken apart at our marks."""
    with tempfile.TemporaryDirectory(prefix="gitopskit-", ignore_cleanup_errors=True) as home:
        wrapper = Path(home).resolve() / "wrapper"
        wrapper.mkdir()
        marks = [_mark(wrapper, number) for number in range(len(folders))]
        listed = []
        for folder, mark in zip(folders, marks, strict=True):
            listed += [os.path.relpath(tree.absolute(folder), wrapper), f"{mark}.yaml"]
        content = {"resources": listed, "sortOptions": {"order": "fifo"}}
        (wrapper / FILE_NAMES[0]).write_text(json.dumps(content), encoding="utf-8")
        completed = run_renderer(
            [*programs.require_kustomize(), str(wrapper)],
            home=home,
            folder=PurePosixPath(),
            limits=replace(limits, timeout_seconds=min(_TIMEOUT_SECONDS, limits.timeout_seconds)),
        )
    if completed.exit_code != 0:
        raise ProcessFailed("the overlays do not build together")
    return _take_apart(completed.stdout, folders, marks)


def _mark(wrapper: Path, number: int) -> str:
    """Write an object that ends an overlay's output; nobody can know its name beforehand."""
    name = f"{wrapper.parent.name}-{number}".lower().replace("_", "-")
    (wrapper / f"{name}.yaml").write_bytes(_mark_text(name))
    return name


def _mark_text(name: str) -> bytes:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n".encode()


def _take_apart(
    output: bytes, folders: Sequence[PurePosixPath], marks: Sequence[str]
) -> dict[PurePosixPath, bytes]:
    texts: dict[PurePosixPath, bytes] = {}
    held: list[bytes] = []
    waiting = list(zip(folders, marks, strict=True))
    for document in output.split(b"\n" + _SEPARATOR):
        text = document.rstrip(b"\n") + b"\n"
        if waiting and text == _mark_text(waiting[0][1]):
            texts[waiting.pop(0)[0]] = _SEPARATOR.join(held)
            held = []
        else:
            held.append(text)
    if waiting or held:
        raise ProcessFailed("the overlays cannot be told apart")
    return texts
