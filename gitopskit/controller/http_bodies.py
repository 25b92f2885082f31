"""Room for the bodies of requests: how many are held at once, for whom, and how large together.

Pure state of one server. A body takes room as it comes in, not as it is announced, so that one who
announces much and sends little holds little.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomForBodies:
    """How many bodies may be held at once, altogether and of one peer, and their bytes together."""

    bodies: int = 16
    bodies_of_peer: int = 8
    size_bytes: int = 16 * 1024 * 1024


class Bodies:
    """The bodies that are held now."""

    def __init__(self, room: RoomForBodies) -> None:
        """Start empty."""
        self._room = room
        self._peers: Counter[str] = Counter()
        self._held = 0
        self._held_bytes = 0

    @property
    def held_bytes(self) -> int:
        """Return how many bytes are held."""
        return self._held_bytes

    def begin(self, peer: str, *, largest_bytes: int) -> Body | None:
        """Return a place for a body, None where there is none; ``end`` it, whatever happens."""
        if self._held >= self._room.bodies or self._peers[peer] >= self._room.bodies_of_peer:
            return None
        self._held += 1
        self._peers[peer] += 1
        return Body(self, peer, largest_bytes=largest_bytes)

    def grow(self, size_bytes: int) -> bool:
        """Take room for more bytes if there is enough; return whether there was."""
        if self._held_bytes + size_bytes > self._room.size_bytes:
            return False
        self._held_bytes += size_bytes
        return True

    def leave(self, peer: str, size_bytes: int) -> None:
        """Give back the room of a body."""
        self._held -= 1
        self._held_bytes -= size_bytes
        self._peers[peer] -= 1
        if not self._peers[peer]:
            del self._peers[peer]


class Body:
    """A body that comes in piece by piece."""

    def __init__(self, bodies: Bodies, peer: str, *, largest_bytes: int) -> None:
        """Start empty."""
        self._bodies = bodies
        self._peer = peer
        self._largest_bytes = largest_bytes
        self._content = bytearray()

    def add(self, piece: bytes) -> Literal["taken", "too large", "no room"]:
        """Take a piece, or tell why not."""
        if len(self._content) + len(piece) > self._largest_bytes:
            return "too large"
        if not self._bodies.grow(len(piece)):
            return "no room"
        self._content += piece
        return "taken"

    def content(self) -> bytes:
        """Return what was taken so far."""
        return bytes(self._content)

    def end(self) -> None:
        """Give back the room."""
        self._bodies.leave(self._peer, len(self._content))
