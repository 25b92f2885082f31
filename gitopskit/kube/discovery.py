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
    _silent: frozenset[str] = frozenset()

    @classmethod
    def of_documents(cls, documents: Iterable[JsonObject]) -> Kinds:
        """Return the kinds that discovery documents tell of, preferred versions first."""
        by_name: dict[tuple[str, str], tuple[ResourceType, ...]] = {}
        silent: set[str] = set()
        for document in documents:
            silent |= set(_silent_groups(document))
            for kind in _kinds_of(document):
                key = (kind.group, kind.kind)
                by_name[key] = (*by_name.get(key, ()), kind)
        return cls(by_name, frozenset(silent))

    def find(self, group: str, kind: str, version: str = "") -> ResourceType | None:
        """Return a kind in one version, or in the version that the server prefers; or None."""
        candidates = self._by_name.get((group, kind), ())
        return next((found for found in candidates if version in {"", found.version}), None)

    def is_silent(self, group: str) -> bool:
        """Tell whether the server behind a group did not answer, so that it may have other kinds.

        Source: k8s.io/api/apidiscovery/v2, ``freshness`` of an APIVersionDiscovery.
        """
        return group in self._silent

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


def _silent_groups(document: JsonObject) -> Iterator[str]:
    for group in document.get("items") or ():
        if any(version.get("freshness") == "Stale" for version in group.get("versions") or ()):
            yield (group.get("metadata") or {}).get("name") or ""


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
