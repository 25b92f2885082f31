"""Caches: the folders with copies of repositories and of charts, and the cleaning of them.

Blocking; call it from a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.git.cleaning import (
    LOCK,
    SNAPSHOTS,
    UNFINISHED,
    UNUSED_SECONDS,
    Cleaner,
    changed_at_seconds,
    measure,
    snapshots_of,
)
from gitopskit.git.evicting import (
    LARGEST_CACHE_BYTES,
    READING_SECONDS,
    Kept,
    to_evict,
)
from gitopskit.reconciler.chart_repositories import folder_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from gitopskit.clock import Clock
    from gitopskit.reconciler.application import Follow

MIRRORS: Final = "repositories"
CHARTS: Final = "charts"

_PAUSE_SECONDS: Final = 60.0
"""So often the size of all copies is looked at."""


class Caches:
    """Cleans what is cached from time to time; beyond ``bound_bytes`` the oldest goes early."""

    def __init__(
        self, cache_dir: Path, *, clock: Clock, bound_bytes: int = LARGEST_CACHE_BYTES
    ) -> None:
        """Keep where the caches are."""
        self._mirrors = Cleaner(cache_dir / MIRRORS, clock=clock)
        self._charts = Cleaner(cache_dir / CHARTS, clock=clock)
        self._clock = clock
        self._bound_bytes = bound_bytes
        self._due_at_seconds = clock.monotonic_seconds() + UNUSED_SECONDS
        self._sizes: dict[Path, int] = {}

    def clean(self, mirrors: Collection[str], heads: Mapping[Follow, object]) -> None:
        """Remove the mirrors, by their names, and the versions of charts that nobody uses."""
        charts = {
            folder_of(follow.project, follow.url, follow.chart, version)
            for follow, version in heads.items()
            if follow.chart and isinstance(version, str)
        }
        self._mirrors.clean(mirrors)
        self._charts.clean(charts)
        now_seconds = self._clock.monotonic_seconds()
        if now_seconds >= self._due_at_seconds:
            self._due_at_seconds = now_seconds + _PAUSE_SECONDS
            self._evict(mirrors, charts, commits={str(it) for it in heads.values()})

    def _evict(
        self, mirrors: Collection[str], charts: Collection[str], *, commits: Collection[str]
    ) -> None:
        """Remove what was not used for longest, as long as all copies together are too large."""
        trees = {it.folder: it for it in self._trees(commits)}
        kept = [*self._whole(mirrors, charts), *trees.values()]
        self._sizes = {it: self._sizes[it] for it in trees}
        now_seconds = self._clock.now_utc().timestamp()
        for folder in to_evict(kept, now_seconds=now_seconds, bound_bytes=self._bound_bytes):
            if folder in trees:
                self._mirrors.remove_snapshot(folder, after_seconds=READING_SECONDS)
            else:
                self._mirrors.remove(folder, after_seconds=READING_SECONDS)

    def _whole(self, mirrors: Collection[str], charts: Collection[str]) -> Iterator[Kept]:
        """Yield the charts, and the mirrors without their trees, which go before them."""
        for cleaner, used in ((self._mirrors, mirrors), (self._charts, charts)):
            for folder in cleaner.folders():
                yield Kept(
                    folder=folder,
                    size_bytes=measure(folder, but=SNAPSHOTS),
                    used_at_seconds=changed_at_seconds(folder / LOCK),
                    is_used=folder.name in used or folder.name.startswith(UNFINISHED),
                )

    def _trees(self, commits: Collection[str]) -> Iterator[Kept]:
        """Yield the files of the revisions that mirrors have; they never change."""
        for mirror in self._mirrors.folders():
            for root in snapshots_of(mirror):
                if root not in self._sizes:
                    self._sizes[root] = measure(root)
                yield Kept(
                    folder=root,
                    size_bytes=self._sizes[root],
                    used_at_seconds=changed_at_seconds(root),
                    is_used=root.name.partition("-")[0] in commits,
                )
