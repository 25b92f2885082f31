"""Clone: a person's own clone of a repository, in which git runs as that person has set it up.

Nothing here is hardened as it is for mirrors, because hooks, signing and names are the person's.
What could change files begins with ``require_ready``; nothing is pushed unless ``push`` is called.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitFailed, InputError, MissingTool
from gitopskit.git.clone_texts import (
    Blob,
    Change,
    Commit,
    index_lines,
    read_changes,
    read_commits,
    read_entries,
)
from gitopskit.process import Command, Completed, find_program, run, run_at_terminal
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_UNDER_WAY: Final = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase or the applying of patches",
}
"""What git leaves in its folder while something is under way. Source: git-status(1)."""

_TIMEOUT_SECONDS: Final = 600.0
"""A clone that has only a part of the repository fetches what it is asked for."""

_LOG_FORMAT: Final = "--format=%H%x1f%an%x1f%s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """The work tree at ``root``; ``environment`` is that of the person."""

    root: Path
    environment: Mapping[str, str]

    @classmethod
    def at(cls, folder: Path, *, environment: Mapping[str, str]) -> Clone:
        """Return the clone that a folder is in.

        Raises:
            InputError: it is in none, or in one without a work tree.
            MissingTool: git is not installed.
        """
        if not folder.is_dir():
            raise InputError("there is no such folder", where=str(folder))
        return cls(root=folder, environment=environment).at_top()

    def at_top(self) -> Clone:
        """Return the same clone, from the top of its work tree.

        Raises:
            InputError: there is no work tree that git can read.
            MissingTool: git is not installed.
        """
        found = self._run("rev-parse", "--show-toplevel")
        if found.exit_code != 0:
            raise InputError(
                f"this is no work tree that git can read: {_last_words(found)}",
                where=str(self.root),
                hint="go to your clone of the repository, or name it with --directory",
            )
        top = found.stdout.decode(errors="surrogateescape").removesuffix("\n")
        return replace(self, root=Path(top))

    def require_ready(self) -> None:
        """Check that nothing would be mixed with what is about to be committed.

        Raises:
            InputError: files are changed, something is under way, or nobody may commit.
            GitFailed: git cannot read the repository.
        """
        folder = Path(self._text("rev-parse", "--absolute-git-dir"))
        for name, what in _UNDER_WAY.items():
            if (folder / name).exists():
                raise InputError(
                    f"{what} is under way in this clone",
                    where=str(self.root),
                    hint="`git status` says how to end it",
                )
        changed = self._output("status", "--porcelain", "-z", "--untracked-files=no")
        if changed:
            raise InputError(
                "this clone has changes that are not committed",
                where=str(self.root),
                hint="commit them, or put them away with `git stash`",
            )
        if self._run("var", "GIT_COMMITTER_IDENT").exit_code != 0:
            raise InputError(
                "git does not know in whose name to commit",
                where=str(self.root),
                hint="set user.name and user.email with `git config`",
            )

    def commit_of(self, revision: str) -> str:
        """Return the commit that a revision names, or nothing where this clone has none."""
        wanted = f"{revision}^{{commit}}"
        found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        return found.stdout.decode().strip() if found.exit_code == 0 else ""

    def branch(self) -> str:
        """Return the branch that is checked out, or nothing where HEAD is on none."""
        found = self._run("symbolic-ref", "--quiet", "--short", "HEAD")
        return found.stdout.decode().strip() if found.exit_code == 0 else ""

    def remote_of(self, branch: str) -> str:
        """Return where a branch is pushed to."""
        found = self._run("config", "--get", f"branch.{branch}.remote")
        return found.stdout.decode().strip() or "origin"

    def has(self, reference: str) -> bool:
        """Tell whether there is a full reference of this name."""
        return self._run("show-ref", "--verify", "--quiet", reference).exit_code == 0

    def is_shallow(self) -> bool:
        """Tell whether older commits are missing here."""
        return self._text("rev-parse", "--is-shallow-repository") == "true"

    def is_within(self, commit: str, later: str) -> bool:
        """Tell whether a commit is in the history of another."""
        return self._run("merge-base", "--is-ancestor", commit, later).exit_code == 0

    def changes(self, old: str, new: str, paths: Sequence[str]) -> tuple[Change, ...]:
        """Return which files of some paths differ between two commits, and how.

        Raises:
            GitFailed: git cannot read them.
        """
        options = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev")
        return read_changes(self._output(*options, old, new, "--", *paths))

    def entries(self, commit: str, paths: Sequence[str]) -> dict[bytes, Blob]:
        """Return the files of some paths as they are in a commit.

        Raises:
            GitFailed: git cannot read them.
        """
        return read_entries(
            self._output("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        )

    def commits(self, since: str, until: str, paths: Sequence[str] = ()) -> tuple[Commit, ...]:
        """Return the commits after one up to another, the newest first; those that touch paths.

        Raises:
            GitFailed: git cannot read them.
        """
        limits = ("--full-history", f"{since}..{until}", "--", *paths)
        return read_commits(self._output("log", "-z", "--no-color", _LOG_FORMAT, *limits))

    @contextmanager
    def files(self, commit: str) -> Iterator[Path]:
        """Yield a folder with the files of a commit, which is gone afterwards.

        Raises:
            GitFailed: git cannot read them.
        """
        with tempfile.TemporaryDirectory(prefix="gitopskit-") as name:
            folder = Path(name) / "files"
            folder.mkdir()
            place = {"GIT_INDEX_FILE": f"{name}/index", "GIT_WORK_TREE": str(folder)}
            options = ("--reset", "-u", "--no-sparse-checkout")
            self._output("read-tree", *options, commit, more={**place, "GIT_LFS_SKIP_SMUDGE": "1"})
            yield folder

    def tree_with(self, commit: str, blobs: Mapping[bytes, Blob | None]) -> str:
        """Return the tree of a commit with some files replaced, or without them.

        Raises:
            GitFailed: git cannot write it.
        """
        with tempfile.TemporaryDirectory(prefix="gitopskit-") as name:
            index = {"GIT_INDEX_FILE": f"{name}/index"}
            self._output("read-tree", commit, more=index)
            lines = index_lines(blobs, digits=len(commit))
            self._output("update-index", "-z", "--index-info", stdin=lines, more=index)
            return self._output("write-tree", more=index).decode().strip()

    def diff(self, old: str, new: str) -> str:
        """Return how two trees differ, as ``git apply`` reads it.

        Raises:
            GitFailed: git cannot read them.
        """
        options = ("diff-tree", "-r", "--patch", "--no-color", "--no-ext-diff", "--no-textconv")
        return self._output(*options, old, new).decode(errors="replace")

    def commit_tree(self, tree: str, message: str, *, branch: str = "") -> str:
        """Commit a tree on top of HEAD, on a new branch if one is named, and return the commit.

        Hooks, names and signatures are git's business. Where it fails, all is as it was.

        Raises:
            GitFailed: git or a hook refused.
        """
        before, head = self.branch(), self._text("rev-parse", "HEAD")
        if branch:
            self._output("switch", "--quiet", "--create", branch)
        try:
            self._output("read-tree", "-m", "-u", head, tree)
            self._at_terminal("commit", "--quiet", f"--message={message}")
        except BaseException:
            self._output("read-tree", "--reset", "-u", head)
            if branch:
                back = (before,) if before else ("--detach", head)
                self._output("switch", "--quiet", *back)
                self._output("branch", "--quiet", "-D", branch)
            raise
        return self._text("rev-parse", "HEAD")

    def tag(self, name: str, message: str) -> None:
        """Tag HEAD.

        Raises:
            GitFailed: git refused.
        """
        self._at_terminal("tag", "--annotate", f"--message={message}", "--end-of-options", name)

    def push(self, remote: str, branch: str, tags: Sequence[str]) -> None:
        """Push HEAD to a branch, with tags, all or nothing.

        Raises:
            GitFailed: it was refused or the server cannot be reached.
        """
        names = [f"HEAD:refs/heads/{branch}", *(f"refs/tags/{tag}" for tag in tags)]
        self._at_terminal("push", "--quiet", "--atomic", "--end-of-options", remote, *names)

    def _text(self, *arguments: str) -> str:
        return self._output(*arguments).decode(errors="surrogateescape").strip()

    def _output(
        self, *arguments: str, stdin: bytes = b"", more: Mapping[str, str] | None = None
    ) -> bytes:
        completed = self._run(*arguments, stdin=stdin, more=more)
        if completed.exit_code != 0:
            raise self._failure(arguments[0], _last_words(completed))
        return completed.stdout

    def _run(
        self, *arguments: str, stdin: bytes = b"", more: Mapping[str, str] | None = None
    ) -> Completed:
        quiet = {"LC_ALL": "C", "GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0"}
        command = Command(
            argv=[*self._git(), *arguments],
            environment={**self.environment, **quiet, **(more or {})},
            stdin=stdin,
            timeout_seconds=_TIMEOUT_SECONDS,
        )
        return run(command)

    def _at_terminal(self, *arguments: str) -> None:
        """Run what may ask the person: for a passphrase, a password, by a hook."""
        if run_at_terminal([*self._git(), *arguments], environment=self.environment):
            raise self._failure(arguments[0], "see above")

    def _git(self) -> list[str]:
        if not find_program("git", path=self.environment.get("PATH", "")):
            raise MissingTool(
                "git is not installed", hint="install git with your system's package manager"
            )
        return ["git", "-C", str(self.root)]

    def _failure(self, command: str, said: str) -> GitFailed:
        return GitFailed(
            f"git {command} failed: {said}",
            where=str(self.root),
            hint="`git status` and `git fsck` say how the repository is",
        )


def _last_words(completed: Completed) -> str:
    lines = completed.stderr.decode(errors="replace").strip().splitlines()
    return scrub(lines[-1]) if lines else "it said nothing"
