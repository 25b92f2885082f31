"""The only module that starts programs.

Owns time limits, output limits and the killing of what it started. Every program gets an argument
list (never a shell), an environment that the caller spells out, and its own process group.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import MissingTool, ProcessFailed
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

_READ_SIZE_BYTES: Final = 65536
_GRACE_SECONDS: Final = 5.0
_CANCEL_POLL_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run: ``argv[0]`` is a path or a name looked up in ``environment['PATH']``.

    ``environment`` is complete: nothing is inherited. ``memory_limit_bytes`` bounds the address
    space, ``data_limit_bytes`` what of it can be written to and is the program's own (Linux only;
    0 is no bound). ``pass_fds`` are descriptors that the program inherits. When another thread sets
    ``cancelled``, the program is killed.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    cwd: Path | None = None
    stdin: bytes = b""
    timeout_seconds: float = 60.0
    output_limit_bytes: int = 64 * 1024 * 1024
    memory_limit_bytes: int = 0
    data_limit_bytes: int = 0
    pass_fds: tuple[int, ...] = ()
    cancelled: threading.Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program ended: its exit code and what it printed."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def find_program(name: str, *, path: str) -> str:
    """Return the path of a program, or an empty string where ``path`` (as in PATH) has none."""
    return shutil.which(name, path=path) or ""


def run(command: Command) -> Completed:
    """Run a program to its end and return how it ended, whatever its exit code.

    Raises:
        MissingTool: the program cannot be started.
        ProcessFailed: it ran out of time or printed more than the limit; it was killed and
            waited for, with everything in its process group.
    """
    child = _start(command, stdin=subprocess.PIPE, output=subprocess.PIPE)
    try:
        _limit_memory(child.pid, command)
        stdout, stderr = _communicate(child, command)
    except BaseException:
        kill_group(child)
        raise
    finally:
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()
    return Completed(exit_code=child.wait(), stdout=stdout, stderr=stderr)


def run_checked(command: Command) -> bytes:
    """Run a program and return its standard output.

    Raises:
        MissingTool: the program cannot be started.
        ProcessFailed: it ended with another exit code than 0, ran out of time or printed too much.
    """
    completed = run(command)
    if completed.exit_code != 0:
        said = scrub(completed.stderr.decode(errors="replace"))
        name = os.path.basename(command.argv[0])  # noqa: PTH119 -- argv[0] may be a bare name
        raise ProcessFailed(f"{name} ended with exit code {completed.exit_code}: {said}")
    return completed.stdout


def run_at_terminal(argv: Sequence[str], *, environment: Mapping[str, str]) -> int:
    """Run a program that takes over our terminal, and return its exit code, ``-n`` for signal n.

    It stays in our process group, or it could not read the terminal, and has no time limit. While
    it runs, the keys that send SIGINT and SIGQUIT are its own: editors have a use for them. What
    the handler of SIGTERM or SIGHUP raises ends the program first. For the main thread only.

    Raises:
        MissingTool: the program cannot be started.
    """
    command = Command(argv=argv, environment=environment)
    child: subprocess.Popen[bytes] | None = None
    with _handled(_nothing, (signal.SIGINT, signal.SIGQUIT)):
        try:
            with _held_back((signal.SIGTERM, signal.SIGHUP)):
                child = _popen(command, starts_session=False)
            return child.wait()
        except BaseException:
            if child is not None:
                stop(child)
            raise


def start(command: Command, *, output: Path) -> subprocess.Popen[bytes]:
    """Start a program that goes on in the background, its output appended to a file.

    The caller ends it with ``stop``. Limits of time and output do not apply.

    Raises:
        MissingTool: the program cannot be started.
    """
    with output.open("ab") as log:
        return _start(command, stdin=subprocess.DEVNULL, output=log.fileno())


def stop(child: subprocess.Popen[bytes], *, grace_seconds: float = _GRACE_SECONDS) -> int:
    """End a started program, gently first, and return its exit code."""
    if child.poll() is None:
        child.terminate()
    return wait(child, grace_seconds=grace_seconds)


def wait(child: subprocess.Popen[bytes], *, grace_seconds: float = _GRACE_SECONDS) -> int:
    """Wait for a started program that is about to end; kill it when it does not."""
    try:
        return child.wait(timeout=grace_seconds)
    except subprocess.TimeoutExpired:
        kill_group(child)
        return child.wait()


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill a started program with everything in its process group, and wait for it."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        child.kill()
    child.wait()


def _start(command: Command, *, stdin: int, output: int) -> subprocess.Popen[bytes]:
    return _popen(command, stdin=stdin, output=output, starts_session=True)


def _popen(
    command: Command,
    *,
    stdin: int | None = None,
    output: int | None = None,
    starts_session: bool,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command.argv),
            env=dict(command.environment),
            cwd=command.cwd,
            stdin=stdin,
            stdout=output,
            stderr=output,
            pass_fds=command.pass_fds,
            start_new_session=starts_session,
        )
    except OSError as error:
        raise MissingTool(
            f"cannot start {command.argv[0]}: {error.strerror or 'not found'}",
            hint="run `gitopskit doctor` to see what is missing",
        ) from error


@contextmanager
def _held_back(numbers: Sequence[signal.Signals]) -> Iterator[None]:
    """Deal with some signals at the end: what their handlers raise would lose a half-made child."""
    pending: list[int] = []
    handled = [number for number in numbers if callable(signal.getsignal(number))]
    with _handled(lambda number, _frame: pending.append(number), handled):
        yield
    for number in pending:
        signal.raise_signal(number)


@contextmanager
def _handled(
    handler: Callable[[int, FrameType | None], None], numbers: Sequence[signal.Signals]
) -> Iterator[None]:
    """Handle some signals so meanwhile; to ignore them would have a child ignore them as well."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass


def _limit_memory(pid: int, command: Command) -> None:
    if not (command.memory_limit_bytes or command.data_limit_bytes):
        return
    import resource  # noqa: PLC0415 -- absent where there are no such limits

    if not hasattr(resource, "prlimit"):
        return
    limits = {
        resource.RLIMIT_AS: command.memory_limit_bytes,
        resource.RLIMIT_DATA: command.data_limit_bytes,
    }
    with contextlib.suppress(ProcessLookupError):
        for kind, limit_bytes in limits.items():
            if limit_bytes:
                resource.prlimit(pid, kind, (limit_bytes, limit_bytes))


def _communicate(child: subprocess.Popen[bytes], command: Command) -> tuple[bytes, bytes]:
    deadline = time.monotonic() + command.timeout_seconds
    outputs: dict[int, bytearray] = {}
    with selectors.DefaultSelector() as selector:
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                outputs[stream.fileno()] = bytearray()
                selector.register(stream, selectors.EVENT_READ, _drain)
        if child.stdin is not None:
            os.set_blocking(child.stdin.fileno(), False)
            selector.register(child.stdin, selectors.EVENT_WRITE, _feed)
        pending = [memoryview(command.stdin)]
        while selector.get_map():
            ready = selector.select(timeout=_next_look_seconds(command, deadline))
            for key, _ in ready:
                key.data(selector, key, outputs, pending)
            if sum(map(len, outputs.values())) > command.output_limit_bytes:
                limit = command.output_limit_bytes
                raise ProcessFailed(f"{command.argv[0]} printed more than {limit} bytes")
    try:
        child.wait(timeout=_seconds_left(command, deadline))
    except subprocess.TimeoutExpired as error:
        raise _too_long(command) from error
    stdout, stderr = outputs.values()
    return bytes(stdout), bytes(stderr)


def _drain(
    selector: selectors.BaseSelector,
    key: selectors.SelectorKey,
    outputs: dict[int, bytearray],
    _pending: list[memoryview],
) -> None:
    chunk = os.read(key.fd, _READ_SIZE_BYTES)
    outputs[key.fd] += chunk
    if not chunk:
        selector.unregister(key.fileobj)


def _feed(
    selector: selectors.BaseSelector,
    key: selectors.SelectorKey,
    _outputs: dict[int, bytearray],
    pending: list[memoryview],
) -> None:
    rest = pending[0]
    try:
        rest = rest[os.write(key.fd, rest[:_READ_SIZE_BYTES]) :] if rest else rest
    except BrokenPipeError:
        rest = rest[:0]
    pending[0] = rest
    if not rest:
        selector.unregister(key.fileobj)
        if not isinstance(key.fileobj, int):
            key.fileobj.close()  # type: ignore[attr-defined]  # HasFileno: a pipe's writer here


def _next_look_seconds(command: Command, deadline: float) -> float:
    remaining = _seconds_left(command, deadline)
    if command.cancelled is None:
        return remaining
    if command.cancelled.is_set():
        raise ProcessFailed(f"{command.argv[0]} was cancelled and killed")
    return min(remaining, _CANCEL_POLL_SECONDS)


def _seconds_left(command: Command, deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise _too_long(command)
    return remaining


def _too_long(command: Command) -> ProcessFailed:
    return ProcessFailed(
        f"{command.argv[0]} did not end within {command.timeout_seconds:g} s and was killed"
    )
