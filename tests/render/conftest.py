"""Trees of files to render, and the kustomize that builds them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitopskit.manifests.documents import Manifest
from gitopskit.manifests.snapshot import Snapshot
from gitopskit.render.options import DirectoryOptions, KustomizeOptions
from gitopskit.render.programs import Programs, RenderLimits, find_programs
from gitopskit.render.sources import RenderSource, render

WriteTree = Callable[[dict[str, str]], Path]
Render = Callable[..., tuple[Manifest, ...]]


@pytest.fixture
def write_tree(tmp_path: Path) -> WriteTree:
    """Write files below a folder; a value that begins with ``-> `` becomes a symbolic link."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "tree"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content.startswith("-> "):
                path.symlink_to(content.removeprefix("-> "))
            else:
                path.write_text(content)
        return root

    return write


@pytest.fixture(scope="session")
def programs() -> Programs:
    return find_programs(os.environ["PATH"], beside=Path(sys.executable))


@pytest.fixture
def render_tree(write_tree: WriteTree, programs: Programs) -> Render:
    """Write files and render a folder of them."""

    def run(
        files: dict[str, str],
        path: str = ".",
        *,
        recurse: bool = False,
        directory: DirectoryOptions | None = None,
        kustomize: KustomizeOptions | None = None,
        limits: RenderLimits | None = None,
    ) -> tuple[Manifest, ...]:
        snapshot = Snapshot(revision="a" * 40, root=write_tree(files))
        plain = DirectoryOptions(is_recursive=True) if recurse else directory
        source = RenderSource(path=path, directory=plain, kustomize=kustomize)
        return render(snapshot, source, programs=programs, limits=limits or RenderLimits())

    return run


def config_map(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n"
