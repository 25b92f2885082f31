"""The bundled schemas against what others publish.

The published definitions are read from ``../shared/crds`` beside the checkout; where that folder
is absent, these tests are skipped and say so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitopskit.manifests.documents import read_documents
from gitopskit.schemas.catalog import Catalog
from gitopskit.schemas.external_secrets import EXTERNAL_SECRETS

CRDS = Path(__file__).parents[3] / "shared" / "crds"

needs_published_definitions = pytest.mark.skipif(
    not CRDS.is_dir(), reason="the published definitions in ../shared/crds are absent"
)


def _published(kind: str) -> dict[str, Any]:
    path = CRDS / "external-secrets" / f"external-secrets.io_{kind.lower()}s.yaml"
    (definition,) = read_documents(path.read_bytes(), path=str(path))
    for version in definition.content["spec"]["versions"]:
        if version["name"] == "v1":
            schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
            return schema
    raise AssertionError(kind)


def _differences(own: dict[str, Any], published: dict[str, Any], path: str) -> list[str]:
    """Return where the two schemas disagree; what is left open on our side is not looked at."""
    found = []
    for word in ("type", "enum", "required"):
        one, other = own.get(word), published.get(word)
        if one is not None and (sorted(one) != sorted(other or ())):
            found.append(f"{path} {word}: {one} but {other}")
    fields, published_fields = own.get("properties", {}), published.get("properties", {})
    found += [f"{path}.{name} is not published" for name in fields.keys() - published_fields.keys()]
    if fields and "x-kubernetes-preserve-unknown-fields" not in own and path:
        found += [f"{path}.{name} is missing" for name in published_fields.keys() - fields.keys()]
    for name in fields.keys() & published_fields.keys():
        found += _differences(fields[name], published_fields[name], f"{path}.{name}")
    if "items" in own:
        found += _differences(own["items"], published.get("items", {}), f"{path}[]")
    return found


@needs_published_definitions
@pytest.mark.parametrize("kind", [kind for _, kind in EXTERNAL_SECRETS])
def test_external_secrets_are_as_published(kind: str) -> None:
    own = EXTERNAL_SECRETS["external-secrets.io/v1", kind]

    assert _differences(own, _published(kind), "") == []


@needs_published_definitions
@pytest.mark.parametrize("path", sorted(CRDS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_published_definitions_are_valid_and_usable(path: Path) -> None:
    catalog = Catalog()
    for manifest in read_documents(path.read_bytes(), path=str(path)):
        if manifest.kind != "CustomResourceDefinition":
            continue
        schema = catalog.find(manifest.api_version, manifest.kind)
        assert schema is not None
        assert schema.check(manifest.content) == ()
        catalog.add_definition(manifest.content)
        spec = manifest.content["spec"]
        for version in spec["versions"]:
            if version["served"]:
                api_version = f"{spec['group']}/{version['name']}"
                assert catalog.find(api_version, spec["names"]["kind"]) is not None
