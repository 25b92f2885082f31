"""Scope: where a sealed value may be opened, and the label that binds the value to it.

Owns the annotations that carry the scope and the bytes of the label.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX: Final = "sealedsecrets.bitnami.com/"

CLUSTER_WIDE_ANNOTATION: Final = _PREFIX + "cluster-wide"
NAMESPACE_WIDE_ANNOTATION: Final = _PREFIX + "namespace-wide"
"""Annotations of a SealedSecret that widen its scope when their value is exactly ``true``.

Source: github.com/bitnami-labs/sealed-secrets, pkg/apis/sealedsecrets/v1alpha1.
"""

_SET: Final = "true"


class Scope(Enum):
    """Where a sealed value may be opened: one name, one namespace, or the whole cluster."""

    STRICT = "strict"
    NAMESPACE_WIDE = "namespace-wide"
    CLUSTER_WIDE = "cluster-wide"

    @classmethod
    def of_annotations(cls, annotations: Mapping[str, str]) -> Scope:
        """Return the scope that annotations ask for; cluster-wide wins over namespace-wide."""
        if annotations.get(CLUSTER_WIDE_ANNOTATION) == _SET:
            return cls.CLUSTER_WIDE
        if annotations.get(NAMESPACE_WIDE_ANNOTATION) == _SET:
            return cls.NAMESPACE_WIDE
        return cls.STRICT

    @property
    def annotations(self) -> dict[str, str]:
        """Return the annotations that ask for this scope; none for strict."""
        return dict(_ANNOTATIONS[self])


_ANNOTATIONS: Final = {
    Scope.STRICT: {},
    Scope.NAMESPACE_WIDE: {NAMESPACE_WIDE_ANNOTATION: _SET},
    Scope.CLUSTER_WIDE: {CLUSTER_WIDE_ANNOTATION: _SET},
}


def rescope(annotations: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """Return the annotations with those of the scope in place of any other scope's."""
    scoped = (CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION)
    kept = {key: value for key, value in annotations.items() if key not in scoped}
    return kept | scope.annotations


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The place that a sealed value is bound to: a scope, and the names that the scope needs."""

    scope: Scope
    namespace: str
    name: str

    @property
    def label(self) -> bytes:
        """Return the OAEP label: ``namespace/name``, ``namespace``, or nothing, in UTF-8."""
        if self.scope is Scope.CLUSTER_WIDE:
            return b""
        if self.scope is Scope.NAMESPACE_WIDE:
            return self.namespace.encode()
        return f"{self.namespace}/{self.name}".encode()
