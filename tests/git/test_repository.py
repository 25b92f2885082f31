"""From a revision's name to its files, on repositories of this machine."""

from __future__ import annotations

import os
import resource
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed, InputError, MissingTool
from gitopskit.git.program import GitLimits
from gitopskit.git.remotes import Remote, parse_remote
from gitopskit.git.repository import Mirror

if TYPE_CHECKING:
    from gitopskit.manifests.snapshot import Snapshot
    from tests.git.conftest import MirrorFactory
    from tests.support.gitrepo import SourceRepository
from tests.support.clock import FakeClock

FILES: dict[str, str | bytes] = {"apps/web/cm.yaml": "kind: ConfigMap\n"}


@pytest.fixture
def remote(source: SourceRepository) -> Remote:
    return parse_remote(str(source.folder), allow_local=True)


@pytest.mark.parametrize("revision", ["", "HEAD", "main", "refs/heads/main", "v1", "refs/tags/v1"])
def test_a_name_is_resolved_to_its_commit(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, revision: str
) -> None:
    commit = source.commit(FILES)
    source.git("tag", "--annotate", "-m", "first", "v1", commit)

    assert mirror_of(remote).resolve_revision(remote, revision) == commit


def test_a_branch_comes_before_a_tag_of_the_same_name(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    tagged = source.commit(FILES)
    source.git("tag", "both", tagged)
    branched = source.commit({"other": "x"}, branch="both")

    assert mirror_of(remote).resolve_revision(remote, "both") == branched


def test_a_full_commit_is_resolved_without_a_server(mirror_of: MirrorFactory) -> None:
    nowhere = parse_remote("/does/not/exist", allow_local=True)

    assert mirror_of(nowhere).resolve_revision(nowhere, "A" * 40) == "a" * 40


def test_a_missing_revision_is_named(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    source.commit(FILES)

    with pytest.raises(GitFailed, match="has no branch or tag v9") as caught:
        mirror_of(remote).resolve_revision(remote, "v9")

    assert caught.value.where == remote.url


def test_a_missing_repository_is_told(mirror_of: MirrorFactory) -> None:
    nowhere = parse_remote("/does/not/exist", allow_local=True)

    with pytest.raises(GitFailed, match="there is no repository at this address"):
        mirror_of(nowhere).resolve_revision(nowhere, "main")


@pytest.mark.parametrize("revision", ["--upload-pack=touch /tmp/x", "-h", "a..b", "a b", "x:y"])
def test_what_cannot_be_a_revision_is_refused(
    remote: Remote, mirror_of: MirrorFactory, revision: str
) -> None:
    with pytest.raises(InputError):
        mirror_of(remote).resolve_revision(remote, revision)


@pytest.mark.parametrize("commit", ["main", "--all", "a" * 39, "../" + "a" * 40])
def test_only_full_commits_are_fetched_and_checked_out(
    remote: Remote, mirror_of: MirrorFactory, commit: str
) -> None:
    mirror = mirror_of(remote)

    for take in (mirror.checkout, lambda c: mirror.fetch(remote, c)):
        with pytest.raises(InputError, match="not a full commit"):
            take(commit)


def test_a_snapshot_holds_the_files_of_its_commit(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    first = source.commit(FILES)
    second = source.commit({**FILES, "b.yaml": "b: 1\n"})
    mirror = mirror_of(remote)

    old, new = mirror.snapshot(remote, first), mirror.snapshot(remote, second)

    assert _files(old) == {"apps/web/cm.yaml": b"kind: ConfigMap\n"}
    assert _files(new) == {"apps/web/cm.yaml": b"kind: ConfigMap\n", "b.yaml": b"b: 1\n"}
    assert new.revision == second


def test_the_cache_is_for_this_user_only(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    mirror_of(remote).snapshot(remote, source.commit(FILES))

    [home] = (tmp_path / "cache").iterdir()
    assert home.stat().st_mode & 0o777 == 0o700


def test_two_scopes_share_no_commit(
    source: SourceRepository, remote: Remote, tmp_path: Path
) -> None:
    """Who knows a commit's name, but is not let in, does not get it from the cache."""
    commit = source.commit(FILES)
    first, second = (
        Mirror(remote.url, cache_dir=tmp_path / "cache", path=os.environ["PATH"], scope=scope)
        for scope in ("one", "two")
    )
    first.snapshot(remote, commit)

    with pytest.raises(GitFailed, match="was not fetched"):
        second.checkout(commit)


def test_a_commit_that_was_not_fetched_is_not_checked_out(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    with pytest.raises(GitFailed, match="was not fetched"):
        mirror_of(remote).checkout(source.commit(FILES))


def test_a_force_pushed_branch_is_followed(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    mirror = mirror_of(remote)
    mirror.snapshot(remote, source.commit(FILES))
    source.git("update-ref", "-d", "refs/heads/main")
    forced = source.commit({"new": "1"})

    assert mirror.resolve_revision(remote, "main") == forced
    assert _files(mirror.snapshot(remote, forced)) == {"new": b"1"}


def test_a_commit_that_is_gone_is_told(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    source.commit(FILES)

    with pytest.raises(GitFailed, match="the revision is not in the repository"):
        mirror_of(remote).fetch(remote, "a" * 40)


def test_files_come_out_as_they_were_committed(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    """Line ends, ident, encodings, LFS and export-subst of .gitattributes change nothing."""
    attributes = "* text eol=crlf filter=lfs ident export-subst working-tree-encoding=UTF-16LE\n"
    content = b"line\n$Id$ $Format:%H$\n"
    commit = source.commit({".gitattributes": attributes, "a.yaml": content})

    assert _files(mirror_of(remote).snapshot(remote, commit))["a.yaml"] == content


def test_symbolic_links_stay_links(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    commit = source.commit({"out": "-> /etc/passwd", "in": "-> a", "a": "1"})

    root = mirror_of(remote).snapshot(remote, commit).root

    assert (root / "out").readlink() == Path("/etc/passwd")
    assert (root / "in").readlink() == Path("a")


def test_a_submodule_stays_empty(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    """Its URL is one that would run a program if anybody followed it."""
    marker = tmp_path / "ran"
    modules = f'[submodule "m"]\n\tpath = m\n\turl = ext::sh -c "touch {marker}"\n'
    source.commit({".gitmodules": modules, "a": "1"})
    source.git("update-index", "--add", "--cacheinfo", f"160000,{'b' * 40},m")
    commit = source.commit_index()

    snapshot = mirror_of(remote).snapshot(remote, commit)

    assert list((snapshot.root / "m").iterdir()) == []
    assert not marker.exists()


def test_a_path_that_would_write_into_git_is_refused(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    blob = source.git("hash-object", "-w", "--stdin", stdin=b"#!/bin/sh\n")
    inner = source.git("mktree", stdin=f"100755 blob {blob}\thooks\n".encode())
    tree = source.git("mktree", stdin=f"040000 tree {inner}\t.git\n".encode())
    commit = source.git("commit-tree", tree, "-m", "evil")
    source.git("update-ref", "refs/heads/main", commit)

    with pytest.raises(GitFailed, match="objects that git refuses"):
        mirror_of(remote).snapshot(remote, commit)


def test_a_tree_larger_than_the_limit_is_not_written(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    """A megabyte of zeros is a kilobyte to transfer."""
    commit = source.commit({f"zeros-{number}": bytes(1_000_000) for number in range(3)})
    mirror = mirror_of(remote, limits=GitLimits(size_bytes=2_000_000))

    with pytest.raises(GitFailed, match="holds 3 files of 3000000 bytes, which is more than"):
        mirror.snapshot(remote, commit)
    assert not list(tmp_path.glob("cache/*/snapshots/*"))


def test_more_files_than_the_limit_are_not_written(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    commit = source.commit({"a": "1", "b": "2", "c": "3"})

    with pytest.raises(GitFailed, match="more than 2 files"):
        mirror_of(remote, limits=GitLimits(files=2)).snapshot(remote, commit)


def test_a_transfer_larger_than_the_limit_is_cut(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    noise = bytes(number * number % 251 ^ (number >> 8) % 256 for number in range(600_000))
    commit = source.commit({"noise": noise, "more": noise[::-1]})

    with pytest.raises(GitFailed, match="or is larger than the limit"):
        mirror_of(remote, limits=GitLimits(size_bytes=4096)).fetch(remote, commit)
    assert not list(tmp_path.glob("cache/*/mirror.git/objects/pack/tmp_*"))


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="this system limits no memory")
def test_a_large_file_is_fetched_and_written_in_little_memory(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    zeros = bytes(160_000_000)
    source.git("config", "core.bigFileThreshold", "1m")  # for the side that sends
    commit = source.commit({"large.bin": zeros})
    mirror = mirror_of(remote, limits=GitLimits(data_bytes=64_000_000))

    mirror.fetch(remote, commit)
    snapshot = mirror.snapshot(remote, commit)

    assert (snapshot.root / "large.bin").read_bytes() == zeros


def test_a_mirror_of_many_commits_starts_anew(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    mirror = mirror_of(remote, limits=GitLimits(kept_commits=3))

    for number in range(5):
        mirror.snapshot(remote, source.commit({"n": str(number)}))

    assert len(list(tmp_path.glob("cache/*/mirror.git/refs/gitopskit/*"))) == 2


def test_a_crash_in_the_middle_of_a_checkout_leaves_no_half_snapshot(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    mirror = mirror_of(remote)
    mirror.snapshot(remote, source.commit(FILES))
    [snapshots] = tmp_path.glob("cache/*/snapshots")
    (snapshots / ".new-crashed" / "files").mkdir(parents=True)

    mirror.snapshot(remote, source.commit({"b": "2"}))

    assert not (snapshots / ".new-crashed").exists()


def test_old_snapshots_are_removed_when_nobody_reads_them_any_more(
    source: SourceRepository, remote: Remote, tmp_path: Path
) -> None:
    clock = FakeClock()
    mirror = Mirror(
        remote.url,
        cache_dir=tmp_path / "cache",
        path=os.environ["PATH"],
        limits=GitLimits(kept_snapshots=2),
        clock=clock,
    )
    old, used, new, newest = (source.commit({"n": str(number)}) for number in range(4))
    for commit in (old, used, new):
        mirror.snapshot(remote, commit)
        mirror.checkout(commit)
    held = {path.name for path in tmp_path.glob("cache/*/snapshots/*")}
    clock.advance(3600)
    mirror.snapshot(remote, used)

    mirror.snapshot(remote, newest)

    assert held == {old, used, new}
    assert {path.name for path in tmp_path.glob("cache/*/snapshots/*")} == {used, newest}


@pytest.mark.parametrize(
    "limits", [GitLimits(timeout_seconds=0.3), GitLimits(asking_seconds=0.3)], ids=["call", "ask"]
)
def test_a_server_that_never_answers_is_given_up(
    mirror_of: MirrorFactory, limits: GitLimits
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        remote = parse_remote(f"https://127.0.0.1:{port}/a")
        mirror = mirror_of(remote, limits=limits)

        with pytest.raises(GitFailed, match=r"did not end within 0\.3 s"):
            mirror.resolve_revision(remote, "main")


def test_threads_share_a_mirror(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    commits = [source.commit({"n": str(number)}) for number in range(4)]
    found: list[bytes] = []

    def take(commit: str) -> None:
        found.append(_files(mirror_of(remote).snapshot(remote, commit))["n"])

    threads = [threading.Thread(target=take, args=(commit,)) for commit in commits * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [b"0", b"0", b"1", b"1", b"2", b"2", b"3", b"3"]


def test_hooks_and_settings_of_this_user_are_not_used(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A global setting that sends every address elsewhere has no effect."""
    settings = tmp_path / ".gitconfig"
    settings.write_text('[url "/nowhere"]\n\tinsteadOf = /\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    commit = source.commit(FILES)

    assert mirror_of(remote).resolve_revision(remote, "main") == commit


def test_git_that_is_not_installed_is_told(remote: Remote, mirror_of: MirrorFactory) -> None:
    with pytest.raises(MissingTool, match="git is not installed"):
        mirror_of(remote, path="/nonexistent").resolve_revision(remote, "main")


def test_a_cache_that_cannot_be_written_is_told(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file")

    with pytest.raises(GitFailed, match="the cache of repositories cannot be used"):
        mirror_of(remote).snapshot(remote, source.commit(FILES))


def _files(snapshot: Snapshot) -> dict[str, bytes]:
    return {
        path.relative_to(snapshot.root).as_posix(): path.read_bytes()
        for path in snapshot.root.rglob("*")
        if path.is_file()
    }
