from __future__ import annotations

import pytest

from gitopskit.manifests.documents import read_values
from gitopskit.validation.kustomizations import Kustomization, check_kustomization

EXISTING = {"apps/web/a.yaml", "apps/base", "apps/web/p.yaml"}


def _kustomization(text: str) -> Kustomization:
    (document,) = read_values(text, path="apps/web/kustomization.yaml")
    return Kustomization(document=document, folder="apps/web")


def _check(text: str) -> list[str]:
    found = check_kustomization(_kustomization(text), exists=EXISTING.__contains__)
    return [f"{each.line}:{each.column} {each.rule}: {each.message}" for each in found]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("resources: [a.yaml, ../base, ./a.yaml]\n", id="resources that exist"),
        pytest.param("resources: ['https://example.com/a.yaml']\n", id="URL"),
        pytest.param(
            "resources: [example.com/org/repo//path, 'git@example.com:a/b']\n", id="remote"
        ),
        pytest.param("resources: ['repo?ref=v1']\n", id="remote with a revision"),
        pytest.param("patches:\n- path: p.yaml\n- patch: '- op: x'\n", id="patches"),
        pytest.param(
            'patchesStrategicMerge: [p.yaml, "kind: A\\nspec: {}\\n"]\n', id="old patches"
        ),
        pytest.param(
            "kind: Component\nnamespace: x\nimages: [{name: a, newTag: b}]\n", id="component"
        ),
        pytest.param("resources:\n", id="empty field"),
        pytest.param("secretGenerator: [{name: a}]\n", id="generator of nothing"),
    ],
)
def test_a_right_kustomization_has_no_findings(text: str) -> None:
    assert _check(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "resource: [a.yaml]\n",
            ['1:1 kustomization: the field "resource" is unknown here'],
            id="unknown field",
        ),
        pytest.param(
            "resources: a.yaml\n",
            ["1:1 kustomization: this must be a list, not a string"],
            id="wrong type",
        ),
        pytest.param(
            "resources:\n- a.yaml\n- {a: 1}\n- b.yaml\n",
            [
                "3:3 kustomization: this must be a string, not a mapping",
                "4:3 missing-reference: there is no apps/web/b.yaml",
            ],
            id="wrong item before a missing file",
        ),
        pytest.param(
            "components: [../policies]\n",
            ["1:14 missing-reference: there is no apps/policies"],
            id="missing component",
        ),
        pytest.param(
            "patches:\n- 5\n- target: {kind: A}\n  path: q.yaml\n",
            [
                "2:3 kustomization: this must be a mapping, not an integer",
                "4:3 missing-reference: there is no apps/web/q.yaml",
            ],
            id="missing patch",
        ),
        pytest.param("- a\n", ["1:1 kustomization: a kustomization is a mapping"], id="a list"),
        pytest.param(
            "secretGenerator:\n- name: a\n  literals: [password=hunter2]\n",
            ["2:3 plaintext-secret: a secretGenerator makes a Secret of plaintext that is in Git"],
            id="secret generator",
        ),
    ],
)
def test_what_is_wrong_is_found_with_its_place(text: str, expected: list[str]) -> None:
    assert _check(text) == expected


def test_patch_files_are_named_relative_to_the_kustomization() -> None:
    kustomization = _kustomization(
        "patches: [{path: ../p.yaml}]\npatchesStrategicMerge: [q.yaml]\n"
        "patchesJson6902: [{path: r.yaml}]\nreplacements: [{path: s.yaml}]\n"
    )

    assert set(kustomization.patch_files()) == {
        "apps/p.yaml",
        "apps/web/q.yaml",
        "apps/web/r.yaml",
        "apps/web/s.yaml",
    }


def test_a_kustomization_of_strange_shape_names_nothing() -> None:
    assert list(_kustomization("- a\n").resource_files()) == []
