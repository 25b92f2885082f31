"""SealedSecrets as they came, for as long as somebody is about to unseal them. Pure state.

What is sealed is the only large part of them, so it is held within bounds, as text, and not at all
for those that are settled. What is not here is read again from the API server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from gitopskit.unsealer import evidence
from gitopskit.unsealer.records import Key, Mark, Seen

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_MOST_BYTES: Final = 16 * 1024 * 1024
_OVERHEAD_BYTES: Final = 256
"""What holding an object takes in memory beside its text."""

SEEN: Final = "seen"
"""Where ``keep`` puts the records of an object."""


class Contents:
    """A bounded number of SealedSecrets, each in the version that was seen last."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        """Begin empty."""
        self._most_bytes = most_bytes
        self._held: dict[Key, tuple[str, bytes]] = {}
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
        text = bytes(
            bytearray(orjson.dumps(content))
        )  # a copy: what orjson returns holds more room
        if self._bytes + _size_bytes(text) <= self._most_bytes:
            self._held[key] = seen.version, text
            self._bytes += _size_bytes(text)
        return {"metadata": {"namespace": key.namespace, "name": key.name}, SEEN: seen}

    def take(self, key: Key, version: str) -> JsonObject | None:
        """Return and forget a SealedSecret, if it is held in that version."""
        held, text = self._held.get(key, ("", b""))
        self.drop(key)
        if not text or held != version:
            return None
        content: JsonObject = orjson.loads(text)
        return content

    def drop(self, key: Key) -> None:
        """Forget a SealedSecret."""
        found = self._held.pop(key, None)
        if found is not None:
            self._bytes -= _size_bytes(found[1])


def keep_secret(content: JsonObject) -> JsonObject:
    """Return a Secret's metadata that came as its mark and the evidence of its fields."""
    try:
        key, mark = Key.of(content), Mark.of(content)
        seen = mark, evidence.of_secret(content)
    except (AttributeError, KeyError, TypeError, ValueError):
        return content
    return {"metadata": {"namespace": key.namespace, "name": key.name}, SEEN: seen}


def _size_bytes(text: bytes) -> int:
    return _OVERHEAD_BYTES + len(text)
