"""What is remembered of one SealedSecret and of one Secret: little, and never a value. Pure."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gitopskit.sealing.scope import Scope
from gitopskit.unsealer import evidence, status
from gitopskit.unsealer.claim import RECREATE_IMMUTABLE

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.status import Outcome, Told

_INSTANCE_LABEL: Final = "app.kubernetes.io/instance"


class Key(NamedTuple):
    """A SealedSecret, and the Secret of the same name."""

    namespace: str
    name: str

    @classmethod
    def of(cls, content: JsonObject) -> Key:
        """Return the key of an object that the API server sent."""
        metadata = content["metadata"]
        return cls(sys.intern(metadata["namespace"]), sys.intern(metadata["name"]))

    def __str__(self) -> str:
        """Return ``namespace/name``."""
        return f"{self.namespace}/{self.name}"


class Mark(NamedTuple):
    """One state of a Secret."""

    uid: str
    resource_version: str

    @classmethod
    def of(cls, content: JsonObject) -> Mark:
        """Return the mark of a Secret, or of its metadata alone."""
        metadata = content["metadata"]
        return cls(metadata["uid"], metadata["resourceVersion"])


class Wish(NamedTuple):
    """What of a SealedSecret decides about its Secret.

    The scope and the permission to recreate are in annotations, which do not count in the
    generation.
    """

    uid: str
    generation: int
    scope: Scope
    may_recreate: bool = False

    @classmethod
    def of(cls, content: JsonObject) -> Wish:
        """Return the wish of a SealedSecret."""
        metadata = content["metadata"]
        annotations = metadata.get("annotations") or {}
        return cls(
            metadata["uid"],
            int(metadata.get("generation") or 0),
            Scope.of_annotations(annotations),
            annotations.get(RECREATE_IMMUTABLE) == "true",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A SealedSecret as last seen, without what is sealed.

    ``fields`` is the evidence that its Secret must give; ``is_going`` tells that it is being
    deleted; ``instance`` is its label app.kubernetes.io/instance, by which metrics are grouped.
    """

    wish: Wish
    version: str
    told: Told | None
    fields: int
    is_going: bool = False
    instance: str = ""

    @classmethod
    def of(cls, content: JsonObject) -> Seen:
        """Return what is remembered of a SealedSecret that the API server sent."""
        metadata = content["metadata"]
        labels = metadata.get("labels") or {}
        return cls(
            wish=Wish.of(content),
            version=metadata["resourceVersion"],
            told=status.told(content),
            fields=evidence.of_sealed_secret(content),
            is_going=bool(metadata.get("deletionTimestamp")),
            instance=sys.intern(str(labels.get(_INSTANCE_LABEL) or "")),
        )

    def tells(self, outcome: Outcome) -> bool:
        """Tell whether the status says an outcome, for the present generation."""
        return self.told is not None and self.told.says(outcome, self.wish.generation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The end of one pass over a SealedSecret.

    ``mark`` is the Secret then, None for none. ``versions`` are the SealedSecret's versions of
    which it is known that their status says the outcome, or was about to. ``repetitions`` counts
    the passes before this one that ended in the same failure.
    """

    wish: Wish
    outcome: Outcome
    mark: Mark | None
    versions: frozenset[str]
    repetitions: int = 0
