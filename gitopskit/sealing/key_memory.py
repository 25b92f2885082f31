"""KeyMemory: which key opened an envelope the last time, so that it is tried first.

Holds digests and fingerprints, no values. May be used from several threads.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from typing import Final

_DIGEST_SIZE_BYTES: Final = 8
"""Enough: a digest that two envelopes share only has the wrong key tried first."""

_MOST_REMEMBERED: Final = 65536


class KeyMemory:
    """Remembers a bounded number of envelopes; those that were not seen for longest go first."""

    def __init__(self, most: int = _MOST_REMEMBERED) -> None:
        """Begin with nothing remembered."""
        self._most = most
        self._fingerprints: dict[bytes, str] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many envelopes are remembered."""
        return len(self._fingerprints)

    def recall(self, blob: bytes) -> str:
        """Return the fingerprint of the key that opened an envelope, empty where not known."""
        with self._lock:
            return self._fingerprints.get(_digest(blob), "")

    def remember(self, blob: bytes, fingerprint: str) -> None:
        """Remember the key that opened an envelope."""
        digest = _digest(blob)
        with self._lock:
            self._fingerprints.pop(digest, None)
            self._fingerprints[digest] = sys.intern(fingerprint)
            while len(self._fingerprints) > self._most:
                del self._fingerprints[next(iter(self._fingerprints))]


def _digest(blob: bytes) -> bytes:
    return hashlib.blake2b(blob, digest_size=_DIGEST_SIZE_BYTES).digest()
