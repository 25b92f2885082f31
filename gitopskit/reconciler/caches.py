"""Caches: the folders with copies of repositories and of charts, and the cleaning of them.

Blocking; call it from a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.git.cleaning import Cleaner
from gitopskit.reconciler.chart_repositories import folder_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from gitopskit.clock import Clock
    from gitopskit.reconciler.application import Follow

MIRRORS: Final = "repositories"
CHARTS: Final = "charts"


class Caches:
    """Cleans what is cached from time to time."""

    def __init__(self, cache_dir: Path, *, clock: Clock) -> None:
        """Keep where the caches are."""
        self._mirrors = Cleaner(cache_dir / MIRRORS, clock=clock)
        self._charts = Cleaner(cache_dir / CHARTS, clock=clock)

    def clean(self, mirrors: Collection[str], heads: Mapping[Follow, object]) -> None:
        """Remove the mirrors, by their names, and the versions of charts that nobody uses."""
        self._mirrors.clean(mirrors)
        self._charts.clean(
            {
                folder_of(follow.project, follow.url, follow.chart, version)
                for follow, version in heads.items()
                if follow.chart and isinstance(version, str)
            }
        )
