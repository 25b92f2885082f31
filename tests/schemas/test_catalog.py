from __future__ import annotations

from typing import Any

import pytest

from gitopskit.errors import InputError
from gitopskit.schemas.catalog import Catalog, find_schema
from gitopskit.schemas.pack import VERSIONS


def _definition(schema: dict[str, Any], *, served: bool = True) -> dict[str, Any]:
    version = {"name": "v1", "served": served, "schema": {"openAPIV3Schema": schema}}
    return {"spec": {"group": "example.com", "names": {"kind": "Thing"}, "versions": [version]}}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "Secret"),
        ("apps/v1", "StatefulSet"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("external-secrets.io/v1", "ExternalSecret"),
    ],
)
def test_known_kinds_have_a_schema(version: str, api_version: str, kind: str) -> None:
    assert find_schema(api_version, kind, kubernetes=version) is not None


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [("v1", "secret"), ("apps/v1beta1", "Deployment"), ("example.com/v1", "Thing"), ("", "")],
)
def test_unknown_kinds_have_none(api_version: str, kind: str) -> None:
    assert find_schema(api_version, kind) is None
    assert Catalog().find(api_version, kind) is None


def test_a_schema_is_compiled_once() -> None:
    catalog = Catalog()

    assert catalog.find("v1", "Secret") is catalog.find("v1", "Secret")


def test_definitions_are_loaded_once_for_a_group() -> None:
    asked: list[str] = []

    def load(group: str) -> list[dict[str, Any]]:
        asked.append(group)
        return [_definition({"type": "object"})]

    catalog = Catalog(load_definitions=load)

    assert catalog.find("example.com/v1", "Thing") is not None
    assert catalog.find("example.com/v1", "Other") is None
    assert asked == ["example.com"]


def test_the_first_definition_of_a_kind_stays() -> None:
    catalog = Catalog()
    catalog.add_definition(_definition({"type": "object", "required": ["spec"]}))
    catalog.add_definition(_definition({"type": "object"}))

    schema = catalog.find("example.com/v1", "Thing")

    assert schema is not None
    assert [each.message for each in schema.check({})] == ['the field "spec" is missing']


def test_a_version_that_is_not_served_is_unknown() -> None:
    catalog = Catalog()
    catalog.add_definition(_definition({"type": "object"}, served=False))

    assert catalog.find("example.com/v1", "Thing") is None


def test_a_definition_that_is_no_schema_is_refused() -> None:
    catalog = Catalog()
    catalog.add_definition(_definition({"type": "nonsense"}))

    with pytest.raises(InputError, match="no valid JSON Schema"):
        catalog.find("example.com/v1", "Thing")
