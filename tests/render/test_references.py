"""Everything that a build reads is found before it runs, and lies inside the revision."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitopskitError, MalformedDocument, RenderFailed
from gitopskit.render.references import References, resolve_references
from gitopskit.render.tree import Tree
from tests.render.conftest import config_map

if TYPE_CHECKING:
    from tests.render.conftest import WriteTree


def resolve(write_tree: WriteTree, files: dict[str, str], folder: str = "k") -> References:
    return resolve_references(Tree.at(write_tree(files)), PurePosixPath(folder))


def paths(references: References) -> set[str]:
    return {str(path) for path in references.files}


def test_every_kind_of_reference_is_found(write_tree: WriteTree) -> None:
    kustomization = """
resources: [a.yaml, ../base]
components: [../component]
crds: [crd.json]
configurations: [names.yaml]
patches:
  - path: patch.yaml
  - patch: "inline: true"
    target: {kind: Deployment}
patchesStrategicMerge:
  - merge.yaml
  - |-
    apiVersion: v1
    kind: ConfigMap
patchesJson6902:
  - path: json.yaml
    target: {version: v1, kind: ConfigMap, name: a}
replacements:
  - path: replacement.yaml
  - source: {kind: ConfigMap}
openapi: {path: openapi.json}
configMapGenerator:
  - name: c
    literals: [a=b]
    files: [plain.txt, key=named.txt]
    envs: [one.env]
    env: two.env
secretGenerator:
  - name: s
    files: [secret.txt]
generators: [generator.yaml]
transformers:
  - |-
    apiVersion: builtin
    kind: PatchTransformer
    metadata: {name: x}
    path: inline-plugin.yaml
validators: [validator.yaml]
namePrefix: p-
"""
    names = "a.yaml patch.yaml merge.yaml json.yaml replacement.yaml crd.json names.yaml "
    names += "openapi.json plain.txt named.txt one.env two.env secret.txt inline-plugin.yaml "
    names += "from-generator.txt strategic.yaml r.yaml"
    files = {f"k/{name}": "{}" for name in names.split()}
    files["k/kustomization.yaml"] = kustomization
    files["k/generator.yaml"] = (
        "apiVersion: builtin\nkind: ConfigMapGenerator\nfiles: [from-generator.txt]\n---\n"
        "apiVersion: builtin\nkind: PatchStrategicMergeTransformer\npaths: [strategic.yaml]\n---\n"
        "apiVersion: builtin\nkind: ReplacementTransformer\nreplacements: [{path: r.yaml}]\n"
    )
    files["k/validator.yaml"] = "apiVersion: builtin\nkind: NamespaceTransformer\n"
    files["base/Kustomization"] = "resources: [b.yaml]\n"
    files["base/b.yaml"] = config_map("b")
    files["component/kustomization.yml"] = "kind: Component\npatches: []\n"

    found = resolve(write_tree, files)

    assert paths(found) == set(files)
    assert [str(folder) for folder in found.folders] == ["base", "component", "k"]


@pytest.mark.parametrize(
    "name",
    [
        "https://example.com/a.yaml",
        "http://127.0.0.1/a.yaml",
        "github.com/example/repo",
        "github.com/example/repo?ref=v1",
        "git::https://example.com/repo",
        "git@example.com:repo",
        "ssh://git@example.com/repo",
        "file:///etc/passwd",
        "example.com:repo.git",
        "gh:example/repo",
        "user@example.com/repo",
        "repo?ref=main",
    ],
)
@pytest.mark.parametrize("field", ["resources", "components", "bases", "crds", "generators"])
def test_what_is_on_a_server_is_refused(write_tree: WriteTree, field: str, name: str) -> None:
    """Even where a folder of that name is there, which kustomize would ignore."""
    files = {
        "k/kustomization.yaml": f'namespace: x\n{field}:\n- "{name}"\n',
        "k/github.com/example/repo/kustomization.yaml": "",
    }

    with pytest.raises(RenderFailed, match="on a server") as caught:
        resolve(write_tree, files)

    assert caught.value.where == "k/kustomization.yaml:3:3"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("/etc/passwd", "outside of the repository"),
        ("../../outside.yaml", "outside of the repository"),
        ("../x/../../tree/k/a.yaml", "outside of the repository"),
        ("link", "through a symbolic link"),
        ("folder-link/passwd", "through a symbolic link"),
        ("missing.yaml", "does not exist"),
        ("a\\u0000b", "not the path of a file"),
    ],
)
@pytest.mark.parametrize(
    "field",
    [
        "resources: [{}]",
        "patches: [{{path: {}}}]",
        "replacements: [{{path: {}}}]",
        "configMapGenerator: [{{name: c, files: [{}]}}]",
        "secretGenerator: [{{name: c, envs: [{}]}}]",
        "openapi: {{path: {}}}",
        "transformers: [{}]",
    ],
    ids=["resource", "patch", "replacement", "file", "env", "openapi", "plugin"],
)
def test_what_is_not_in_the_revision_is_refused(
    write_tree: WriteTree, field: str, name: str, what: str
) -> None:
    files = {
        "k/kustomization.yaml": field.format(f'"{name}"') + "\n",
        "k/link": "-> /etc/passwd",
        "k/folder-link": "-> /etc",
    }

    with pytest.raises(RenderFailed, match=what) as caught:
        resolve(write_tree, files)

    assert caught.value.where.startswith("k/kustomization.yaml:1:")


def test_a_link_inside_of_the_revision_is_followed(write_tree: WriteTree) -> None:
    files = {
        "k/kustomization.yaml": "resources: [base]\n",
        "k/base": "-> ../real",
        "real/kustomization.yaml": "resources: [a.yaml]\n",
        "real/a.yaml": config_map("a"),
    }

    assert paths(resolve(write_tree, files)) == set(files) - {"k/base"}


@pytest.mark.parametrize(
    ("kustomization", "what", "where"),
    [
        ("namespace: x\nfancy: [y]", "no field 'fancy'", "2:1"),
        ("helmCharts: [{name: x}]", "helmCharts: charts are not rendered", "1:1"),
        ("helmChartInflationGenerator: []", "charts are not rendered", "1:1"),
        ("kind: ConfigMap", "neither a Kustomization nor a Component", "1:1"),
        ("resources: a.yaml", "a list is expected", "1:1"),
        ("resources: [{a: b}]", "a string is expected", "1:13"),
        ("patches: [a.yaml]", "a mapping is expected", "1:11"),
        ("configMapGenerator: [c]", "a mapping is expected", "1:22"),
        ("configMapGenerator: [{name: c, envs: x}]", "a list is expected", "1:22"),
        ("secretGenerator: [{literals: [hunter2]}]", "the form name=value", "1:31"),
        ("secretGenerator: [{literals: hunter2}]", "a list is expected", "1:19"),
        ("resources: [folder]", "has no kustomization.yaml", "1:13"),
        ("crds: [folder]", "a file is expected here", "1:8"),
        ("resources: [.]", "refers to itself", "1:13"),
        ("generators: [function.yaml]", "the plugin Function is not supported", "function"),
        ("generators: [chart.yaml]", "HelmChartInflationGenerator is not supported", "chart"),
        ("generators: ['{kind: Other}']", "the plugin Other is not supported", "1:14"),
    ],
)
def test_what_cannot_be_built_is_told_with_its_place(
    write_tree: WriteTree, kustomization: str, what: str, where: str
) -> None:
    files = {
        "k/kustomization.yaml": kustomization + "\n",
        "k/folder/a.yaml": config_map("a"),
        "k/function.yaml": "apiVersion: example.com/v1\nkind: Function\n",
        "k/chart.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\n",
    }

    with pytest.raises(RenderFailed, match=what) as caught:
        resolve(write_tree, files)

    assert where in caught.value.where
    assert "hunter2" not in repr(caught.value)


def test_folders_that_refer_to_each_other_are_refused(write_tree: WriteTree) -> None:
    files = {
        "k/kustomization.yaml": "resources: [../other]\n",
        "other/kustomization.yaml": "resources: [../k]\n",
    }

    with pytest.raises(RenderFailed, match="refers to itself") as caught:
        resolve(write_tree, files)

    assert caught.value.where == "other/kustomization.yaml:1:13"


def test_a_very_long_chain_of_folders_is_refused(write_tree: WriteTree) -> None:
    files = {
        f"{number}/kustomization.yaml": f"resources: [../{number + 1}]\n" for number in range(99)
    }

    with pytest.raises(RenderFailed, match="refers to itself, maybe through others"):
        resolve(write_tree, files, "0")


def test_a_base_of_two_overlays_is_read_once(write_tree: WriteTree) -> None:
    files = {
        "k/kustomization.yaml": "resources: [../a, ../b]\n",
        "a/kustomization.yaml": "resources: [../base]\n",
        "b/kustomization.yaml": "resources: [../base]\n",
        "base/kustomization.yaml": "namespace: x\n",
    }

    assert len(resolve(write_tree, files).folders) == 4


@pytest.mark.parametrize(
    "files",
    [
        {"k/kustomization.yaml": "a: 1\n---\nb: 2\n"},
        {"k/kustomization.yaml": ""},
        {"k/kustomization.yaml": "a: [b\n"},
        {"k/kustomization.yaml": "- a\n"},
    ],
    ids=["two documents", "nothing", "malformed", "a list"],
)
def test_a_kustomization_is_one_document(write_tree: WriteTree, files: dict[str, str]) -> None:
    with pytest.raises(MalformedDocument) as caught:
        resolve(write_tree, files)

    assert caught.value.where.startswith("k/kustomization.yaml:")


def test_two_kustomizations_in_a_folder_are_refused(write_tree: WriteTree) -> None:
    with pytest.raises(RenderFailed, match="several kustomization files"):
        resolve(write_tree, {"k/kustomization.yaml": "", "k/Kustomization": ""})


def test_a_kustomization_that_is_a_link_out_is_refused(write_tree: WriteTree) -> None:
    with pytest.raises(GitopskitError, match="symbolic link"):
        resolve(write_tree, {"k/kustomization.yaml": "-> /etc/hostname"})
