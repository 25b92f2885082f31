"""The only module that runs kustomize: in an empty home, without git, network or much time."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import MalformedDocument, RenderFailed
from gitopskit.manifests.documents import Manifest, expand_lists, read_documents, read_values
from gitopskit.render.kustomization import FILE_NAMES
from gitopskit.render.messages import explain_build
from gitopskit.render.options import KustomizeOptions
from gitopskit.render.references import References, find_kustomization, resolve_references
from gitopskit.render.running import run_renderer
from gitopskit.render.wrapping import conflicts, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePosixPath

    from gitopskit.render.options import Patch
    from gitopskit.render.programs import Programs, RenderLimits
    from gitopskit.render.tree import Tree

_YAML_SUFFIXES: Final = frozenset({".json", ".yaml", ".yml"})


_NO_OPTIONS: Final = KustomizeOptions()


def build(
    tree: Tree,
    folder: PurePosixPath,
    *,
    programs: Programs,
    limits: RenderLimits,
    options: KustomizeOptions = _NO_OPTIONS,
) -> tuple[Manifest, ...]:
    """Return what an overlay renders to with an Application's options, in kustomize's order.

    The manifests carry the overlay's path; their lines are those of the built text.

    Raises:
        RenderFailed: it does not build, takes too long or prints too much.
        MissingTool: kustomize is not installed.
    """
    components = _components(tree, folder, options)
    references = resolve_references(tree, folder, *components)
    with tempfile.TemporaryDirectory(prefix="gitopskit-", ignore_cleanup_errors=True) as home:
        target = tree.absolute(folder)
        if options != _NO_OPTIONS:
            target = _write_wrapper(tree, folder, options, components, home=home)
        argv = [*programs.require_kustomize(), str(target)]
        completed = run_renderer(argv, home=home, folder=folder, limits=limits)
    if completed.exit_code != 0:
        raise _failure(completed.stderr, tree=tree, folder=folder, references=references)
    return expand_lists(read_documents(completed.stdout, path=str(folder)))


def _components(
    tree: Tree, folder: PurePosixPath, options: KustomizeOptions
) -> tuple[PurePosixPath, ...]:
    where = f"{folder}: kustomize.components"
    return tuple(
        tree.resolve(folder, name, where=where)
        for name in options.components
        if not (options.ignores_missing_components and tree.lacks(folder, name))
    )


def _write_wrapper(
    tree: Tree,
    folder: PurePosixPath,
    options: KustomizeOptions,
    components: Sequence[PurePosixPath],
    *,
    home: str,
) -> Path:
    """Return a folder with a kustomization that wraps the overlay; kustomize reads no files there.

    Bases are relative, since kustomize takes no absolute ones.
    """
    _require_no_conflict(tree, folder, options)
    wrapper = Path(home).resolve() / "wrapper"
    wrapper.mkdir()
    content = wrap(
        options,
        base=os.path.relpath(tree.absolute(folder), wrapper),
        components=[os.path.relpath(tree.absolute(place), wrapper) for place in components],
        patches=[_patch_text(tree, folder, patch) for patch in options.patches],
    )
    (wrapper / FILE_NAMES[0]).write_text(json.dumps(content), encoding="utf-8")
    return wrapper


def _require_no_conflict(tree: Tree, folder: PurePosixPath, options: KustomizeOptions) -> None:
    file = find_kustomization(tree, folder)
    own = read_documents(tree.read(file), path=str(file))[0].content if file else {}
    if found := sorted(conflicts(own, options)):
        raise RenderFailed(
            f"the overlay sets itself what the Application asks for: {', '.join(found)}",
            where=str(file),
            hint="set it in one of the two",
        )


def _patch_text(tree: Tree, folder: PurePosixPath, patch: Patch) -> str:
    if not patch.path:
        return patch.text
    place = tree.resolve(folder, patch.path, where=f"{folder}: kustomize.patches")
    return tree.read(place).decode(errors="replace")


def _failure(
    stderr: bytes, *, tree: Tree, folder: PurePosixPath, references: References
) -> RenderFailed:
    malformed = _first_malformed(tree, references)
    if malformed is not None:
        return RenderFailed(malformed.what, where=malformed.where, hint=malformed.hint)
    places = (*references.files, *references.folders)
    known = {text for place in places for text in (str(place), place.name)}
    said = explain_build(stderr, root=str(tree.root), known_names=known)
    return RenderFailed(
        f"the overlay does not build: {said}",
        where=str(folder),
        hint=f"run `kubectl kustomize {folder}` to see all that kustomize says",
    )


def _first_malformed(tree: Tree, references: References) -> MalformedDocument | None:
    """Return where a file is malformed, which kustomize tells without a column or not at all."""
    for file in references.files:
        if file.suffix in _YAML_SUFFIXES:
            try:
                read_values(tree.read(file), path=str(file))
            except MalformedDocument as error:
                return error
    return None
