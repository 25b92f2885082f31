"""The cache as a whole is bounded, and what a death left in it goes at the start."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.git.remotes import Remote, parse_remote
from gitopskit.git.repository import Mirror
from gitopskit.process import Command, start, stop
from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.caches import CHARTS, MIRRORS, Caches
from gitopskit.reconciler.chart_repositories import folder_of
from tests.support.clock import FakeClock
from tests.support.gitrepo import SourceRepository
from tests.support.polling import eventually

if TYPE_CHECKING:
    from pathlib import Path


SIZE_BYTES: Final = 256 * 1024
LATER_SECONDS: Final = 601.0
MINUTE: Final = 61.0
FETCH: Final = """
import sys
from pathlib import Path
from gitopskit.git.remotes import parse_remote
from gitopskit.reconciler.chart_repositories import ChartRepository
charts = ChartRepository(helm=sys.argv[1], cache_dir=Path(sys.argv[2]))
charts.snapshot(parse_remote("https://charts.example/x"), "web", "1.0.0")
"""


@pytest.fixture
def source(tmp_path: Path) -> SourceRepository:
    return SourceRepository.create(tmp_path / "source")


class Cached:
    """A mirror of a repository of large files, and the caches that clean it."""

    def __init__(self, source: SourceRepository, folder: Path, *, bound_bytes: int) -> None:
        self.source = source
        self.clock = FakeClock()
        self.folder = folder
        self.caches = Caches(folder, clock=self.clock, bound_bytes=bound_bytes)
        self.mirror = Mirror(
            str(source.folder),
            cache_dir=folder / MIRRORS,
            path=os.environ["PATH"],
            clock=self.clock,
        )
        self.remote: Remote = parse_remote(str(source.folder), allow_local=True)

    def commit(self) -> str:
        """Commit a file of its own that does not become smaller, and check it out."""
        commit = self.source.commit({"file": os.urandom(SIZE_BYTES)})
        for _ in range(2):  # the second look notes the time of our clock
            self.mirror.snapshot(self.remote, commit)
        self.clock.advance(MINUTE)
        return commit

    def clean(self, *commits: str) -> None:
        heads = {Follow("url", commit, "shop"): commit for commit in commits}
        self.caches.clean({self.mirror.name} if commits else (), heads)

    def there(self) -> list[str]:
        return [
            it.name for it in (self.folder / MIRRORS / self.mirror.name / "snapshots").iterdir()
        ]


def test_revisions_that_nobody_uses_go_where_the_cache_is_too_large(
    source: SourceRepository, tmp_path: Path
) -> None:
    cached = Cached(source, tmp_path / "cache", bound_bytes=15 * SIZE_BYTES // 2)
    used, *others = [cached.commit() for _ in range(4)]
    cached.clock.advance(LATER_SECONDS)

    cached.clean(used)

    assert sorted(cached.there()) == sorted([used, *others[1:]])
    assert (cached.mirror.snapshot(cached.remote, others[0]).root / "file").is_file()


def test_a_cache_that_is_small_enough_keeps_what_it_has(
    source: SourceRepository, tmp_path: Path
) -> None:
    cached = Cached(source, tmp_path / "cache", bound_bytes=100 * SIZE_BYTES)
    commits = [cached.commit() for _ in range(3)]
    cached.clock.advance(LATER_SECONDS)

    cached.clean(commits[0])

    assert sorted(cached.there()) == sorted(commits)


def test_what_may_be_read_just_now_stays_in_a_cache_that_is_too_large(
    source: SourceRepository, tmp_path: Path
) -> None:
    cached = Cached(source, tmp_path / "cache", bound_bytes=0)
    cached.clock.advance(LATER_SECONDS)
    commit = cached.commit()

    cached.clean("another")
    assert cached.there() == [commit]

    cached.clock.advance(MINUTE)
    cached.clean("another")
    assert cached.there() == []


def test_copies_that_nobody_uses_go_before_their_time(
    source: SourceRepository, tmp_path: Path
) -> None:
    cached = Cached(source, tmp_path / "cache", bound_bytes=SIZE_BYTES // 2)
    cached.clock.advance(LATER_SECONDS)
    cached.commit()
    now = cached.clock.now_utc().timestamp()
    used, unused = (folder_of("shop", "url", "web", it) for it in ("1.0.0", "2.0.0"))
    for name in (used, unused):
        folder = tmp_path / "cache" / CHARTS / name
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(os.urandom(SIZE_BYTES))
        (folder / "lock").touch()
        os.utime(folder / "lock", (now, now))
    cached.clock.advance(2 * MINUTE)

    cached.caches.clean((), {Follow("url", "1.x", "shop", "web"): "1.0.0"})

    assert [it.name for it in (tmp_path / "cache" / CHARTS).iterdir()] == [used]
    assert not [*(tmp_path / "cache" / MIRRORS).iterdir()]


async def test_a_chart_whose_download_was_killed_is_taken_away(tmp_path: Path) -> None:
    """Helm is a stand-in that never ends."""
    helm, pid, charts = tmp_path / "helm", tmp_path / "pid", tmp_path / CHARTS
    helm.write_text(f"#!/bin/sh\necho $$ >{pid}\nexec {shutil.which('sleep')} 60\n")
    helm.chmod(0o700)
    arguments = [sys.executable, "-c", FETCH, str(helm), str(charts)]

    process = start(Command(argv=arguments, environment={**os.environ}), output=tmp_path / "log")
    try:
        await eventually(lambda: asyncio.to_thread(_is_written, pid))
        Caches(tmp_path, clock=FakeClock()).clean((), {})
        begun = [it.name for it in charts.iterdir()]
    finally:
        process.send_signal(signal.SIGKILL)
        stop(process)
        with suppress(ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGKILL)
    Caches(tmp_path, clock=FakeClock()).clean((), {})

    assert [name[:5] for name in begun] == [".new-"]
    assert not [*charts.iterdir()]


def _is_written(path: Path) -> bool:
    return path.is_file() and path.read_text().endswith("\n")
