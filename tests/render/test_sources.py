"""What a folder renders to, as an overlay or as plain manifests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import MalformedDocument, MissingTool, RenderFailed
from gitopskit.manifests.snapshot import Snapshot
from gitopskit.render.programs import Programs, RenderLimits
from gitopskit.render.sources import RenderSource, render
from tests.render.conftest import config_map

if TYPE_CHECKING:
    from pathlib import Path

    from tests.render.conftest import Render, WriteTree

OVERLAY = {
    "base/kustomization.yaml": "resources: [cm.yaml]\n",
    "base/cm.yaml": config_map("a"),
    "overlay/kustomization.yaml": "namespace: prod\nresources: [../base]\n",
}


def test_an_overlay_is_built_with_its_base(render_tree: Render) -> None:
    [manifest] = render_tree(OVERLAY, "overlay")

    assert str(manifest.ref) == "ConfigMap/prod/a"
    assert manifest.path == "overlay"


def test_a_plain_folder_is_read_in_the_order_of_its_paths(render_tree: Render) -> None:
    manifests = render_tree(
        {
            "b.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}',
            "a.yml": config_map("a1") + "---\n" + config_map("a2"),
            "c.yaml": "# nothing but a comment\n",
            ".hidden.yaml": "not: a manifest",
            "notes.txt": "not a manifest",
            "below/d.yaml": config_map("d"),
        }
    )

    assert [(m.name, m.path) for m in manifests] == [
        ("a1", "a.yml"),
        ("a2", "a.yml"),
        ("b", "b.json"),
    ]


def test_recursion_takes_the_folders_below_and_leaves_kustomizes_files(
    render_tree: Render,
) -> None:
    manifests = render_tree(
        {"a.yaml": config_map("a"), "x/y/b.yaml": config_map("b"), "x/kustomization.yaml": "x: y"},
        recurse=True,
    )

    assert [manifest.path for manifest in manifests] == ["a.yaml", "x/y/b.yaml"]


def test_a_list_is_taken_apart(render_tree: Render) -> None:
    items = "apiVersion: v1\nkind: List\nitems:\n"
    for name in ("a", "b"):
        items += f"- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n"

    assert [manifest.name for manifest in render_tree({"list.yaml": items})] == ["a", "b"]


def test_an_empty_folder_renders_to_nothing(render_tree: Render) -> None:
    assert render_tree({"empty/readme.md": "x"}, "empty") == ()


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("missing", "does not exist"),
        ("", "not the path of a file"),
        ("a.yaml", "this is a file"),
        ("..", "outside of the repository"),
        ("../tree", "outside of the repository"),
        ("/etc", "outside of the repository"),
        ("link", "through a symbolic link"),
        ("https://github.com/a/b", "not in this revision but on a server"),
    ],
)
def test_a_path_must_be_a_folder_of_the_revision(render_tree: Render, path: str, what: str) -> None:
    with pytest.raises(RenderFailed, match=what):
        render_tree({"a.yaml": config_map("a"), "link": "-> /etc"}, path)


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\nmetadata: {name: a}\n",
        "apiVersion: v1\nmetadata: {name: a}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a}\n",
    ],
    ids=["no apiVersion", "no kind", "no name"],
)
def test_a_manifest_must_say_what_it_is(render_tree: Render, text: str) -> None:
    with pytest.raises(RenderFailed, match=r"lacks apiVersion, kind or metadata\.name") as caught:
        render_tree({"x/a.yaml": text}, "x")

    assert caught.value.where == "x/a.yaml:1:1"


def test_an_object_that_is_there_twice_is_refused_with_both_places(render_tree: Render) -> None:
    with pytest.raises(
        RenderFailed, match=r"ConfigMap/a is there twice, first at a\.yaml:1:1"
    ) as c:
        render_tree({"a.yaml": config_map("a"), "b.yaml": "# x\n" + config_map("a")})

    assert c.value.where == "b.yaml:2:1"


def test_malformed_yaml_is_told_with_its_place(render_tree: Render) -> None:
    with pytest.raises(MalformedDocument) as caught:
        render_tree({"x/a.yaml": "a: b\nc: [d\n"}, "x")

    assert caught.value.where.startswith("x/a.yaml:")


def test_a_plain_folder_may_link_to_files_inside_only(render_tree: Render) -> None:
    files = {"real/a.yaml": config_map("a"), "x/in.yaml": "-> ../real/a.yaml"}
    assert [manifest.path for manifest in render_tree(files, "x")] == ["x/in.yaml"]

    with pytest.raises(RenderFailed, match="through a symbolic link"):
        render_tree({"y/out.yaml": "-> /etc/hostname"}, "y")


def test_a_link_to_a_folder_is_not_followed(render_tree: Render) -> None:
    files = {"real/a.yaml": config_map("a"), "x/link": "-> ../real"}

    with pytest.raises(RenderFailed, match="a symbolic link to a folder is not followed"):
        render_tree(files, "x", recurse=True)
    assert render_tree({}, "x") == ()


def test_a_file_larger_than_the_limit_is_refused(render_tree: Render, tmp_path: Path) -> None:
    assert render_tree({"x/readme": ""}, "x") == ()
    with (tmp_path / "tree" / "x" / "large.yaml").open("wb") as file:
        file.truncate(33 * 1024 * 1024)

    with pytest.raises(RenderFailed, match="larger than 32 MiB"):
        render_tree({}, "x")


def test_a_pipe_is_not_read(render_tree: Render, tmp_path: Path) -> None:
    assert render_tree({"x/readme": ""}, "x") == ()
    os.mkfifo(tmp_path / "tree" / "x" / "pipe.yaml")

    with pytest.raises(RenderFailed, match="this is not a file"):
        render_tree({}, "x")


def test_too_many_files_are_refused(render_tree: Render) -> None:
    files = {f"{name}.yaml": config_map(name) for name in ("a", "b", "c")}

    with pytest.raises(RenderFailed, match="more than 2"):
        render_tree(files, limits=RenderLimits(files=2))


def test_a_plain_folder_needs_no_kustomize_and_an_overlay_does(write_tree: WriteTree) -> None:
    snapshot = Snapshot(revision="a" * 40, root=write_tree(OVERLAY | {"p/a.yaml": config_map("a")}))

    assert len(render(snapshot, RenderSource(path="p"), programs=Programs())) == 1
    with pytest.raises(MissingTool) as caught:
        render(snapshot, RenderSource(path="base"), programs=Programs())
    assert "pip install 'gitopskit[render]'" in caught.value.hint


def test_the_root_may_itself_be_reached_by_a_link(
    write_tree: WriteTree, programs: Programs, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(write_tree(OVERLAY))

    rendered = render(
        Snapshot(revision="a" * 40, root=link), RenderSource(path="overlay"), programs=programs
    )

    assert len(rendered) == 1


def test_folders_in_folders_have_a_limit(render_tree: Render) -> None:
    deep = "/".join("a" * 101)

    with pytest.raises(RenderFailed, match="more than 100 folders lie in one another"):
        render_tree({f"{deep}/b.yaml": config_map("b")}, recurse=True)


@pytest.mark.parametrize("part", ["labels", "annotations"])
def test_malformed_metadata_is_told_with_its_place(render_tree: Render, part: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        render_tree({"a.yaml": f"{config_map('a')}  {part}: [x]\n"})

    assert caught.value.what == f"metadata.{part} is not a mapping"
    assert caught.value.where == "a.yaml:5:3"
