"""Overlays that are built together give what each gives alone, or are left out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from gitopskit.render.kustomize import build
from gitopskit.render.programs import RenderLimits
from gitopskit.render.together import Built, build_together
from gitopskit.render.tree import Tree

if TYPE_CHECKING:
    from gitopskit.render.programs import Programs
    from tests.render.conftest import WriteTree

_A, _B, _C = map(PurePosixPath, ("apps/a", "apps/b", "apps/c"))
_DATA = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata:\n  text: |\n    ---\n    x\n"
)
_BINDING = """
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: x}
subjects: [{kind: ServiceAccount, name: y, namespace: z}]
"""
_WORK = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers: [{name: main, image: shop, envFrom: [{configMapRef: {name: settings}}]}]
"""


def _files() -> dict[str, str]:
    return {
        "base/kustomization.yaml": "resources: [all.yaml]\n",
        "base/all.yaml": _DATA.replace("NAME", "settings") + "---\n" + _WORK.replace("NAME", "web"),
        "apps/a/kustomization.yaml": "resources: [../../base]\nnamespace: a\n"
        "images: [{name: shop, newTag: '2'}]\n",
        "apps/b/kustomization.yaml": "resources: [../../base]\nnamespace: b\n"
        "commonLabels: {team: b}\nreplicas: [{name: web, count: 3}]\n",
        "apps/c/kustomization.yaml": "resources: [own.yaml]\n",
        "apps/c/own.yaml": _DATA.replace("NAME", "own"),
    }


def _together(
    tree: Tree, programs: Programs, *folders: PurePosixPath
) -> dict[PurePosixPath, Built]:
    return build_together(tree, folders, programs=programs, limits=RenderLimits())


def _contents(built: Built) -> list[object]:
    return sorted((manifest.content for manifest in built.manifests), key=str)


def test_each_overlay_gives_what_it_gives_alone(write_tree: WriteTree, programs: Programs) -> None:
    tree = Tree.at(write_tree(_files()))

    found = _together(tree, programs, _A, _B, _C)

    assert list(found) == [_A, _B, _C]
    for folder, built in found.items():
        alone = build(tree, folder, programs=programs, limits=RenderLimits())
        assert _contents(built) == sorted((it.content for it in alone), key=str)
        assert {manifest.path for manifest in built.manifests} == {str(folder)}
    assert found[_A].inputs == (_A, PurePosixPath("base"))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("apps/b/kustomization.yaml", "resources: [../../base]\nnamePrefix: b-\n"),
        ("apps/b/kustomization.yaml", "configMapGenerator: [{name: x, literals: [a=b]}]\n"),
        ("apps/b/kustomization.yaml", "resources: [missing.yaml]\n"),
        ("apps/b/kustomization.yaml", "unknown: 1\n"),
        ("apps/b/kustomization.yaml", "resources: [../../base]\npatches: [{patch: '{}'}]\n"),
    ],
    ids=["prefix", "generator", "missing", "unknown", "patch"],
)
def test_an_overlay_that_may_touch_others_or_fails_is_left_out(
    write_tree: WriteTree, programs: Programs, file: str, content: str
) -> None:
    tree = Tree.at(write_tree({**_files(), file: content}))

    found = _together(tree, programs, _A, _B, _C)

    assert list(found) == [_A, _C]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("apps/c/own.yaml", _DATA.replace("NAME", "settings").replace("}", ", namespace: a}")),
        ("apps/c/own.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n"),
        (
            "apps/c/own.yaml",
            _BINDING,
        ),
    ],
    ids=["same-object", "does-not-build", "refers-to-namespaces"],
)
def test_all_are_built_alone_where_they_cannot_be_built_together(
    write_tree: WriteTree, programs: Programs, file: str, content: str
) -> None:
    tree = Tree.at(write_tree({**_files(), file: content}))

    assert _together(tree, programs, _A, _B, _C) == {}


def test_an_overlay_without_objects_gives_none(write_tree: WriteTree, programs: Programs) -> None:
    files = {**_files(), "apps/b/kustomization.yaml": "kind: Kustomization\n"}
    tree = Tree.at(write_tree(files))

    found = _together(tree, programs, _A, _B, _C)

    assert found == {} or found[_B].manifests == ()
