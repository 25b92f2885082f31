from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import MissingTool, ProcessFailed
from gitopskit.process import (
    Command,
    find_program,
    kill_group,
    run,
    run_at_terminal,
    run_checked,
    start,
    stop,
)
from tests.support.polling import eventually

if TYPE_CHECKING:
    from pathlib import Path

_ENVIRONMENT = {"PATH": os.defpath}
_MEBIBYTE = 1024 * 1024


def _argv(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


def _shell(script: str, *, stdin: bytes = b"") -> Command:
    return Command(argv=_argv(script), environment=_ENVIRONMENT, stdin=stdin)


def test_a_program_is_run_to_its_end() -> None:
    completed = run(_shell("echo out; echo err >&2; exit 3"))

    assert (completed.exit_code, completed.stdout, completed.stderr) == (3, b"out\n", b"err\n")


def test_input_and_output_larger_than_a_pipe_pass_through() -> None:
    content = b"0123456789abcdef" * 65536

    assert run_checked(_shell("cat", stdin=content)) == content


def test_a_program_may_leave_its_input_unread() -> None:
    assert run_checked(_shell("exec true", stdin=b"x" * _MEBIBYTE)) == b""


def test_a_program_sees_the_environment_that_was_spelled_out_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INHERITED", "hunter2")

    assert run_checked(_shell('echo "[$INHERITED]"')) == b"[]\n"


def test_a_failure_tells_the_exit_code_and_what_was_said_scrubbed() -> None:
    with pytest.raises(ProcessFailed) as caught:
        run_checked(_shell("echo 'no route to https://me:hunter2@host/' >&2; exit 7"))

    assert str(caught.value) == "sh ended with exit code 7: no route to https://***@host/"


def test_a_program_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"sleep 600 & echo $! > {pid_file}; wait"

    with pytest.raises(ProcessFailed, match=r"did not end within 0.5 s and was killed"):
        run(Command(argv=_argv(script), environment=_ENVIRONMENT, timeout_seconds=0.5))

    assert _state(int(pid_file.read_text())) in {"gone", "Z"}


def test_a_program_that_closes_its_output_and_goes_on_is_killed() -> None:
    script = "exec >&- 2>&- <&-; exec sleep 600"

    with pytest.raises(ProcessFailed, match="was killed"):
        run(Command(argv=_argv(script), environment=_ENVIRONMENT, timeout_seconds=0.5))


def test_a_program_is_killed_when_another_thread_cancels_it() -> None:
    cancelled = threading.Event()
    timer = threading.Timer(0.1, cancelled.set)
    timer.start()

    with pytest.raises(ProcessFailed, match="was cancelled"):
        run(Command(argv=("sleep", "60"), environment=_ENVIRONMENT, cancelled=cancelled))
    timer.join()


def test_a_program_that_prints_too_much_is_killed() -> None:
    command = Command(argv=("/bin/cat", "/dev/zero"), environment={}, output_limit_bytes=_MEBIBYTE)

    with pytest.raises(ProcessFailed, match="printed more than 1048576 bytes"):
        run(command)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="this system limits no memory")
@pytest.mark.parametrize("limits", [(512 * _MEBIBYTE, 0), (0, 512 * _MEBIBYTE)])
def test_a_program_gets_no_more_memory_than_it_may_have(limits: tuple[int, int]) -> None:
    space, data = limits
    command = Command(
        argv=(sys.executable, "-c", "import sys; sys.stdin.read(); bytearray(2 << 30)"),
        environment=_ENVIRONMENT,
        memory_limit_bytes=space,
        data_limit_bytes=data,
    )

    completed = run(command)

    assert completed.exit_code == 1
    assert completed.stderr.rstrip().endswith(b"MemoryError")


def test_a_program_that_is_not_there_is_a_missing_tool() -> None:
    with pytest.raises(MissingTool, match=r"cannot start /no/such/program"):
        run(Command(argv=("/no/such/program",), environment={}))


def test_a_program_is_looked_up_in_the_path_that_is_given(tmp_path: Path) -> None:
    program = tmp_path / "kustomize"
    program.touch(mode=0o755)

    assert find_program("kustomize", path=str(tmp_path)) == str(program)
    assert find_program("kubectl", path=str(tmp_path)) == ""


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 3", 3), ("kill -INT $$", -signal.SIGINT), ('exit "$CODE"', 4)],
    ids=["ends", "is killed", "sees its environment"],
)
def test_a_program_at_the_terminal_is_run_to_its_end(script: str, code: int) -> None:
    before = signal.getsignal(signal.SIGINT)

    assert run_at_terminal(_argv(script), environment={"CODE": "4"}) == code

    assert signal.getsignal(signal.SIGINT) is before


def test_a_program_at_the_terminal_has_the_interrupts_for_itself() -> None:
    """Each signal is delivered to us before the program that sent it ends."""
    script = "kill -INT $PPID; kill -QUIT $PPID; exit 5"

    assert run_at_terminal(_argv(script), environment={}) == 5


def test_a_program_at_the_terminal_ends_with_what_a_signal_raises(tmp_path: Path) -> None:
    def fail(_number: int, _frame: object) -> None:
        raise ValueError

    before = signal.signal(signal.SIGTERM, fail)
    script = f"echo $$ > {tmp_path}/pid; kill -TERM $PPID; exec sleep 600"
    try:
        with pytest.raises(ValueError, match=r"^$"):
            run_at_terminal(_argv(script), environment=_ENVIRONMENT)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert _state(int((tmp_path / "pid").read_text())) == "gone"


def test_a_program_for_the_terminal_that_is_not_there_is_a_missing_tool() -> None:
    with pytest.raises(MissingTool, match=r"cannot start /no/such/editor"):
        run_at_terminal(["/no/such/editor"], environment={})


async def test_a_program_in_the_background_is_stopped(tmp_path: Path) -> None:
    output = tmp_path / "output"
    child = start(_shell("echo begun; exec sleep 600"), output=output)
    await eventually(lambda: output.read_text() == "begun\n")

    assert stop(child) == -signal.SIGTERM
    assert stop(child) == -signal.SIGTERM


async def test_a_program_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    output = tmp_path / "output"
    child = start(_shell("trap '' TERM; echo begun; while :; do sleep 1; done"), output=output)
    await eventually(lambda: output.read_text() == "begun\n")

    assert stop(child, grace_seconds=0.1) == -signal.SIGKILL


def test_killing_what_has_ended_is_fine(tmp_path: Path) -> None:
    child = start(_shell("exit 0"), output=tmp_path / "output")
    child.wait()

    kill_group(child)

    assert child.returncode == 0


def _state(pid: int) -> str:
    """Return the state letter of a process as ps prints it, or ``gone``."""
    shown = run(_shell(f"ps -o state= -p {pid}")).stdout.decode().strip()
    return shown[:1] or "gone"
