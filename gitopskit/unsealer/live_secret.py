"""A Secret as the API server has it, with its values wrapped. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitopskit.redaction import Plaintext
from gitopskit.sealing.unseal import DEFAULT_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSecret:
    """What the cluster holds: metadata as it came, type, and the values as Plaintext."""

    metadata: JsonObject = field(repr=False)
    type: str
    is_immutable: bool
    data: Mapping[str, Plaintext]

    @classmethod
    def of(cls, content: JsonObject) -> LiveSecret:
        """Return the Secret in an object that the API server sent."""
        data = content.get("data") or {}
        return cls(
            metadata=content["metadata"],
            type=str(content.get("type") or DEFAULT_TYPE),
            is_immutable=bool(content.get("immutable")),
            data={key: Plaintext(base64.b64decode(value or "")) for key, value in data.items()},
        )

    @property
    def uid(self) -> str:
        """Return the UID: another Secret of the same name has another."""
        return str(self.metadata["uid"])

    @property
    def resource_version(self) -> str:
        """Return the version that a replacement must name."""
        return str(self.metadata["resourceVersion"])

    @property
    def is_being_deleted(self) -> bool:
        """Tell whether the Secret only waits for its finalizers."""
        return bool(self.metadata.get("deletionTimestamp"))

    @property
    def annotations(self) -> dict[str, str]:
        """Return the annotations."""
        return self.mapping("annotations")

    @property
    def owner_references(self) -> list[JsonObject]:
        """Return the owner references, in their order."""
        return list(self.metadata.get("ownerReferences") or [])

    @property
    def controller(self) -> JsonObject | None:
        """Return the owner reference that says ``controller: true``; there is at most one."""
        return next((ref for ref in self.owner_references if ref.get("controller")), None)

    def part(self, name: str) -> Any:  # noqa: ANN401 -- metadata holds mappings and lists
        """Return a part of the metadata, None where it is absent or empty."""
        return self.metadata.get(name) or None

    def mapping(self, name: str) -> dict[str, str]:
        """Return the labels or the annotations."""
        return dict(self.metadata.get(name) or {})

    def was_made_by(self, manager: str) -> bool:
        """Tell whether a field manager set the type or an item, and nobody replaced all of them."""
        return any(fields.keys() & {"f:type", "f:data"} for fields in self._fields_set_by(manager))

    def keys_set_by(self, manager: str, part: str) -> frozenset[str]:
        """Return the labels or annotations that a field manager set last.

        Source: kubernetes.io/docs, "Server-Side Apply", managedFields and FieldsV1.
        """
        keys: set[str] = set()
        for fields in self._fields_set_by(manager):
            keys.update((fields.get("f:metadata") or {}).get(f"f:{part}") or {})
        return frozenset(key.removeprefix("f:") for key in keys if key.startswith("f:"))

    def _fields_set_by(self, manager: str) -> Iterator[JsonObject]:
        for entry in self.metadata.get("managedFields") or []:
            if entry.get("manager") == manager:
                yield entry.get("fieldsV1") or {}
