"""Kinds: which kinds an API server has, from its aggregated discovery documents. Pure.

Source: kubernetes.io/docs, "Discovery API" (apidiscovery.k8s.io/v2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.kube.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject

DISCOVERY_ACCEPT: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
DISCOVERY_PATHS: Final = ("/api", "/apis")


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind that a server has, in each of its versions."""

    _by_name: Mapping[tuple[str, str], tuple[ResourceType, ...]]

    @classmethod
    def of_documents(cls, documents: Iterable[JsonObject]) -> Kinds:
        """Return the kinds that discovery documents tell of, preferred versions first."""
        by_name: dict[tuple[str, str], tuple[ResourceType, ...]] = {}
        for document in documents:
            for kind in _kinds_of(document):
                key = (kind.group, kind.kind)
                by_name[key] = (*by_name.get(key, ()), kind)
        return cls(by_name)

    def find(self, group: str, kind: str, version: str = "") -> ResourceType | None:
        """Return a kind in one version, or in the version that the server prefers; or None."""
        candidates = self._by_name.get((group, kind), ())
        return next((found for found in candidates if version in {"", found.version}), None)

    def api_versions(self) -> tuple[str, ...]:
        """Return what manifests may name: ``apps/v1``, and with a kind ``apps/v1/Deployment``."""
        found = set()
        for versions in self._by_name.values():
            for it in versions:
                found |= {it.api_version, f"{it.api_version}/{it.kind}"}
        return tuple(sorted(found))

    def all(self) -> tuple[ResourceType, ...]:
        """Return every kind in the version that the server prefers."""
        return tuple(versions[0] for versions in self._by_name.values())


def _kinds_of(document: JsonObject) -> Iterator[ResourceType]:
    for group in document.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or ():
            for resource in version.get("resources") or ():
                kind = (resource.get("responseKind") or {}).get("kind")
                if kind:
                    yield ResourceType(
                        group=name,
                        version=version["version"],
                        plural=resource["resource"],
                        kind=kind,
                        is_namespaced=resource.get("scope") == "Namespaced",
                        verbs=tuple(resource.get("verbs") or ()),
                    )
