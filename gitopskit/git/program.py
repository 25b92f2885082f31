"""How the git program is started: always hardened, always bounded, never with a user's settings.

Knows the options and variables; what is fetched and where it goes is known to repository.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitFailed, MissingTool, ProcessFailed
from gitopskit.git.access import NO_ACCESS, Access
from gitopskit.git.failures import explain, unknown
from gitopskit.process import Command, Completed, find_program, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_BLOCK_BYTES: Final = 512
"""What ``ulimit -f`` counts in. Source: POSIX.1-2024, ulimit."""

_BOUNDED: Final = 'ulimit -f "$1"; shift; exec git "$@"'

_OPTIONS: Final = (
    "advice.detachedHead=false",
    "core.askPass=",
    "core.autocrlf=false",
    "core.bigFileThreshold=1m",
    "core.deltaBaseCacheLimit=16m",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.symlinks=true",
    "fetch.fsck.badTimezone=ignore",
    "fetch.fsck.missingSpaceBeforeDate=ignore",
    "fetch.fsck.zeroPaddedFilemode=ignore",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=30",
    "maintenance.auto=false",
    "protocol.allow=never",
    "safe.directory=*",
    "submodule.recurse=false",
    "transfer.bundleURI=false",
    "transfer.fsckObjects=true",
)
"""Nothing of a repository runs a program or leads to another address.

The three fsck ignores are harmless faults of old tools. Files beyond the threshold are streamed
instead of held in memory, twice in the case of checks. Source: git-config(1), git-fsck(1).
"""

_ENVIRONMENT: Final = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLimits:
    """How long one git process may run, how much a repository may hold, how much is kept.

    ``asking_seconds`` is for what asks a server only which commit a revision is. ``size_bytes``
    bounds a transfer and, on its own, the files of one revision; ``data_bytes`` is memory that a
    process may write to (Linux only).
    """

    timeout_seconds: float = 120.0
    asking_seconds: float = 30.0
    size_bytes: int = 512 * 1024 * 1024
    data_bytes: int = 384 * 1024 * 1024
    files: int = 100_000
    kept_snapshots: int = 20
    kept_commits: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One start of git: arguments after its own options, and what it is given.

    ``protocol`` is the only one it may use; ``where`` names the repository in errors;
    ``is_question`` tells that it only asks a server something.
    """

    arguments: Sequence[str]
    where: str
    protocol: str = ""
    access: Access = NO_ACCESS
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    is_question: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """The git program, found on ``path`` (as in PATH), with its limits."""

    path: str
    limits: GitLimits

    def run(self, call: Call) -> Completed:
        """Run git to its end and return how it ended, whatever its exit code.

        Raises:
            MissingTool: git is not installed.
            GitFailed: it ran out of time or printed too much.
        """
        try:
            return run(self._command(call))
        except ProcessFailed as error:
            raise GitFailed(
                f"git did not end within {self._seconds(call):g} s, or printed too much",
                where=call.where,
                hint="check that the server answers and that the repository is not too large",
            ) from error

    def run_checked(self, call: Call) -> bytes:
        """Run git and return its standard output.

        Raises:
            MissingTool: git is not installed.
            GitFailed: it failed; the error says what it means where that is known.
        """
        completed = self.run(call)
        if completed.exit_code != 0:
            known = explain(completed.stderr, where=call.where)
            raise known or unknown(completed.stderr, where=call.where)
        return completed.stdout

    def _seconds(self, call: Call) -> float:
        limits = self.limits
        longest = limits.timeout_seconds
        return min(longest, limits.asking_seconds) if call.is_question else longest

    def _command(self, call: Call) -> Command:
        if not find_program("git", path=self.path):
            raise MissingTool(
                "git is not installed", hint="install git with your system's package manager"
            )
        settings = [*_OPTIONS]
        if call.protocol:
            settings.append(f"protocol.{call.protocol}.allow=always")
        options = [part for setting in settings for part in ("-c", setting)]
        blocks = str(self.limits.size_bytes // _BLOCK_BYTES)
        arguments = [*options, *call.access.options, *call.arguments]
        return Command(
            argv=["sh", "-c", _BOUNDED, "sh", blocks, *arguments],
            environment={
                **_ENVIRONMENT,
                "PATH": self.path,
                **call.access.environment,
                **call.environment,
            },
            cwd=call.cwd,
            timeout_seconds=self._seconds(call),
            data_limit_bytes=self.limits.data_bytes,
            pass_fds=call.access.pass_fds,
        )
