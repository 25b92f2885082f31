"""Charts, rendered by Helm itself."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitopskitError, MissingTool, RenderFailed
from gitopskit.manifests.snapshot import Snapshot
from gitopskit.render.helm import Release
from gitopskit.render.options import HelmOptions, HelmParameter
from gitopskit.render.programs import Programs, RenderLimits
from gitopskit.render.sources import RenderSource, render

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonObject
    from tests.render.conftest import WriteTree

CANARY = "hunter2-of-the-values"
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  values: {{ .Values | toJson | quote }}
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
"""
TEST_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: probe, annotations: {helm.sh/hook: test}}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "chart/values.yaml": "color: red\nports: [{name: http, port: 80}]\nimage: {tag: v1}\n",
    "chart/templates/all.yaml": TEMPLATE,
}


def rendered(
    helm: Path,
    root: Path,
    options: HelmOptions | None = None,
    *,
    path: str = "chart",
    others: dict[str, Path] | None = None,
) -> tuple[Manifest, ...]:
    return render(
        Snapshot(revision="a" * 40, root=root),
        RenderSource(path=path, helm=options, release=Release(name="web", namespace="shop")),
        programs=Programs(helm=str(helm)),
        limits=RenderLimits(),
        others={name: Snapshot(revision="b" * 40, root=it) for name, it in (others or {}).items()},
    )


def values_of(manifests: tuple[Manifest, ...]) -> JsonObject:
    (manifest,) = manifests
    values: JsonObject = json.loads(manifest.content["data"]["values"])
    return values


def test_a_folder_with_a_chart_is_rendered_by_helm(write_tree: WriteTree, helm: Path) -> None:
    (manifest,) = rendered(helm, write_tree(CHART))

    assert (manifest.name, manifest.namespace) == ("web", "shop")
    assert values_of((manifest,))["color"] == "red"


def test_later_values_win_over_earlier_ones(write_tree: WriteTree, helm: Path) -> None:
    tree = write_tree(
        {
            **CHART,
            "chart/prod.yaml": "a: file\nb: file\nc: file\n",
            "shared.yaml": "a: shared\nz: shared\n",
            "c.txt": "text of a file",
        }
    )
    options = HelmOptions(
        value_files=("/shared.yaml", "prod.yaml"),
        values="b: values\nd: values\n",
        parameters=(
            HelmParameter(name="d", value="5"),
            HelmParameter(name="image.tag", value="v2"),
        ),
        file_parameters=(("text", "../c.txt"),),
    )

    values = values_of(rendered(helm, tree, options))

    assert values["image"] == {"tag": "v2"}
    assert {name: values[name] for name in "abcdz"} == {
        "a": "file",
        "b": "values",
        "c": "file",
        "d": 5,
        "z": "shared",
    }
    assert values["text"] == "text of a file"


def test_an_object_of_values_replaces_their_text(write_tree: WriteTree, helm: Path) -> None:
    options = HelmOptions(values="color: green", values_object='{"color": "blue"}')

    assert values_of(rendered(helm, write_tree(CHART), options))["color"] == "blue"


def test_value_files_may_be_in_another_source(
    write_tree: WriteTree, helm: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "prod").mkdir(parents=True)
    (other / "prod/values.yaml").write_text("color: blue\n")
    options = HelmOptions(value_files=("$values/prod/values.yaml",))

    found = rendered(helm, write_tree(CHART), options, others={"values": other})

    assert values_of(found)["color"] == "blue"


def test_release_and_namespace_may_be_named(write_tree: WriteTree, helm: Path) -> None:
    options = HelmOptions(release_name="other", namespace="there")

    (manifest,) = rendered(helm, write_tree(CHART), options)

    assert (manifest.name, manifest.namespace) == ("other", "there")


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        pytest.param(
            HelmOptions(), {"ConfigMap", "CustomResourceDefinition", "Pod"}, id="everything"
        ),
        pytest.param(HelmOptions(skips_crds=True), {"ConfigMap", "Pod"}, id="no-definitions"),
        pytest.param(
            HelmOptions(skips_tests=True), {"ConfigMap", "CustomResourceDefinition"}, id="no-tests"
        ),
    ],
)
def test_definitions_and_tests_may_be_left_out(
    write_tree: WriteTree, helm: Path, options: HelmOptions, kinds: set[str]
) -> None:
    tree = write_tree(
        {**CHART, "chart/crds/things.yaml": CRD, "chart/templates/test.yaml": TEST_POD}
    )

    assert {manifest.kind for manifest in rendered(helm, tree, options)} == kinds


def test_capabilities_may_be_named(write_tree: WriteTree, helm: Path) -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n"
        "  version: {{ .Capabilities.KubeVersion.Version | quote }}\n"
        '  has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}\n'
    )
    tree = write_tree({**CHART, "chart/templates/all.yaml": text})
    options = HelmOptions(kube_version="1.29.3", api_versions=("example.com/v1",))

    (manifest,) = rendered(helm, tree, options)

    assert manifest.content["data"] == {"version": "v1.29.3", "has": "true"}


def test_a_schema_of_values_holds_unless_it_is_skipped(write_tree: WriteTree, helm: Path) -> None:
    schema = '{"properties": {"color": {"type": "integer"}}}'
    tree = write_tree({**CHART, "chart/values.schema.json": schema})

    assert rendered(helm, tree, HelmOptions(skips_schema_validation=True))
    with pytest.raises(RenderFailed):
        rendered(helm, tree)


def test_a_missing_value_file_may_be_ignored(write_tree: WriteTree, helm: Path) -> None:
    options = HelmOptions(value_files=("none.yaml",))

    assert rendered(helm, write_tree(CHART), replace(options, ignores_missing_value_files=True))
    with pytest.raises(RenderFailed):
        rendered(helm, write_tree(CHART), options)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("../../none.yaml", id="missing-outside"),
        pytest.param("../../there.yaml", id="outside"),
        pytest.param("../out/none.yaml", id="missing-behind-a-link"),
        pytest.param("https://x.example/none.yaml", id="remote"),
        pytest.param("no\0ne.yaml", id="no-name"),
    ],
)
def test_a_value_file_elsewhere_is_refused_whether_it_is_there_or_not(
    write_tree: WriteTree, helm: Path, name: str
) -> None:
    """An Application must not learn what else is on the reconciler's disk."""
    tree = write_tree(CHART)
    (tree.parent / "there.yaml").write_text("color: blue\n", encoding="utf-8")
    (tree / "out").symlink_to(tree.parent)
    options = HelmOptions(value_files=(name,), ignores_missing_value_files=True)

    with pytest.raises(RenderFailed, match=r"outside|leads out|on a server|not the path"):
        rendered(helm, tree, options)


@pytest.mark.parametrize(
    ("options", "files"),
    [
        pytest.param(HelmOptions(value_files=("https://x.example/v.yaml",)), {}, id="remote-file"),
        pytest.param(HelmOptions(value_files=("../../etc/passwd",)), {}, id="file-outside"),
        pytest.param(HelmOptions(value_files=("$none/values.yaml",)), {}, id="no-such-ref"),
        pytest.param(HelmOptions(value_files=("list.yaml",)), {"list.yaml": "[1]"}, id="a-list"),
        pytest.param(HelmOptions(values="a: [", release_name="x"), {}, id="malformed-values"),
        pytest.param(HelmOptions(release_name="--post-renderer=x"), {}, id="name-as-option"),
        pytest.param(
            HelmOptions(parameters=(HelmParameter(name="a", value="$ARGOCD_APP_NAME"),)),
            {},
            id="build-environment",
        ),
        pytest.param(None, {"leak.txt": "-> /etc/passwd"}, id="link-outside"),
        pytest.param(None, {"templates/more": "-> ../../chart"}, id="link-to-a-folder"),
        pytest.param(
            None,
            {
                "Chart.yaml": (
                    "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
                    "- {name: db, version: 1.0.0, repository: 'https://charts.example'}\n"
                )
            },
            id="missing-dependency",
        ),
    ],
)
def test_what_cannot_be_rendered_is_refused(
    write_tree: WriteTree, helm: Path, options: HelmOptions | None, files: dict[str, str]
) -> None:
    tree = write_tree({**CHART, **{f"chart/{name}": text for name, text in files.items()}})

    with pytest.raises(GitopskitError):
        rendered(helm, tree, options)


def test_a_chart_needs_its_file(write_tree: WriteTree, helm: Path) -> None:
    with pytest.raises(RenderFailed):
        rendered(helm, write_tree({"app/a.yaml": "{}"}), HelmOptions(values="a: 1"), path="app")


def test_an_error_never_shows_a_value(write_tree: WriteTree, helm: Path) -> None:
    text = '{{ fail (printf "not %s nor %s" .Values.password (.Values.password | b64enc)) }}'
    tree = write_tree({**CHART, "chart/templates/bad.yaml": text})

    with pytest.raises(RenderFailed) as caught:
        rendered(helm, tree, HelmOptions(values=f"password: {CANARY}"))

    assert "bad.yaml" in caught.value.what
    assert "not … nor …" in caught.value.what


def test_values_are_no_arguments_and_no_variables(write_tree: WriteTree, tmp_path: Path) -> None:
    """A stand-in for Helm writes down how it was started."""
    seen = tmp_path / "seen"
    helm = tmp_path / "helm"
    helm.write_text(
        f"#!/bin/sh\n/usr/bin/env >{seen}\nprintf '%s\\n' \"$@\" >>{seen}\n/bin/cat >/dev/null\n"
    )
    helm.chmod(0o700)
    options = HelmOptions(
        values=f"a: {CANARY}",
        parameters=(HelmParameter(name="b", value=CANARY),),
    )

    rendered(helm, write_tree(CHART), options)

    text = seen.read_text()
    assert CANARY not in text
    assert "HELM_PLUGINS=" in text


def test_without_helm_a_chart_is_not_rendered(write_tree: WriteTree) -> None:
    snapshot = Snapshot(revision="a" * 40, root=write_tree(CHART))

    with pytest.raises(MissingTool):
        render(snapshot, RenderSource(path="chart"), programs=Programs())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a", "1"),
        ("a", "-7"),
        ("a", "0"),
        ("a", "007"),
        ("a", "1.5"),
        ("a", "1000000"),
        ("a", "9223372036854775808"),
        ("a", "TRUE"),
        ("a", "null"),
        ("color", "null"),
        ("a", ""),
        ("a", "{x,2,true}"),
        ("a", "{}"),
        ("a", r"x\,y"),
        ("a", r"x\\y"),
        ("a.b.c", "x"),
        ("image.tag", "v2"),
        ("list[1]", "x"),
        ("list[0].name", "x"),
        (r"node\.io/role", "x"),
    ],
)
def test_parameters_mean_what_they_mean_to_helm(
    write_tree: WriteTree, helm: Path, name: str, value: str
) -> None:
    tree = write_tree(CHART)
    argv = [str(helm), "template", "web", f"{tree}/chart", "--set", f"{name}={value}"]
    done = subprocess.run(argv, capture_output=True, check=True, text=True, env={})
    (line,) = [it for it in done.stdout.splitlines() if it.startswith("  values: ")]

    ours = rendered(helm, tree, HelmOptions(parameters=(HelmParameter(name=name, value=value),)))

    assert ours[0].content["data"]["values"] == json.loads(line.removeprefix("  values: "))
