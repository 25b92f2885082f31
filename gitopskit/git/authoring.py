"""Making a repository and commits in it, for the demo's own; nothing here touches a user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.git.program import Call, Git

if TYPE_CHECKING:
    from pathlib import Path

_AUTHOR: Final = ("-c", "user.name=gitopskit demo", "-c", "user.email=demo@example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """A repository with files, and the bare one that it is pushed to."""

    git: Git
    folder: Path
    remote: Path
    branch: str = "main"

    def create(self) -> None:
        """Make both repositories; the folder's files stay.

        Raises:
            GitFailed: git refuses.
        """
        self._run("init", "--quiet", "--bare", "--initial-branch", self.branch, str(self.remote))
        self._run("-C", str(self.folder), "init", "--quiet", "--initial-branch", self.branch)
        self._run("-C", str(self.folder), "remote", "add", "origin", str(self.remote))

    def commit_and_push(self, message: str) -> str:
        """Commit every change, push it, and return the commit.

        Raises:
            GitFailed: there is nothing to commit, or the push failed.
        """
        self._run("-C", str(self.folder), "add", "--all")
        self._run(*_AUTHOR, "-C", str(self.folder), "commit", "--quiet", "--message", message)
        self._run("-C", str(self.folder), "push", "--quiet", "origin", self.branch)
        return self._run("-C", str(self.folder), "rev-parse", "HEAD").decode().strip()

    def _run(self, *arguments: str) -> bytes:
        call = Call(arguments=arguments, where=str(self.remote), protocol="file")
        return self.git.run_checked(call)
