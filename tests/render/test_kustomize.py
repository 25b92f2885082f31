"""How kustomize is run, and what is told when it fails."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import RenderFailed
from gitopskit.render.kustomize import build
from gitopskit.render.programs import Programs, RenderLimits, find_programs
from gitopskit.render.tree import Tree
from tests.render.conftest import config_map
from tests.support.shims import install_shims

if TYPE_CHECKING:
    from tests.render.conftest import Render, WriteTree

CANARY = "canary-Pa55word"


@pytest.mark.parametrize(
    ("kustomization", "more", "what"),
    [
        (
            (
                "patches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n"
                f"    metadata: {{name: nope}}\n    data: {{p: {CANARY}}}\n"
            ),
            {},
            "no matches for Id Deployment.v1.apps/nope",
        ),
        (f"patches:\n- patch: |\n    foo: {CANARY}\n    bar\n", {}, "unable to parse SM or JSON"),
        (
            (
                "patches:\n- target: {kind: ConfigMap}\n  patch: |\n    - op: replace\n"
                f"      path: /data/p\n      value: {CANARY}\n"
            ),
            {},
            "doc is missing path",
        ),
        ("secretGenerator:\n- name: s\n  literals: [a=b, a=c]\n", {}, "illegally repeats the key"),
        (f"replicas: {CANARY}\n", {}, "cannot unmarshal string"),
        (f"namespace: [{CANARY}]\n", {}, "cannot unmarshal"),
        (
            "secretGenerator:\n- name: s\n  envs: [x.env]\n",
            {"k/x.env": f"{CANARY}=x\n{CANARY}=y\n"},
            "illegally repeats the key",
        ),
    ],
    ids=["no target", "no patch", "no path", "twice", "type", "another type", "variables"],
)
def test_a_build_that_fails_says_why_and_echoes_no_value(
    render_tree: Render, kustomization: str, more: dict[str, str], what: str
) -> None:
    files = {
        "k/kustomization.yaml": f"resources: [a.yaml]\n{kustomization}",
        "k/a.yaml": config_map("a"),
    }

    with pytest.raises(RenderFailed, match=what) as caught:
        render_tree(files | more, "k")

    assert caught.value.where == "k"
    assert CANARY not in repr(caught.value)
    assert "tree/" not in caught.value.what


def test_a_malformed_resource_is_told_with_its_place(render_tree: Render) -> None:
    files = {"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": f"a: [{CANARY}\n"}

    with pytest.raises(RenderFailed) as caught:
        render_tree(files, "k")

    assert caught.value.where.startswith("k/a.yaml:")
    assert CANARY not in repr(caught.value)


def test_two_resources_of_one_name_are_refused(render_tree: Render) -> None:
    files = {
        "k/kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
        "k/a.yaml": config_map("a"),
        "k/b.yaml": config_map("a"),
    }

    with pytest.raises(RenderFailed, match=r"`b\.yaml`: may not add resource with an already"):
        render_tree(files, "k")


def test_the_build_sees_no_settings_no_git_and_no_network(
    write_tree: WriteTree, programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    program, *arguments = programs.require_kustomize()
    shims = install_shims(tmp_path / "s", [Path(program).name], path=str(Path(program).parent))
    recording = Programs(kustomize=(str(shims.folder / Path(program).name), *arguments))
    # the shim's own mktemp and env must be found, the build's PATH has neither
    _use_absolute_mktemp(shims.folder / Path(program).name)
    root = write_tree(
        {"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": config_map("a")}
    )

    build(Tree.at(root), PurePosixPath("k"), programs=recording, limits=RenderLimits())

    [record] = shims.records()
    variables = dict(line.split("=", 1) for line in record.splitlines() if "=" in line)
    assert CANARY not in record
    assert variables["PATH"] == variables["HOME"]
    assert variables["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert not Path(variables["HOME"]).exists()


@pytest.mark.parametrize(
    ("script", "limits"),
    [
        ("while :; do :; done", RenderLimits(timeout_seconds=0.2)),
        ("while :; do echo xxxxxxxxxxxxxxxxxxxxxxx; done", RenderLimits(output_bytes=10_000)),
    ],
    ids=["for ever", "too much"],
)
def test_a_build_without_end_is_stopped(
    write_tree: WriteTree, tmp_path: Path, script: str, limits: RenderLimits
) -> None:
    builder = tmp_path / "kustomize"
    builder.write_text(f"#!/bin/sh\n{script}\n")
    builder.chmod(0o755)
    root = write_tree({"k/kustomization.yaml": "namespace: x\n"})

    with pytest.raises(RenderFailed, match="the build took more than"):
        build(
            Tree.at(root),
            PurePosixPath("k"),
            programs=Programs(kustomize=(str(builder),)),
            limits=limits,
        )


@pytest.mark.parametrize(
    "limits",
    [RenderLimits(memory_bytes=16 * 1024 * 1024), RenderLimits(data_bytes=16 * 1024 * 1024)],
)
def test_the_memory_of_a_build_is_bounded(render_tree: Render, limits: RenderLimits) -> None:
    files = {"k/kustomization.yaml": "namespace: x\n"}

    with pytest.raises(RenderFailed, match="does not build"):
        render_tree(files, "k", limits=limits)


def test_kustomize_next_to_python_comes_before_kubectl_and_path(tmp_path: Path) -> None:
    for folder, name in (("venv", "kubectl"), ("bin", "kustomize"), ("bin", "kubectl")):
        program = tmp_path / folder / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    beside = tmp_path / "venv" / "python"

    assert find_programs(f"{tmp_path}/bin", beside=beside).kustomize == (
        f"{tmp_path}/bin/kustomize",
        "build",
    )
    assert find_programs("/nonexistent", beside=beside).kustomize == (
        f"{tmp_path}/venv/kubectl",
        "kustomize",
    )
    assert find_programs("/nonexistent", beside=Path("/nonexistent/x")) == Programs()


def test_a_snapshot_is_left_as_it_was(render_tree: Render, tmp_path: Path) -> None:
    render_tree({"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": config_map("a")}, "k")

    left = sorted(path.name for path in (tmp_path / "tree" / "k").iterdir())

    assert left == ["a.yaml", "kustomization.yaml"]


def _use_absolute_mktemp(shim: Path) -> None:
    shim.write_text(shim.read_text().replace("$(mktemp", "$(/usr/bin/mktemp"))
