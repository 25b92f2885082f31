"""Sources read into values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import GitopskitError, InputError
from gitopskit.reconciler.fields import Fields
from gitopskit.reconciler.source import Source, parse_sources
from gitopskit.render.options import (
    DirectoryOptions,
    HelmOptions,
    HelmParameter,
    KustomizeOptions,
    Patch,
    Replicas,
)

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

URL = "https://git.example/shop.git"


def sources(*listed: JsonObject, **source: JsonValue) -> tuple[Source, ...]:
    spec: JsonObject = {"source": {"repoURL": URL, **source}, "sources": list(listed)}
    return parse_sources(Fields(content=spec, path="spec", where="Application/web"))


def source(**fields: JsonValue) -> Source:
    (found,) = sources(**fields)
    return found


def test_a_directory_has_patterns() -> None:
    found = source(directory={"recurse": True, "include": "*.yaml", "exclude": "old/*"})

    assert found.directory == DirectoryOptions(is_recursive=True, include="*.yaml", exclude="old/*")


def test_every_option_of_kustomize_is_read() -> None:
    found = source(
        kustomize={
            "namePrefix": "a-",
            "nameSuffix": "-z",
            "namespace": "shop",
            "images": ["web=registry.example/web:v2"],
            "replicas": [{"name": "web", "count": 3}, {"name": "job", "count": "2"}],
            "commonLabels": {"team": "shop"},
            "commonAnnotations": {"note": "x"},
            "components": ["../debug"],
            "ignoreMissingComponents": True,
            "forceCommonLabels": True,
            "forceCommonAnnotations": True,
            "labelWithoutSelector": True,
            "labelIncludeTemplates": True,
            "patches": [
                {
                    "patch": "[]",
                    "path": "p.yaml",
                    "target": {"kind": "Deployment"},
                    "options": {"allowNameChange": True},
                }
            ],
        }
    )

    assert found.kustomize == KustomizeOptions(
        name_prefix="a-",
        name_suffix="-z",
        namespace="shop",
        images=("web=registry.example/web:v2",),
        replicas=(Replicas(name="web", count=3), Replicas(name="job", count=2)),
        common_labels=(("team", "shop"),),
        common_annotations=(("note", "x"),),
        components=("../debug",),
        ignores_missing_components=True,
        forces_labels=True,
        forces_annotations=True,
        spares_selectors=True,
        labels_templates=True,
        patches=(
            Patch(
                text="[]",
                path="p.yaml",
                target=(("kind", "Deployment"),),
                options=(("allowNameChange", True),),
            ),
        ),
    )


def test_every_option_of_helm_is_read() -> None:
    found = source(
        helm={
            "releaseName": "web",
            "namespace": "shop",
            "valueFiles": ["values.yaml"],
            "ignoreMissingValueFiles": True,
            "values": "a: 1",
            "valuesObject": {"a": 2},
            "parameters": [{"name": "b", "value": "3", "forceString": True}],
            "fileParameters": [{"name": "c", "path": "c.txt"}],
            "kubeVersion": "1.30",
            "apiVersions": ["x/v1"],
            "skipCrds": True,
            "skipTests": True,
            "skipSchemaValidation": True,
            "version": "v3",
        }
    )

    assert found.helm == HelmOptions(
        release_name="web",
        namespace="shop",
        value_files=("values.yaml",),
        ignores_missing_value_files=True,
        values="a: 1",
        values_object=json.dumps({"a": 2}),
        parameters=(HelmParameter(name="b", value="3", is_text=True),),
        file_parameters=(("c", "c.txt"),),
        kube_version="1.30",
        api_versions=("x/v1",),
        skips_crds=True,
        skips_tests=True,
        skips_schema_validation=True,
    )


def test_values_are_never_shown() -> None:
    found = source(
        helm={
            "values": "password: hunter2",
            "valuesObject": {"password": "hunter2"},
            "parameters": [{"name": "password", "value": "hunter2"}],
        }
    )

    assert "hunter2" not in repr(found)


def test_several_sources_win_over_one() -> None:
    found = sources({"repoURL": "a", "path": "x"}, {"repoURL": "b", "ref": "values"})

    assert [(it.repo_url, it.is_rendered) for it in found] == [("a", True), ("b", False)]


def test_a_named_source_with_a_path_is_rendered_too() -> None:
    (found,) = sources({"repoURL": "a", "path": "x", "ref": "values"})

    assert found.is_rendered


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([{"repoURL": "a", "ref": "values"}], id="nothing-to-render"),
        pytest.param(
            [{"repoURL": "a", "path": "x", "ref": "v"}, {"repoURL": "b", "ref": "v"}],
            id="one-name-twice",
        ),
        pytest.param([{"repoURL": "a", "path": "x", "ref": "a/b"}], id="odd-name"),
        pytest.param([{"path": "x"}], id="no-repository"),
        pytest.param(
            [{"repoURL": "a", "helm": {"values": "a"}, "directory": {"recurse": True}}],
            id="two-ways-of-rendering",
        ),
        pytest.param([{"repoURL": "a", "helm": {"version": "v2"}}], id="helm-2"),
        pytest.param(
            [{"repoURL": "a", "kustomize": {"commonLabels": {"a": 1}}}], id="label-no-text"
        ),
        pytest.param(
            [{"repoURL": "a", "kustomize": {"replicas": [{"name": "a", "count": "many"}]}}],
            id="count",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(listed: list[JsonObject]) -> None:
    with pytest.raises(InputError):
        sources(*listed)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_NAMES = ("path", "ref", "directory", "kustomize", "helm")


@given(
    fields=st.fixed_dictionaries({"repoURL": st.just("a")}, optional=dict.fromkeys(_NAMES, _JSON))
)
def test_any_source_is_read_or_refused(fields: JsonObject) -> None:
    try:
        found = sources(fields)
    except GitopskitError:
        return
    assert found[0].repo_url
