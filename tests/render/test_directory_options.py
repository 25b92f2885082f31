"""Which files of a folder are manifests."""

from __future__ import annotations

import pytest

from gitopskit.errors import RenderFailed
from gitopskit.render.options import DirectoryOptions
from tests.render.conftest import Render, config_map

FILES = {
    "app/a.yaml": config_map("a"),
    "app/b.yml": config_map("b"),
    "app/old/c.yaml": config_map("c"),
    "app/kustomization.yaml": "resources: [a.yaml]\n",
}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        pytest.param(DirectoryOptions(include="*.yaml"), ["a"], id="include"),
        pytest.param(DirectoryOptions(exclude="a.*"), ["b"], id="exclude"),
        pytest.param(DirectoryOptions(is_recursive=True, include="*.yaml"), ["a", "c"], id="below"),
        pytest.param(
            DirectoryOptions(is_recursive=True, include="*.yaml", exclude="old/*"),
            ["a"],
            id="exclude-wins",
        ),
        pytest.param(
            DirectoryOptions(is_recursive=True, include="{b.*,old/*}"), ["b", "c"], id="braces"
        ),
    ],
)
def test_patterns_choose_files(
    render_tree: Render, options: DirectoryOptions, names: list[str]
) -> None:
    manifests = render_tree(FILES, "app", directory=options)

    assert [manifest.name for manifest in manifests] == names


def test_a_file_that_says_so_is_left_out(render_tree: Render) -> None:
    skipped = "# +argocd:skip-file-rendering\nno: manifest\n"

    manifests = render_tree({"a.yaml": config_map("a"), "b.yaml": skipped})

    assert [manifest.name for manifest in manifests] == ["a"]


def test_a_program_is_not_left_out_in_silence(render_tree: Render) -> None:
    with pytest.raises(RenderFailed) as caught:
        render_tree({"a.yaml": config_map("a"), "b.jsonnet": "{}"})

    assert (caught.value.what, caught.value.where) == ("Jsonnet is not evaluated here", "b.jsonnet")


def test_what_is_excluded_need_not_be_readable(render_tree: Render) -> None:
    files = {"a.yaml": config_map("a"), "b.yaml": "{{ template }}", "c.jsonnet": "{}"}

    manifests = render_tree(files, directory=DirectoryOptions(exclude="{b.yaml,*.jsonnet}"))

    assert [manifest.name for manifest in manifests] == ["a"]
