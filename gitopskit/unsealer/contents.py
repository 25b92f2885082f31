"""SealedSecrets as they came, for as long as somebody is about to unseal them. Pure state.

What is sealed is the only large part of them, so it is held within bounds and not at all for those
that are settled. What is not here is read again from the API server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.unsealer import evidence
from gitopskit.unsealer.records import Key, Mark, Seen

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_MOST_BYTES: Final = 16 * 1024 * 1024
_OVERHEAD_BYTES: Final = 4096
"""What an object takes in memory beside its texts, by measurement."""

SEEN: Final = "seen"
"""Where ``keep`` puts the records of an object."""


class Contents:
    """A bounded number of SealedSecrets, each in the version that was seen last."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        """Begin empty."""
        self._most_bytes = most_bytes
        self._held: dict[Key, tuple[int, JsonObject]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        """Return how many are held."""
        return len(self._held)

    def keep(self, content: JsonObject) -> JsonObject:
        """Return a SealedSecret that came without what is sealed, and hold it whole if it fits."""
        try:
            key = Key.of(content)
            seen = Seen.of(content)
        except (AttributeError, KeyError, TypeError, ValueError):
            return content
        self.drop(key)
        content["metadata"].pop("managedFields", None)
        size = _size_bytes(content)
        if self._bytes + size <= self._most_bytes:
            self._held[key] = size, content
            self._bytes += size
        return {"metadata": {"namespace": key.namespace, "name": key.name}, SEEN: seen}

    def take(self, key: Key, version: str) -> JsonObject | None:
        """Return and forget a SealedSecret, if it is held in that version."""
        found = self._held.get(key)
        self.drop(key)
        is_right = found is not None and found[1]["metadata"]["resourceVersion"] == version
        return found[1] if found and is_right else None

    def drop(self, key: Key) -> None:
        """Forget a SealedSecret."""
        size, _ = self._held.pop(key, (0, None))
        self._bytes -= size


def keep_secret(content: JsonObject) -> JsonObject:
    """Return a Secret's metadata that came as its mark and the evidence of its fields."""
    try:
        key, mark = Key.of(content), Mark.of(content)
        seen = mark, evidence.of_secret(content)
    except (AttributeError, KeyError, TypeError, ValueError):
        return content
    return {"metadata": {"namespace": key.namespace, "name": key.name}, SEEN: seen}


def _size_bytes(content: JsonObject) -> int:
    spec = content.get("spec") or {}
    texts = [*(spec.get("encryptedData") or {}).values(), spec.get("data")]
    templates = ((spec.get("template") or {}).get("data") or {}).values()
    return _OVERHEAD_BYTES + sum(len(text) for text in (*texts, *templates) if text)
