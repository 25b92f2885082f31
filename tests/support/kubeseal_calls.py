"""One call for two programs, kubeseal and ours, and what came of each.

A call is run in two folders that hold the same files: sealing keys (``tls.key``, ``tls.crt``; newer
ones as ``new.key``, ``new.crt``) and those of the call. In flags and variables ``{here}`` is the
folder, ``{web}`` a server that has ``/tls.crt`` (``{web_host}`` without ``http://``),
``{kubeconfig}`` the way to a controller that has both keys, ``{api}`` its address. Start at
``Caller.run``.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from gitopskit.cli import app
from tests.support.sealing import sealing_pair, write_pair
from tests.support.terminal import gitopskit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pytest

    from tests.support.fake_controller import FakeController

Content: TypeAlias = "str | bytes | Callable[[], str | bytes]"
"""A text, or what makes it when a test runs: a SealedSecret takes a key."""

MANIFEST: Final = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: hunter2}
"""
_CERTIFICATE: Final = ("--cert", "tls.crt")


def _as_it_is(_made: object) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What both programs are given; ``flags`` as in a shell, after ``--cert tls.crt``.

    ``has_certificate`` is false where that is not wanted. ``is_child`` has ours run as a process
    of its own, which reads the real standard input. ``turn`` sets up the controller, ``prepare``
    each folder after its files are there.
    """

    flags: str = ""
    stdin: Content = MANIFEST
    files: Mapping[str, Content] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    has_certificate: bool = True
    is_child: bool = False
    turn: Callable[[FakeController], object] = _as_it_is
    prepare: Callable[[Path], object] = _as_it_is

    @property
    def words(self) -> list[str]:
        """Return the flags, word by word."""
        return [*(_CERTIFICATE if self.has_certificate else ()), *shlex.split(self.flags)]

    @property
    def needs_controller(self) -> bool:
        """Whether a flag or variable leads to the controller."""
        return any("{kubeconfig}" in each or "{api}" in each for each in self._said)

    @property
    def _said(self) -> tuple[str, ...]:
        return (self.flags, *self.variables.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a call: exit code, what was printed, and the files by name, now and before."""

    code: int
    stdout: str
    stderr: str
    files: Mapping[str, bytes]
    modes: Mapping[str, int]
    before: Mapping[str, bytes]
    folder: Path
    is_ours: bool

    @property
    def told(self) -> str:
        """Return the error in a few words, without its place and hint; `done` if there is none.

        Fingerprints in it are shown as ``SHA256:…``, since keys are made anew for each run.
        """
        if self.code == 0:
            return "done"
        if self.is_ours:
            (line,) = [each for each in self.stderr.splitlines() if each.startswith(_OURS)]
            line = _FINGERPRINT.sub("SHA256:…", line)
            return line.removeprefix(_OURS).partition(" - ")[0].partition(" (Possible")[0]
        lines = self.stderr.splitlines()
        if lines[0].startswith("Usage of "):
            return self.stdout.strip().rpartition("\n")[2]
        return lines[0].removeprefix("error: ")


_OURS: Final = "gitopskit: error: "
_FINGERPRINT: Final = re.compile("SHA256:[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What runs a call by both programs."""

    kubeseal: Path
    folder: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def run(self, call: Call, places: Mapping[str, str]) -> tuple[Result, Result]:
        """Return kubeseal's result and ours; ``places`` are those of the servers."""
        call = replace(
            call,
            stdin=_bytes(call.stdin),
            files={name: _bytes(content) for name, content in call.files.items()},
        )
        theirs, ours = self.folder / "theirs", self.folder / "ours"
        _furnish(theirs, call)
        before = _furnish(ours, call)
        done = self._run_program([str(self.kubeseal)], call, theirs, places)
        if call.is_child:
            own = self._run_program(gitopskit("seal"), call, ours, places)
        else:
            own = self._run_here(call, ours, places)
        return (
            _result(done, theirs, before=before, is_ours=False),
            _result(own, ours, before=before, is_ours=True),
        )

    def _run_program(
        self, program: list[str], call: Call, folder: Path, places: Mapping[str, str]
    ) -> tuple[int, str, str]:
        done = subprocess.run(
            [*program, *(_placed(word, folder, places) for word in call.words)],
            cwd=folder,
            env=_base(program)
            | {name: _placed(value, folder, places) for name, value in call.variables.items()},
            input=_bytes(call.stdin),
            capture_output=True,
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def _run_here(
        self, call: Call, folder: Path, places: Mapping[str, str]
    ) -> tuple[int, str, str]:
        words = [_placed(word, folder, places) for word in call.words]
        with self.patch.context() as patch:
            patch.chdir(folder)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(_bytes(call.stdin))))
            for name, value in call.variables.items():
                patch.setenv(name, _placed(value, folder, places))
            self.capture.readouterr()
            code = app.run(["seal", *words])
            said = self.capture.readouterr()
        return code, said.out, said.err


def _base(program: list[str]) -> dict[str, str]:
    """Return what a program gets of the environment: kubeseal nothing, ours what the tests have."""
    return {} if len(program) == 1 else dict(os.environ)


def _placed(text: str, folder: Path, places: Mapping[str, str]) -> str:
    for name, place in {"here": str(folder), **places}.items():
        text = text.replace(f"{{{name}}}", place)
    return text


def _bytes(content: Content) -> bytes:
    made = content() if callable(content) else content
    return made.encode() if isinstance(made, str) else made


def _furnish(folder: Path, call: Call) -> dict[str, bytes]:
    """Make a folder with its files, and return them."""
    folder.mkdir()
    write_pair(sealing_pair(), folder)
    newer = sealing_pair(1)
    (folder / "new.key").write_bytes(newer.private_pem.reveal())
    (folder / "new.crt").write_bytes(newer.certificate_pem)
    for name, content in call.files.items():
        (folder / name).write_bytes(_bytes(content))
        (folder / name).chmod(0o640)
    call.prepare(folder)
    return _read(folder)


def _result(
    done: tuple[int, str, str], folder: Path, *, before: Mapping[str, bytes], is_ours: bool
) -> Result:
    code, stdout, stderr = done
    return Result(
        code=code,
        stdout=stdout,
        stderr=stderr,
        files=_read(folder),
        modes={path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()},
        before=before,
        folder=folder,
        is_ours=is_ours,
    )


def _read(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
