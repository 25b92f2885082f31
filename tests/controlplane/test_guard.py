"""Nothing that the guard started outlives the one that asked for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from gitopskit.controlplane.folder import Folder
from gitopskit.controlplane.guard import supervise
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SLEEP = "exec sleep 600"


class _Supervision:
    """A guard in a thread, with shells that write their process ids before they go on."""

    def __init__(self, root: Path, **scripts: str) -> None:
        self.folder = Folder(root / "private")
        self.folder.root.mkdir()
        self._pids = root
        plan = {
            name: ["/bin/sh", "-c", f"echo $$ > {root}/{name}.pid; {script}"]
            for name, script in scripts.items()
        }
        self.folder.plan.write_text(json.dumps(plan))
        self.reading, self.writing = os.pipe()
        self.is_told_to_end = threading.Event()
        self.thread = threading.Thread(
            target=supervise,
            args=(self.folder, self.reading),
            kwargs={"is_told_to_end": self.is_told_to_end},
        )
        self.thread.start()

    async def pid(self, name: str) -> int:
        file = self._pids / f"{name}.pid"
        await eventually(lambda: file.exists() and file.read_text().endswith("\n"))
        return int(file.read_text())

    def close(self) -> None:
        self.is_told_to_end.set()
        self.thread.join()
        os.close(self.reading)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def supervision(tmp_path: Path) -> Iterator[_Supervision]:
    running = _Supervision(tmp_path, one=_SLEEP, two=_SLEEP)
    yield running
    running.close()


async def test_the_end_of_the_pipe_ends_programs_and_folder(
    supervision: _Supervision,
) -> None:
    pids = [await supervision.pid("one"), await supervision.pid("two")]

    os.close(supervision.writing)
    supervision.thread.join(timeout=10)

    assert not any(map(is_running, pids))
    assert not supervision.folder.root.exists()


async def test_a_guard_that_is_told_to_end_does_the_same(supervision: _Supervision) -> None:
    pid = await supervision.pid("one")

    supervision.is_told_to_end.set()
    supervision.thread.join(timeout=10)
    os.close(supervision.writing)

    assert not is_running(pid)
    assert not supervision.folder.root.exists()


async def test_a_program_that_ends_too_early_is_named(tmp_path: Path) -> None:
    running = _Supervision(tmp_path, steady=_SLEEP, hasty="exit 3")

    await eventually(running.folder.failure.exists)

    assert running.folder.failure.read_text() == "hasty"
    running.close()
    os.close(running.writing)


_OWNER = """
import os, sys
from pathlib import Path
from gitopskit.process import Command, start
reading, writing = os.pipe()
start(
    Command(
        argv=(sys.executable, "-m", "gitopskit.controlplane.guard", sys.argv[1], str(reading)),
        environment=dict(os.environ),
        pass_fds=(reading,),
    ),
    output=Path(sys.argv[1]) / "guard.log",
)
sys.stdin.read()
"""


class _Prepared:
    """A private folder with a plan of one shell, to be given to a guard in a process."""

    def __init__(self, root: Path) -> None:
        self.folder = Folder(root / "private")
        self.folder.root.mkdir()
        self.pid_file = root / "pid"
        script = f"echo $$ > {self.pid_file}; {_SLEEP}"
        self.folder.plan.write_text(json.dumps({"one": ["/bin/sh", "-c", script]}))

    async def pid(self) -> int:
        await eventually(lambda: self.pid_file.exists() and self.pid_file.read_text() != "")
        return int(self.pid_file.read_text())


@pytest.fixture
def prepared(tmp_path: Path) -> _Prepared:
    return _Prepared(tmp_path)


@pytest.fixture
def owner(prepared: _Prepared) -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that has started a guard and waits."""
    arguments = [sys.executable, "-c", _OWNER, str(prepared.folder.root)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE) as process:
        yield process


@pytest.fixture
def guard(prepared: _Prepared) -> Iterator[subprocess.Popen[bytes]]:
    """Return a guard in a process of its own."""
    reading, writing = os.pipe()
    arguments = [str(prepared.folder.root), str(reading)]
    command = [sys.executable, "-m", "gitopskit.controlplane.guard", *arguments]
    with subprocess.Popen(command, pass_fds=(reading,)) as process:
        os.close(reading)
        yield process
        os.close(writing)


async def test_nothing_outlives_an_owner_that_is_killed(
    prepared: _Prepared, owner: subprocess.Popen[bytes]
) -> None:
    pid = await prepared.pid()

    owner.kill()

    await eventually(lambda: not is_running(pid))
    await eventually(lambda: not prepared.folder.root.exists())


async def test_a_guard_ends_on_sigterm(prepared: _Prepared, guard: subprocess.Popen[bytes]) -> None:
    pid = await prepared.pid()

    guard.terminate()

    assert guard.wait(timeout=10) == 0
    assert not is_running(pid)
