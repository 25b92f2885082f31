"""What is wrong with the names and the namespace of a SealedSecret, and with its template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.sealedfiles.part_checks import NAME, NAMESPACE, TEMPLATE
from gitopskit.sealedfiles.reading import read_sealed
from gitopskit.sealedfiles.verify import subject_of, verify_manifests
from gitopskit.sealing.scope import Scope
from tests.support.sealed_manifests import sealed_content, yaml_of

if TYPE_CHECKING:
    from gitopskit.manifests.findings import Finding
    from gitopskit.manifests.json_types import JsonObject


def _verify(content: JsonObject, *, namespace: str = "") -> list[Finding]:
    (part,) = read_sealed(yaml_of(content), path="x.yaml").parts
    return verify_manifests([subject_of(part, namespace=namespace)])


def _told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.rule, each.severity) for each in findings]


@pytest.mark.parametrize(
    ("field", "rule"), [("namespace", NAMESPACE), ("name", NAME)], ids=["namespace", "name"]
)
def test_a_name_that_no_object_can_have_is_an_error_at_its_place(field: str, rule: str) -> None:
    content = sealed_content()
    content["metadata"][field] = "shop/db"

    (finding,) = _verify(content)

    assert (finding.rule, finding.severity) == (rule, "error")
    assert finding.message == f"the {field} 'shop/db' is not a DNS name"
    assert finding.line == yaml_of(content).decode().split("\n").index(f"  {field}: shop/db") + 1


def test_a_name_may_have_dots_and_a_namespace_may_not() -> None:
    content = sealed_content("a.b")
    content["metadata"]["namespace"] = "a.b"

    assert _told(_verify(content)) == [(NAMESPACE, "error")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://{{ .token }}", []),
        ("https://{{ .token", [(TEMPLATE, "error")]),
        ("{{ now }}", [(TEMPLATE, "warning")]),
    ],
    ids=["rendered", "malformed", "refused"],
)
def test_texts_to_be_rendered_are_told_where_they_will_not_be(
    text: str, told: list[tuple[str, str]]
) -> None:
    content = sealed_content()
    content["spec"]["template"] = {"data": {"url": text}}

    assert _told(_verify(content)) == told


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_another_namespace_than_the_overlays_is_an_error_where_the_scope_binds_it(
    scope: Scope,
) -> None:
    findings = _verify(sealed_content(scope=scope), namespace="prod-web")

    assert [(each.rule, each.severity, each.message) for each in findings] == (
        []
        if scope is Scope.CLUSTER_WIDE
        else [(NAMESPACE, "error", "it is for namespace shop, and this overlay is for prod-web")]
    )


def test_the_namespace_of_the_overlay_is_without_fault() -> None:
    assert _verify(sealed_content(), namespace="shop") == []


def test_no_namespace_in_an_overlay_is_told_once() -> None:
    content = sealed_content()
    del content["metadata"]["namespace"]

    assert _told(_verify(content, namespace="prod-web")) == [(NAMESPACE, "warning")]
