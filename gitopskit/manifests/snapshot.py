"""Snapshot: the files of one revision, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A revision that is checked out: the full commit id, and the folder that holds its files.

    The folder is read-only by agreement; nothing here looks into it.
    """

    revision: str
    root: Path
