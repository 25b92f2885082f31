"""What a SealedSecret says about its Secret besides the values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.sealing import sealed_secret
from gitopskit.unsealer import status

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

RECREATE_IMMUTABLE: Final = "gitopskit.io/recreate-immutable"
"""Annotation of a SealedSecret or of its template: a Secret that cannot be changed in place is
deleted and created again. Counts where it says ``true``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Which SealedSecret wants a Secret, and what it has had of it so far.

    ``has_written`` tells that its status speaks of a Secret that was written for it, by whichever
    generation; ``is_written`` that it was for the present one. ``may_recreate`` tells that a
    Secret which cannot be changed in place may be deleted.
    """

    name: str
    uid: str
    has_written: bool = False
    is_written: bool = False
    may_recreate: bool = False

    @classmethod
    def of(cls, content: JsonObject) -> Claim:
        """Return the claim of a SealedSecret that the API server sent."""
        metadata = content["metadata"]
        told = content.get("status") or {}
        has_written = status.speaks_of_a_secret(told)
        is_current = told.get("observedGeneration") == metadata.get("generation")
        return cls(
            name=metadata["name"],
            uid=metadata["uid"],
            has_written=has_written,
            is_written=has_written and is_current,
            may_recreate=_may_recreate(content),
        )

    @property
    def owner_reference(self) -> JsonObject:
        """Return the reference by which the Secret goes with its SealedSecret."""
        return {
            "apiVersion": sealed_secret.API_VERSION,
            "kind": sealed_secret.KIND,
            "name": self.name,
            "uid": self.uid,
            "controller": True,
        }


def _may_recreate(content: JsonObject) -> bool:
    template = (content.get("spec") or {}).get("template") or {}
    return any(
        ((part.get("metadata") or {}).get("annotations") or {}).get(RECREATE_IMMUTABLE) == "true"
        for part in (content, template)
    )
