"""Repositories that tests fill: plain git in a folder, independent of the code under test."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_ENVIRONMENT = {
    "GIT_AUTHOR_EMAIL": "author@example.invalid",
    "GIT_AUTHOR_NAME": "Author",
    "GIT_COMMITTER_EMAIL": "author@example.invalid",
    "GIT_COMMITTER_NAME": "Author",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True)
class SourceRepository:
    """A bare repository and the index from which its commits are made; there is no work tree."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> SourceRepository:
        folder.mkdir(parents=True)
        repository = cls(folder)
        repository.git("init", "--quiet", "--bare", "--initial-branch=main")
        return repository

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        completed = subprocess.run(
            ["git", *arguments],  # noqa: S607 -- found on PATH, as users do
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **_ENVIRONMENT},
            input=stdin,
            capture_output=True,
            check=True,
        )
        return completed.stdout.decode().strip()

    def commit(self, files: Mapping[str, str | bytes], *, branch: str = "main") -> str:
        """Commit exactly these files on top of a branch and return the commit.

        A value that begins with ``-> `` becomes a symbolic link.
        """
        self.git("read-tree", "--empty")
        contents = [it.encode() if isinstance(it, str) else it for it in files.values()]
        links = [it.startswith(b"-> ") for it in contents]
        blobs = self._blobs(
            [it[3 * is_link :] for it, is_link in zip(contents, links, strict=True)]
        )
        modes = ["120000" if is_link else "100644" for is_link in links]
        lines = [
            f"{mode} {blob}\t{path}\0" for mode, blob, path in zip(modes, blobs, files, strict=True)
        ]
        self.git("update-index", "-z", "--index-info", stdin="".join(lines).encode())
        return self.commit_index(branch=branch)

    def _blobs(self, contents: Sequence[bytes]) -> list[str]:
        """Write contents, all by one process, and return their names."""
        stream = [
            b"blob\nmark :%d\ndata %d\n%b\nget-mark :%d\n" % (mark, len(content), content, mark)
            for mark, content in enumerate(contents, 1)
        ]
        return self.git("fast-import", "--quiet", stdin=b"".join(stream)).split()

    def commit_index(self, *, branch: str = "main") -> str:
        """Commit what is in the index."""
        tree = self.git("write-tree")
        parents = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        above = ["-p", parents] if parents else []
        commit = self.git("commit-tree", tree, *above, "-m", "change")
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit
