"""SnapshotCache: the files of commits, each in a folder named by its commit.

A folder appears whole or not at all and never changes afterwards. The caller holds the lock.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitFailed
from gitopskit.git.cleaning import UNFINISHED
from gitopskit.git.failures import MirrorDamaged, explain
from gitopskit.git.program import Call
from gitopskit.manifests.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.clock import Clock
    from gitopskit.git.program import Git

_LONGEST_USE_SECONDS: Final = 600.0
"""How long somebody may still be reading a snapshot after it was last asked for."""

_SUBMODULE_SIZE: Final = b"-"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotCache:
    """The checked-out commits of one bare repository."""

    folder: Path
    bare: Path
    git: Git
    clock: Clock

    def find(self, commit: str) -> Snapshot | None:
        """Return the snapshot of a commit if it is there, and note that it was used."""
        root = self.folder / commit
        if not root.is_dir():
            return None
        now = self.clock.now_utc().timestamp()
        os.utime(root, (now, now))
        return Snapshot(revision=commit, root=root)

    def find_nested(self, commit: str, key: str) -> Snapshot | None:
        """Return the snapshot of a commit with its submodules, read by the rule of that key."""
        found = self.find(_nested_name(commit, key))
        return found and Snapshot(revision=commit, root=found.root)

    def nest(self, commit: str, key: str, parts: Mapping[str, Path]) -> Snapshot:
        """Return a snapshot of a commit with other folders in it, by their paths.

        Files are linked, not copied: nobody changes those of a snapshot.
        """
        name = _nested_name(commit, key)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder))
        try:
            files = unfinished / "files"
            _link_tree(self.folder / commit, files)
            for path, root in parts.items():
                _link_tree(root, files / path)
            files.rename(self.folder / name)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return Snapshot(revision=commit, root=self.folder / name)

    def build(self, commit: str, *, where: str) -> Snapshot:
        """Return the snapshot of a commit, checked out where needed, and forget old ones.

        Raises:
            MirrorDamaged: the bare repository cannot be read.
            GitFailed: the commit's files are larger or more than the limits, or cannot be written.
        """
        found = self.find(commit)
        if found is not None:
            return found
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._forget_old()
        self._require_limits(commit, where=where)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder))
        try:
            files = unfinished / "files"
            files.mkdir()
            self._read_tree(commit, files=files, index=unfinished / "index", where=where)
            files.rename(self.folder / commit)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return Snapshot(revision=commit, root=self.folder / commit)

    def _read_tree(self, commit: str, *, files: Path, index: Path, where: str) -> None:
        self._run(
            Call(
                arguments=[
                    f"--git-dir={self.bare}",
                    f"--work-tree={files}",
                    "read-tree",
                    "--reset",
                    "-u",
                    commit,
                ],
                where=where,
                environment={"GIT_INDEX_FILE": str(index)},
                cwd=files,
            )
        )

    def _require_limits(self, commit: str, *, where: str) -> None:
        """Add up the files before one is written: a small transfer may unpack to a huge tree."""
        arguments = [f"--git-dir={self.bare}", "ls-tree", "-r", "-l", "-z", "--full-tree", commit]
        entries = self._run(Call(arguments=arguments, where=where)).split(b"\0")[:-1]
        sizes = [entry.partition(b"\t")[0].split()[3] for entry in entries]
        total = sum(int(size) for size in sizes if size != _SUBMODULE_SIZE)
        limits = self.git.limits
        if len(sizes) > limits.files or total > limits.size_bytes:
            raise GitFailed(
                f"the revision holds {len(sizes)} files of {total} bytes, which is more than "
                f"{limits.files} files or {limits.size_bytes} bytes",
                where=where,
                hint="keep large files out of the repository",
            )

    def _run(self, call: Call) -> bytes:
        completed = self.git.run(call)
        if completed.exit_code == 0:
            return completed.stdout
        names_mirror = str(self.bare).encode() in completed.stderr
        known = None if names_mirror else explain(completed.stderr, where=call.where)
        raise known or MirrorDamaged(
            "the cached copy of the repository cannot be read",
            where=call.where,
            hint="it is deleted and fetched again",
        )

    def _forget_old(self) -> None:
        """Remove unfinished folders, and beyond those kept the oldest that nobody reads now."""
        for leftover in self.folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        now = self.clock.now_utc().timestamp()
        ages = sorted((now - root.stat().st_mtime, root) for root in self.folder.iterdir())
        for age_seconds, root in ages[self.git.limits.kept_snapshots - 1 :]:
            if age_seconds > _LONGEST_USE_SECONDS:
                shutil.rmtree(root, ignore_errors=True)


def _nested_name(commit: str, key: str) -> str:
    return f"{commit}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _link_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, copy_function=os.link, dirs_exist_ok=True)
