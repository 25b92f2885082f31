"""What a source is rendered from: as little as is certain, otherwise everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.snapshot import Snapshot
from gitopskit.render.inputs import folders_read
from gitopskit.render.options import DirectoryOptions, KustomizeOptions, Patch
from gitopskit.render.sources import RenderSource

if TYPE_CHECKING:
    from tests.render.conftest import WriteTree

_FILES = {
    "apps/a/kustomization.yaml": "resources: [../../base, ../../shared/extra.yaml]",
    "base/kustomization.yaml": "resources: [all.yaml]\ncomponents: [../parts/x]",
    "base/all.yaml": "",
    "parts/x/kustomization.yaml": "kind: Component\npatches: [{path: sub/patch.yaml}]",
    "parts/x/sub/patch.yaml": "",
    "shared/extra.yaml": "",
    "plain/all.yaml": "",
    "odd/kustomization.yaml": "unheardOf: 1",
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            RenderSource(path="apps/a"),
            ["apps/a", "base", "parts/x", "parts/x/sub", "shared"],
        ),
        (RenderSource(path="plain"), ["plain"]),
        (RenderSource(path="base", directory=DirectoryOptions(is_recursive=True)), ["base"]),
        (RenderSource(path="odd"), ["."]),
        (RenderSource(path="missing"), ["."]),
        (RenderSource(path="."), ["."]),
        (
            RenderSource(path="apps/a", kustomize=KustomizeOptions(components=("../../parts/x",))),
            ["."],
        ),
        (
            RenderSource(
                path="apps/a", kustomize=KustomizeOptions(patches=(Patch(path="../p.yaml"),))
            ),
            ["."],
        ),
    ],
    ids=["overlay", "plain", "recursive", "unknown-field", "missing", "root", "parts", "patches"],
)
def test_a_source_reads(write_tree: WriteTree, source: RenderSource, expected: list[str]) -> None:
    snapshot = Snapshot(revision="a" * 40, root=write_tree(_FILES))

    found = folders_read(snapshot, source)

    assert [str(folder) for folder in found] == expected
