"""Mirror: the cache of one repository, from a revision's name to a folder with its files.

Blocking; call it from a thread. Several threads and processes may share a cache folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from gitopskit.clock import SystemClock
from gitopskit.errors import GitFailed, InputError
from gitopskit.git.access import open_access
from gitopskit.git.authorship import UNKNOWN, read_authorship
from gitopskit.git.cleaning import LOCK
from gitopskit.git.failures import MirrorDamaged, explain, unknown
from gitopskit.git.program import Call, Git, GitLimits
from gitopskit.git.revisions import is_commit, pick, read_listing, references, require_revision
from gitopskit.git.snapshots import SnapshotCache
from gitopskit.git.submodules import read_gitlinks, read_urls, submodules_of
from gitopskit.git.tree_hashes import read_tree_hashes
from gitopskit.git.verification import require_signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gitopskit.clock import Clock
    from gitopskit.git.authorship import Authorship
    from gitopskit.git.remotes import Remote
    from gitopskit.git.signatures import Trust
    from gitopskit.git.submodules import Submodule, SubmoduleRule
    from gitopskit.git.tree_hashes import TreeHashes
    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.process import Completed

_PRIVATE_MODE: Final = 0o700
_MOST_PROVEN: Final = 1000
_KEPT_REFERENCES: Final = "refs/gitopskit"

_RAW_FILES: Final = "* -text !eol -ident -filter !working-tree-encoding\n"
"""Files come out as they were committed, whatever the repository's own .gitattributes say.

Source: gitattributes(5): ``info/attributes`` has the highest precedence.
"""


class Mirror:
    """A bare copy of one repository, holding the few commits that were asked for.

    It may be deleted at any time; a damaged one is fetched again.
    """

    def __init__(
        self,
        url: str,
        *,
        cache_dir: Path,
        path: str,
        scope: str = "",
        limits: GitLimits | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Store where things are; nothing is opened or started.

        ``path`` is as in PATH. ``scope`` names who may read what is cached, a project for
        instance: two scopes share no commit, so that nobody reads what only another was let into.
        """
        self._url = url
        key = f"{scope}\0{url}".encode()
        self._home = cache_dir / hashlib.sha256(key).hexdigest()[:32]
        self._bare = self._home / "mirror.git"
        self._limits = limits or GitLimits()
        self._clock = clock or SystemClock()
        self._git = Git(path=path, limits=self._limits)
        self._snapshots = SnapshotCache(
            folder=self._home / "snapshots", bare=self._bare, git=self._git, clock=self._clock
        )
        self._proven: set[tuple[str, Trust]] = set()

    @property
    def name(self) -> str:
        """Return the name of its folder in the cache."""
        return self._home.name

    def resolve_revision(self, remote: Remote, revision: str) -> str:
        """Return the commit (40 digits) that a branch, tag, reference or HEAD is now.

        A full commit is returned as it is, without asking the server.

        Raises:
            InputError: no branch, tag or commit can have this name.
            GitFailed: the server cannot be reached or read, or has no such revision.
        """
        wanted = require_revision(revision)
        if is_commit(wanted):
            return wanted
        arguments = ["ls-remote", "--quiet", "--end-of-options", remote.url, *references(wanted)]
        completed = self._ask(remote, arguments, is_question=True)
        if completed.exit_code != 0:
            raise self._failure(completed, remote.url)
        commit = pick(read_listing(completed.stdout), wanted)
        if not commit:
            raise GitFailed(
                f"the repository has no branch or tag {wanted}",
                where=remote.url,
                hint="check targetRevision; give a branch, a tag or a full commit of 40 digits",
            )
        return commit

    def fetch(self, remote: Remote, commit: str) -> None:
        """Bring one commit into the mirror, without its history; nothing is done if it is there.

        Raises:
            InputError: this is not a full commit.
            GitFailed: the server cannot be reached or read, or does not hand out the commit.
        """
        self._require_commit(commit)
        with self._locked():
            self._fetch(remote, commit)

    def checkout(self, commit: str) -> Snapshot:
        """Return the files of a fetched commit in a folder that nobody may change.

        Symbolic links are kept, submodules stay empty, no filter runs.

        Raises:
            InputError: this is not a full commit.
            GitFailed: the commit was not fetched, is larger than the limits, or is damaged.
        """
        self._require_commit(commit)
        with self._locked():
            return self._checkout(commit)

    def snapshot(self, remote: Remote, commit: str) -> Snapshot:
        """Return the files of a commit, fetched where needed; a damaged mirror is made anew.

        Raises:
            InputError: this is not a full commit.
            GitFailed: see ``fetch`` and ``checkout``.
        """
        self._require_commit(commit)
        with self._locked():
            found = self._snapshots.find(commit)
            if found is not None:
                return found
            self._fetch(remote, commit)
            with suppress(MirrorDamaged):
                return self._checkout(commit)
            self._fetch(remote, commit)
            return self._checkout(commit)

    def require_signed(self, remote: Remote, commit: str, trust: Trust) -> None:
        """Return if a commit is signed by one of the trusted keys; it is fetched where needed.

        Raises:
            InputError: this is not a full commit, or nobody who is trusted signed it.
            MissingTool: the program that reads such a signature is not installed.
            GitFailed: see ``fetch``, or the trusted keys cannot be read.
        """
        self._require_commit(commit)
        if (commit, trust) in self._proven:
            return
        where = f"{self._url} {commit}"
        with self._locked():
            self._fetch(remote, commit)
            if not self._is_readable(commit):
                shutil.rmtree(self._bare)
                self._fetch(remote, commit)
            require_signed(self._git, bare=self._bare, commit=commit, trust=trust, where=where)
        if len(self._proven) >= _MOST_PROVEN:
            self._proven.clear()
        self._proven.add((commit, trust))

    def authorship(self, commit: str) -> Authorship:
        """Return who made a fetched commit; unknown where it is not there or cannot be read.

        Waits for no transfer, and asks no server.

        Raises:
            InputError: this is not a full commit.
            MissingTool: git is not installed.
        """
        self._require_commit(commit)
        if not self._has(commit):
            return UNKNOWN
        call = Call(arguments=[f"--git-dir={self._bare}", "cat-file", "commit", commit], where="")
        try:
            completed = self._git.run(call)
        except GitFailed:
            return UNKNOWN
        return read_authorship(completed.stdout) if completed.exit_code == 0 else UNKNOWN

    def submodules(self, remote: Remote, commit: str, rule: SubmoduleRule) -> tuple[Submodule, ...]:
        """Return the submodules of a fetched commit, all of which the rule allows.

        Raises:
            InputError: one may not be used, or the file that tells of them is malformed.
            GitFailed: the commit was not fetched, or is damaged.
        """
        where = f"{self._url} {commit}"
        listing = [f"--git-dir={self._bare}", "ls-tree", "-r", "-z", "--full-tree", commit]
        config = ["config", "--null", "--list", f"--blob={commit}:.gitmodules"]
        with self._locked():
            gitlinks = read_gitlinks(self._git.run_checked(Call(arguments=listing, where=where)))
            if not gitlinks:
                return ()
            read = self._git.run(Call(arguments=[listing[0], *config], where=where))
        urls = read_urls(read.stdout) if read.exit_code == 0 else {}
        return submodules_of(remote, gitlinks=gitlinks, urls=urls, rule=rule)

    def find_nested(self, commit: str, rule: SubmoduleRule) -> Snapshot | None:
        """Return the files of a commit with those of its submodules, if they are there."""
        with self._locked():
            return self._snapshots.find_nested(commit, rule.key)

    def nest(self, commit: str, rule: SubmoduleRule, parts: Mapping[str, Path]) -> Snapshot:
        """Return the files of a checked-out commit with the folders of its submodules in them.

        Raises:
            GitFailed: they cannot be written.
        """
        with self._locked():
            found = self._snapshots.find_nested(commit, rule.key)
            return found or self._snapshots.nest(commit, rule.key, parts)

    def tree_hashes(self, commit: str) -> TreeHashes:
        """Return what tells which folders of a fetched commit are those of another.

        Raises:
            InputError: this is not a full commit.
            GitFailed: the commit was not fetched, or is damaged.
        """
        self._require_commit(commit)
        where = f"{self._url} {commit}"
        listing = ["ls-tree", "-r", "-t", "-z", "--full-tree", commit]
        call = Call(arguments=[f"--git-dir={self._bare}", *listing], where=where)
        with self._locked():
            return read_tree_hashes(self._git.run_checked(call))

    def _fetch(self, remote: Remote, commit: str) -> None:
        if self._has(commit):
            return
        if self._is_worn():
            shutil.rmtree(self._bare)
        was_there = self._bare.exists()
        completed = self._fetch_once(remote, commit)
        if was_there and self._is_our_fault(completed):
            shutil.rmtree(self._bare)
            completed = self._fetch_once(remote, commit)
        if completed.exit_code != 0:
            for leftover in (self._bare / "objects" / "pack").glob("tmp_*"):
                leftover.unlink(missing_ok=True)
            raise self._failure(completed, f"{remote.url} {commit}")

    def _fetch_once(self, remote: Remote, commit: str) -> Completed:
        self._create()
        return self._ask(
            remote,
            [
                f"--git-dir={self._bare}",
                "fetch",
                "--quiet",
                "--depth=1",
                "--no-tags",
                "--no-write-fetch-head",
                "--end-of-options",
                remote.url,
                f"+{commit}:{_KEPT_REFERENCES}/{commit}",
            ],
        )

    def _checkout(self, commit: str) -> Snapshot:
        if not self._has(commit):
            raise GitFailed("the commit was not fetched yet", where=f"{self._url} {commit}")
        try:
            return self._snapshots.build(commit, where=f"{self._url} {commit}")
        except MirrorDamaged:
            shutil.rmtree(self._bare)
            raise

    def _has(self, commit: str) -> bool:
        return (self._bare / _KEPT_REFERENCES / commit).is_file()

    def _is_readable(self, commit: str) -> bool:
        call = Call(arguments=[f"--git-dir={self._bare}", "cat-file", "commit", commit], where="")
        return self._git.run(call).exit_code == 0

    def _is_worn(self) -> bool:
        """Tell whether so many commits were fetched one by one that starting anew is cheaper."""
        kept = self._bare / _KEPT_REFERENCES
        return kept.is_dir() and sum(1 for _ in kept.iterdir()) >= self._limits.kept_commits

    def _create(self) -> None:
        if self._bare.exists():
            return
        new = self._home / "mirror.new"
        shutil.rmtree(new, ignore_errors=True)
        self._git.run_checked(
            Call(
                arguments=["init", "--quiet", "--bare", "--template=", "--", str(new)],
                where=self._url,
            )
        )
        (new / "info").mkdir(exist_ok=True)
        (new / "info" / "attributes").write_text(_RAW_FILES, encoding="utf-8")
        new.rename(self._bare)

    def _ask(self, remote: Remote, arguments: list[str], *, is_question: bool = False) -> Completed:
        with open_access(remote, path=self._git.path, clock=self._clock) as access:
            call = Call(
                arguments=arguments,
                where=remote.url,
                protocol=remote.scheme,
                access=access,
                is_question=is_question,
            )
            return self._git.run(call)

    def _is_our_fault(self, completed: Completed) -> bool:
        """Tell whether the mirror rather than the server may be why git failed."""
        if completed.exit_code == 0:
            return False
        names_mirror = str(self._bare).encode() in completed.stderr
        return names_mirror or explain(completed.stderr, where="") is None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            descriptor = self._lock()
            try:
                yield
            finally:
                os.close(descriptor)
        except OSError as error:
            raise GitFailed(
                f"the cache of repositories cannot be used: {error.strerror}",
                where=str(self._home),
                hint="check its rights and its free space",
                is_local=True,
            ) from error

    def _lock(self) -> int:
        """Return the open lock of the folder, which may have been cleaned away meanwhile."""
        while True:
            self._home.mkdir(mode=_PRIVATE_MODE, parents=True, exist_ok=True)
            descriptor = os.open(self._home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            with suppress(FileNotFoundError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(descriptor), (self._home / LOCK).stat()):
                    now = self._clock.now_utc().timestamp()
                    os.utime(descriptor, (now, now))
                    return descriptor
            os.close(descriptor)

    @staticmethod
    def _require_commit(commit: str) -> None:
        if not is_commit(commit):
            raise InputError(f"{commit[:80]!r} is not a full commit of 40 digits")

    @staticmethod
    def _failure(completed: Completed, where: str) -> GitFailed:
        return explain(completed.stderr, where=where) or unknown(completed.stderr, where=where)
