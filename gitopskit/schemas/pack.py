"""The bundled pack: the schemas of one minor version of Kubernetes.

Owns the format of the files below ``pack/``; ``tools/build_schema_pack.py`` writes them.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject, JsonValue

VERSIONS: Final = ("1.35", "1.36", "1.37")
LATEST: Final = VERSIONS[-1]
OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
REFERENCE: Final = "#/$defs/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The definitions of one version; ``kinds`` maps ``apps/v1 Deployment`` to a definition."""

    kinds: Mapping[str, str]
    definitions: Mapping[str, JsonObject]

    def schema_of(self, api_version: str, kind: str) -> JsonObject | None:
        """Return the schema of a kind with all that it refers to, or None."""
        name = self.kinds.get(f"{api_version} {kind}")
        return None if name is None else self.complete({"$ref": REFERENCE + name})

    def complete(self, schema: JsonObject) -> JsonObject:
        """Return a schema with the definitions that it refers to, directly or not."""
        found: dict[str, JsonObject] = {}
        waiting = list(_references(schema))
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.definitions[name]
                waiting.extend(_references(found[name]))
        return {**schema, "$defs": found}


@cache
def load_pack(version: str) -> Pack:
    """Return the pack of a minor version of Kubernetes, such as ``1.37``.

    Raises:
        InputError: there is no pack of this version.
    """
    if version not in VERSIONS:
        raise InputError(
            f"there are no schemas of Kubernetes {version}",
            hint="use one of " + ", ".join(VERSIONS),
        )
    data = (files("gitopskit.schemas") / "pack" / f"kubernetes-{version}.json.xz").read_bytes()
    content = json.loads(lzma.decompress(data))
    return Pack(kinds=content["kinds"], definitions=content["definitions"])


def _references(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(REFERENCE)
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)
