"""Evicting: what goes first of what is cached, where the cache as a whole has become too large.

Pure. What an Application uses never goes, nor what somebody may be reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LARGEST_CACHE_BYTES: Final = 1536 * 1024 * 1024
"""What all copies take together before something goes; the volume of the cache holds more."""

READING_SECONDS: Final = 120.0
"""How long somebody may be reading what was asked for: a build takes less, and may have to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A folder of the cache; ``used_at_seconds`` is of the epoch."""

    folder: Path
    size_bytes: int
    used_at_seconds: float
    is_used: bool


def to_evict(kept: Iterable[Kept], *, now_seconds: float, bound_bytes: int) -> list[Path]:
    """Return the folders that go, those that were not used for longest first."""
    items = list(kept)
    surplus = sum(item.size_bytes for item in items) - bound_bytes
    found = []
    for item in sorted(items, key=lambda it: it.used_at_seconds):
        if surplus <= 0:
            break
        if item.is_used or now_seconds - item.used_at_seconds < READING_SECONDS:
            continue
        found.append(item.folder)
        surplus -= item.size_bytes
    return found
