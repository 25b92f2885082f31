"""What nobody follows any more is removed, and nothing that somebody uses."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from gitopskit.git.cleaning import Cleaner, measure
from gitopskit.git.remotes import Remote, parse_remote
from gitopskit.git.repository import Mirror
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.gitrepo import SourceRepository

LATER_SECONDS = 601.0
LARGE_BYTES = 64 * 1024


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def cleaner(tmp_path: Path, clock: FakeClock) -> Cleaner:
    return Cleaner(tmp_path / "cache", clock=clock)


@pytest.fixture
def mirror(source: SourceRepository, tmp_path: Path, clock: FakeClock) -> Mirror:
    return Mirror(
        str(source.folder), cache_dir=tmp_path / "cache", path=os.environ["PATH"], clock=clock
    )


@pytest.fixture
def remote(source: SourceRepository) -> Remote:
    return parse_remote(str(source.folder), allow_local=True)


def kept(tmp_path: Path) -> list[str]:
    return [folder.name for folder in (tmp_path / "cache").iterdir()]


def test_a_mirror_that_nobody_follows_is_removed(
    source: SourceRepository,
    remote: Remote,
    mirror: Mirror,
    cleaner: Cleaner,
    clock: FakeClock,
    tmp_path: Path,
) -> None:
    mirror.snapshot(remote, source.commit({"a": "1"}))
    clock.advance(LATER_SECONDS)

    assert cleaner.clean(set()) == 1
    assert kept(tmp_path) == []


def test_a_mirror_that_is_followed_stays(
    source: SourceRepository,
    remote: Remote,
    mirror: Mirror,
    cleaner: Cleaner,
    clock: FakeClock,
    tmp_path: Path,
) -> None:
    mirror.snapshot(remote, source.commit({"a": "1"}))
    clock.advance(LATER_SECONDS)

    assert cleaner.clean({mirror.name}) == 0
    assert kept(tmp_path) == [mirror.name]


def test_a_mirror_that_was_just_used_stays_a_while(
    source: SourceRepository,
    remote: Remote,
    mirror: Mirror,
    cleaner: Cleaner,
    clock: FakeClock,
    tmp_path: Path,
) -> None:
    clock.advance(LATER_SECONDS)
    mirror.snapshot(remote, source.commit({"a": "1"}))

    assert cleaner.clean(set()) == 0
    assert kept(tmp_path) == [mirror.name]


def test_a_mirror_that_somebody_works_in_stays(
    source: SourceRepository,
    remote: Remote,
    mirror: Mirror,
    cleaner: Cleaner,
    clock: FakeClock,
    tmp_path: Path,
) -> None:
    mirror.snapshot(remote, source.commit({"a": "1"}))
    clock.advance(LATER_SECONDS)

    with (tmp_path / "cache" / mirror.name / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cleaner.clean(set()) == 0

    assert kept(tmp_path) == [mirror.name]


def test_what_was_removed_is_fetched_again(
    source: SourceRepository, remote: Remote, mirror: Mirror, cleaner: Cleaner, clock: FakeClock
) -> None:
    commit = source.commit({"a": "1"})
    mirror.snapshot(remote, commit)
    clock.advance(LATER_SECONDS)
    cleaner.clean(set())

    assert (mirror.snapshot(remote, commit).root / "a").read_text() == "1"


def test_cleaning_is_done_from_time_to_time(
    source: SourceRepository, remote: Remote, mirror: Mirror, cleaner: Cleaner, clock: FakeClock
) -> None:
    mirror.snapshot(remote, source.commit({"a": "1"}))

    early = cleaner.clean(set())
    clock.advance(LATER_SECONDS)
    first = cleaner.clean(set())

    assert (early, first) == (0, 1)
    assert cleaner.clean(set()) == 0


def test_a_removal_that_broke_off_is_ended(
    cleaner: Cleaner, clock: FakeClock, tmp_path: Path
) -> None:
    (tmp_path / "cache" / ".going-0123" / "mirror.git").mkdir(parents=True)
    clock.advance(LATER_SECONDS)

    assert cleaner.clean(set()) == 0
    assert kept(tmp_path) == []


def test_a_cache_that_is_not_there_yet_is_clean(cleaner: Cleaner, clock: FakeClock) -> None:
    clock.advance(LATER_SECONDS)

    assert cleaner.clean(set()) == 0


def test_what_was_left_behind_by_a_death_is_removed_at_once(
    source: SourceRepository, remote: Remote, mirror: Mirror, cleaner: Cleaner, tmp_path: Path
) -> None:
    commit = source.commit({"a": "1"})
    mirror.snapshot(remote, commit)
    home = tmp_path / "cache" / mirror.name
    pack = home / "mirror.git" / "objects" / "pack"
    (home / "snapshots" / ".new-0" / "files").mkdir(parents=True)
    (pack / "tmp_pack_0").write_bytes(b"half")
    (tmp_path / "cache" / ".new-0").mkdir()
    (tmp_path / "cache" / ".new-0" / "lock").touch()

    assert cleaner.clean({mirror.name}) == 0

    assert kept(tmp_path) == [mirror.name]
    assert [it.name for it in (home / "snapshots").iterdir()] == [commit]
    assert not [*pack.glob("tmp_*")]


def test_what_somebody_fills_just_now_stays(cleaner: Cleaner, tmp_path: Path) -> None:
    filled, begun = (tmp_path / "cache" / f".new-{it}" for it in ("filled", "begun"))
    for folder in (filled, begun):
        folder.mkdir(parents=True)
    now = FakeClock().now_utc().timestamp()
    os.utime(begun, (now, now))

    with (filled / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cleaner.clean(set())

    assert sorted(kept(tmp_path)) == [".new-begun", ".new-filled"]


def test_what_an_older_version_left_without_a_lock_is_removed(
    cleaner: Cleaner, tmp_path: Path
) -> None:
    old = tmp_path / "cache" / ".new-old"
    (old / "fetched").mkdir(parents=True)
    os.utime(old, (0, 0))

    cleaner.clean(set())

    assert kept(tmp_path) == []


def test_links_are_left_alone_and_never_followed(
    source: SourceRepository,
    remote: Remote,
    mirror: Mirror,
    cleaner: Cleaner,
    clock: FakeClock,
    tmp_path: Path,
) -> None:
    mirror.snapshot(remote, source.commit({"a": "1"}))
    outside, cache = tmp_path / "outside", tmp_path / "cache"
    for name in (".new-x", "pack"):
        (outside / name).mkdir(parents=True)
    for path in (outside / "lock", outside / "pack" / "tmp_x", outside / ".new-x" / "file"):
        path.touch()
    for name in (".new-link", ".going-link", "link"):
        (cache / name).symlink_to(outside)
    odd = cache / "odd"
    (odd / "mirror.git").mkdir(parents=True)
    (odd / "mirror.git" / "objects").symlink_to(outside)
    (odd / "snapshots").symlink_to(outside)
    (odd / "lock").touch()

    cleaner.clean({"odd"})
    clock.advance(LATER_SECONDS)
    cleaner.clean({"odd"})

    assert sorted(kept(tmp_path)) == [".going-link", ".new-link", "link", "odd"]
    found = sorted(it.relative_to(outside).as_posix() for it in outside.rglob("*"))
    assert found == [".new-x", ".new-x/file", "lock", "pack", "pack/tmp_x"]


def test_a_folder_is_measured_without_what_links_lead_to(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside / "left-out", outside):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * LARGE_BYTES)
    (inside / "to-folder").symlink_to(outside)
    (inside / "to-file").symlink_to(outside / "file")
    (inside / "shared").hardlink_to(outside / "file")

    assert measure(inside, but="left-out") == measure(outside) == LARGE_BYTES // 2
    assert measure(inside) == LARGE_BYTES + LARGE_BYTES // 2
    assert measure(tmp_path / "nothing") == 0
