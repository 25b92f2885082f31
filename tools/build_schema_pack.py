"""Make the schema pack of the package from the schemas that kubernetes-validate ships.

Run ``python -m tools.build_schema_pack`` after raising the version of kubernetes-validate. The
result depends on that version only, so running it again changes nothing.
"""

from __future__ import annotations

import json
import lzma
import re
import sys
from importlib.metadata import distribution, version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

MINORS: Final = ("1.35", "1.36", "1.37")
PACK: Final = Path(__file__).parent.parent / "gitopskit" / "schemas" / "pack"

_DISTRIBUTION: Final = "kubernetes-validate"
_KEPT: Final = frozenset(
    {"$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf"}
)
_UNIONS: Final[dict[str, list[str]]] = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": ["integer", "string", "null"],
    "io.k8s.apimachinery.pkg.api.resource.Quantity": ["number", "string", "null"],
}
"""Two types whose ``oneOf`` in the source refuses null, which the API server accepts."""

_INT32: Final = {"minimum": -(2**31), "maximum": 2**31 - 1}
_LISTS: Final = re.compile(r"List$")


def main() -> None:
    """Write one compressed file per minor version, and the notice beside them."""
    for old in PACK.glob("*.xz"):
        old.unlink()
    for minor in MINORS:
        text = json.dumps(build(minor), separators=(",", ":"), sort_keys=True)
        compressed = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)
        (PACK / f"kubernetes-{minor}.json.xz").write_bytes(compressed)
        sys.stdout.write(f"{minor}: {len(text)} bytes, {len(compressed)} compressed\n")
    (PACK / "NOTICE.txt").write_text(notice(), encoding="utf-8")


def build(minor: str) -> dict[str, Any]:
    """Return ``{"kinds": {"apps/v1 Deployment": definition}, "definitions": {...}}``."""
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{minor}.0-local-strict"
    source = json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    definitions = {name: _definition(name, schema) for name, schema in source.items()}
    kinds = {
        f"{_api_version(known)} {known['kind']}": name
        for name, schema in source.items()
        for known in schema.get("x-kubernetes-group-version-kind", ())
        if not _LISTS.search(known["kind"])
    }
    return {"kinds": kinds, "definitions": definitions}


def notice() -> str:
    """Return whose data the pack is made of, and under which licence."""
    licence = distribution(_DISTRIBUTION).read_text("licenses/LICENSE") or ""
    return (
        "The files kubernetes-*.json.xz are made from the JSON Schemas in the Python package\n"
        f"{_DISTRIBUTION} {version(_DISTRIBUTION)} (Apache-2.0), which derive from the OpenAPI\n"
        "documents of Kubernetes (Copyright The Kubernetes Authors, Apache-2.0). Changed:\n"
        "descriptions and vendor extensions are removed, the forms of IntOrString and Quantity\n"
        "are joined, and 32 bit integers have bounds.\n\n"
        f"{licence.strip()}\n"
    )


def _definition(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    if name in _UNIONS:
        return {"type": _UNIONS[name]}
    return _strip(schema)


def _strip(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {key: _strip_value(key, value) for key, value in schema.items() if key in _KEPT}
    return kept | (_INT32 if schema.get("format") == "int32" else {})


def _strip_value(key: str, value: Any) -> Any:  # noqa: ANN401 -- any part of a JSON Schema
    if key == "properties":
        return {name: _strip(schema) for name, schema in value.items()}
    return _strip(value) if isinstance(value, dict) else value


def _api_version(known: dict[str, str]) -> str:
    return "/".join(part for part in (known["group"], known["version"]) if part)


if __name__ == "__main__":
    main()
