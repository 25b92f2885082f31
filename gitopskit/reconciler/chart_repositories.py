"""Charts of Helm repositories: which version a range means now, and the files of that version.

The only module that lets Helm reach a server: by https alone, and without plugins. Passwords reach
Helm through a descriptor that it inherits. A version that was fetched once is kept; who publishes
charts never changes one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import EnvironmentFault, InputError, ProcessFailed, UnsupportedField
from gitopskit.git.cleaning import LOCK, UNFINISHED
from gitopskit.git.remotes import HttpsCredential
from gitopskit.manifests.documents import read_value
from gitopskit.manifests.snapshot import Snapshot
from gitopskit.process import Command, run
from gitopskit.render.helm import helm_homes
from gitopskit.render.isolation import isolated
from gitopskit.render.messages import explain_chart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitopskit.git.remotes import Remote
    from gitopskit.manifests.json_types import JsonObject

CHART_FOLDER: Final = "chart"
"""Where a chart lies in its snapshot."""

_ALIAS: Final = "asked"
"""What the one repository is called in Helm's list."""

_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}")
_RANGE: Final = re.compile(r"[0-9A-Za-z.+*~^<>=!|, -]{1,128}")
_EXACT: Final = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?")
_NEWEST: Final = ("HEAD", "")
_TIMEOUT_SECONDS: Final = 120.0
_LARGEST_ANSWER_BYTES: Final = 4 * 1024 * 1024
_MEMORY_BYTES: Final = 4 * 1024 * 1024 * 1024
_DATA_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRepository:
    """Asks repositories of charts; ``helm`` is a path, ``cache_dir`` where charts are kept.

    Each ``project`` has copies of its own: another one may lack the password that got them.
    """

    helm: str
    cache_dir: Path
    project: str = ""

    def version(self, remote: Remote, chart: str, wanted: str) -> str:
        """Return the version that a version or a range of them means now.

        Raises:
            InputError: the chart's name, the range or the address cannot be used.
            EnvironmentFault: the repository cannot be reached, or has no such version.
        """
        _require(remote, chart, wanted)
        if _EXACT.fullmatch(wanted):
            return wanted
        text = self._ask(remote, "show", ["chart", f"{_ALIAS}/{chart}", *_version(wanted)])
        content = read_value(text, path=f"{chart}/Chart.yaml")
        version = content.get("version") if isinstance(content, dict) else None
        if not isinstance(version, str) or not _EXACT.fullmatch(version):
            raise EnvironmentFault(f"{chart} says no version of itself", where=remote.url)
        return version

    def snapshot(self, remote: Remote, chart: str, version: str) -> Snapshot:
        """Return the files of a version, which lie in the folder ``chart``.

        Raises:
            InputError: the chart's name, the version or the address cannot be used.
            EnvironmentFault: the repository cannot be reached, or has no such version.
        """
        _require(remote, chart, version)
        kept = self.cache_dir / folder_of(self.project, remote.url, chart, version)
        try:
            if not kept.is_dir():
                self._fetch(remote, chart, version, kept)
            (kept / LOCK).touch()
        except OSError as error:
            raise EnvironmentFault(
                f"the cache of charts cannot be used: {error.strerror}",
                where=str(self.cache_dir),
                hint="check its rights and its free space",
                is_local=True,
            ) from error
        return Snapshot(revision=version, root=kept)

    def _fetch(self, remote: Remote, chart: str, version: str, kept: Path) -> None:
        self.cache_dir.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=self.cache_dir, prefix=UNFINISHED) as aside,
            open(Path(aside) / LOCK, "wb") as lock,  # noqa: PTH123 -- its lock goes with us
        ):
            fcntl.flock(lock, fcntl.LOCK_EX)
            fetched, whole = Path(aside) / "fetched", Path(aside) / "whole"
            arguments = [
                f"{_ALIAS}/{chart}",
                *_version(version),
                "--untar",
                f"--untardir={fetched}",
            ]
            self._ask(remote, "pull", arguments)
            folders = [path for path in fetched.iterdir() if path.is_dir()]
            if len(folders) != 1:
                raise EnvironmentFault(f"{chart} {version} is no chart", where=remote.url)
            whole.mkdir()
            folders[0].rename(whole / CHART_FOLDER)
            try:
                whole.rename(kept)
            except OSError:
                if not kept.is_dir():  # another thread may have been faster
                    raise

    def _ask(self, remote: Remote, verb: str, arguments: Sequence[str]) -> bytes:
        with (
            tempfile.TemporaryDirectory(prefix="gitopskit-", ignore_cleanup_errors=True) as home,
            _registered(remote, home) as descriptor,
        ):
            self._run(["repo", "update"], remote, home=home, descriptor=descriptor)
            return self._run([verb, *arguments], remote, home=home, descriptor=descriptor)

    def _run(self, words: Sequence[str], remote: Remote, *, home: str, descriptor: int) -> bytes:
        command = Command(
            argv=[self.helm, *words, f"--repository-config=/dev/fd/{descriptor}"],
            environment={**isolated(home, is_online=True), **helm_homes(home)},
            cwd=Path(home),
            timeout_seconds=_TIMEOUT_SECONDS,
            output_limit_bytes=_LARGEST_ANSWER_BYTES,
            memory_limit_bytes=_MEMORY_BYTES,
            data_limit_bytes=_DATA_BYTES,
            pass_fds=(descriptor,),
        )
        try:
            completed = run(command)
        except ProcessFailed as error:
            raise EnvironmentFault(
                f"the repository took more than {_TIMEOUT_SECONDS:g} s", where=remote.url
            ) from error
        if completed.exit_code != 0:
            said = explain_chart(completed.stderr, root=home, hidden=_hidden(remote))
            raise EnvironmentFault(f"the chart cannot be had: {said}", where=remote.url)
        return completed.stdout


def folder_of(project: str, url: str, chart: str, version: str) -> str:
    """Return the name of the folder in which a version is kept."""
    return hashlib.sha256(json.dumps([project, url, chart, version]).encode()).hexdigest()


@contextmanager
def _registered(remote: Remote, home: str) -> Iterator[int]:
    """Yield a descriptor of Helm's list of repositories, which lies in memory alone."""
    entry: JsonObject = {"name": _ALIAS, "url": remote.url}
    if remote.ca_pem:
        authorities = Path(home) / "ca.pem"
        authorities.write_text(remote.ca_pem, encoding="utf-8")
        entry["caFile"] = str(authorities)
    if isinstance(remote.credential, HttpsCredential):
        entry["username"] = remote.credential.username
        entry["password"] = remote.credential.password.reveal().decode()
    if not hasattr(os, "memfd_create"):
        raise UnsupportedField(
            "charts of repositories are read on Linux only", where=remote.url, is_local=True
        )
    descriptor = os.memfd_create("repositories")
    try:
        os.write(descriptor, json.dumps({"repositories": [entry]}).encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _hidden(remote: Remote) -> frozenset[str]:
    login = remote.credential
    if not isinstance(login, HttpsCredential):
        return frozenset()
    return frozenset({login.password.reveal().decode(errors="replace")})


def _version(wanted: str) -> list[str]:
    return [] if wanted in _NEWEST else [f"--version={wanted}"]


def _require(remote: Remote, chart: str, wanted: str) -> None:
    if remote.scheme != "https":
        raise UnsupportedField(
            f"charts are not read by {remote.scheme}", where=remote.url, hint="use https"
        )
    if not _NAME.fullmatch(chart):
        raise InputError(f"{chart[:120]!r} is no name of a chart", where=remote.url)
    if wanted and not _RANGE.fullmatch(wanted):
        raise InputError(f"{wanted[:120]!r} is no version of a chart", where=remote.url)
