"""What the watches have shown, and what is settled: the reason why nothing is done twice.

Pure state of one process: no I/O, no Secret's values. A lost memory costs reads, never writes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from gitopskit.sealing.scope import Scope
from gitopskit.unsealer import status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.status import Outcome


class Key(NamedTuple):
    """A SealedSecret, and the Secret of the same name."""

    namespace: str
    name: str

    @classmethod
    def of(cls, content: JsonObject) -> Key:
        """Return the key of an object that the API server sent."""
        metadata = content["metadata"]
        return cls(metadata["namespace"], metadata["name"])

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

    The scope is in annotations, which do not count in the generation.
    """

    uid: str
    generation: int
    scope: Scope

    @classmethod
    def of(cls, content: JsonObject) -> Wish:
        """Return the wish of a SealedSecret."""
        metadata = content["metadata"]
        scope = Scope.of_annotations(metadata.get("annotations") or {})
        return cls(metadata["uid"], int(metadata.get("generation") or 0), scope)


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


class Memory:
    """SealedSecrets and the marks of all Secrets as last seen, and how each pass ended."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._sealed: dict[Key, JsonObject] = {}
        self._marks: dict[Key, Mark] = {}
        self._settled: dict[Key, Settled] = {}

    def sealed(self, key: Key) -> JsonObject | None:
        """Return the SealedSecret as last seen."""
        return self._sealed.get(key)

    def mark(self, key: Key) -> Mark | None:
        """Return the Secret's mark as last seen or written, None where there is no Secret."""
        return self._marks.get(key)

    def see_sealed(self, content: JsonObject) -> Key:
        """Remember a SealedSecret that came or changed."""
        key = Key.of(content)
        content["metadata"].pop("managedFields", None)
        self._sealed[key] = content
        return key

    def lose_sealed(self, key: Key) -> None:
        """Forget a SealedSecret that is gone; its Secret is the garbage collector's."""
        self._sealed.pop(key, None)
        self._settled.pop(key, None)

    def see_all_sealed(self, contents: Iterable[JsonObject]) -> list[Key]:
        """Replace what is remembered by a fresh list; return what needs a look."""
        keys = [self.see_sealed(content) for content in contents]
        for gone in self._sealed.keys() - set(keys):
            self.lose_sealed(gone)
        return [key for key in keys if self.needs_look(key)]

    def see_secret(self, key: Key, mark: Mark | None) -> None:
        """Remember the mark of a Secret that came, changed, or (None) went."""
        if mark is None:
            self._marks.pop(key, None)
        else:
            self._marks[key] = mark

    def see_all_secrets(self, contents: Iterable[JsonObject]) -> list[Key]:
        """Replace the marks by a fresh list; return the SealedSecrets that need a look."""
        self._marks = {Key.of(content): Mark.of(content) for content in contents}
        return [key for key in self._sealed if self.needs_look(key)]

    def see_written(self, key: Key, *, before: Mark | None, written: Mark) -> None:
        """Remember our own write, unless the watch has shown a later state meanwhile."""
        if self._marks.get(key) == before:
            self._marks[key] = written

    def settle(self, key: Key, settled: Settled) -> None:
        """Remember how a pass ended, unless the SealedSecret went away during it."""
        if key not in self._sealed:
            return
        previous = self._settled.get(key)
        is_repeated = previous is not None and previous.outcome == settled.outcome
        repetitions = previous.repetitions + 1 if previous and is_repeated else 0
        self._settled[key] = replace(settled, repetitions=repetitions)

    def repetitions(self, key: Key) -> int:
        """Return how often the present failure was met before."""
        settled = self._settled.get(key)
        return settled.repetitions if settled else 0

    def is_synced(self, key: Key) -> bool:
        """Tell whether the last pass succeeded and nothing changed since."""
        settled = self._settled.get(key)
        return settled is not None and settled.outcome.is_synced and not self.needs_look(key)

    def needs_look(self, key: Key) -> bool:
        """Tell whether something changed since the last pass over a SealedSecret.

        A failure is not looked at again for its own sake: that is the back-off's business.
        """
        content, settled = self._sealed.get(key), self._settled.get(key)
        if content is None:
            return False
        return (
            settled is None
            or settled.wish != Wish.of(content)
            or settled.mark != self._marks.get(key)
            or not _tells(content, settled)
        )

    def is_told(self, key: Key, content: JsonObject, outcome: Outcome) -> bool:
        """Tell whether the status says an outcome already, as far as read or written."""
        settled = self._settled.get(key)
        is_written = (
            settled is not None
            and settled.outcome == outcome
            and settled.wish == Wish.of(content)
            and content["metadata"]["resourceVersion"] in settled.versions
        )
        return is_written or status.is_told(content, outcome)

    def unsynced(self) -> list[Key]:
        """Return what failed or was never looked at: another key may help."""
        return [key for key in self._sealed if not self.is_synced(key)]

    def unsettle_all(self) -> list[Key]:
        """Forget how the passes ended, because a key went away; return everything."""
        self._settled.clear()
        return list(self._sealed)


def _tells(content: JsonObject, settled: Settled) -> bool:
    is_known = content["metadata"]["resourceVersion"] in settled.versions
    return is_known or status.is_told(content, settled.outcome)
