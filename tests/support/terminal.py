"""A person in front of a program: it runs in a pseudo-terminal, is read, typed to and interrupted.

The program gets a session and a controlling terminal of its own, so ``/dev/tty`` is that terminal
even where standard input or output are something else. Start at ``at_terminal``.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_PATIENCE_SECONDS: Final = 60.0
_READ_SIZE_BYTES: Final = 65536
_LOCAL_MODES: Final = 3
"""Where the flags that hold ECHO are in what ``tcgetattr`` returns."""

_END: Final = b"\x00end of what the program wrote\x00"

_LAUNCHER: Final = """\
import fcntl, os, signal, sys, termios
for each in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(each, signal.SIG_DFL)
fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0)
os.close(int(sys.argv[1]))
os.execvpe(sys.argv[2], sys.argv[2:], os.environ)
"""
"""Takes the terminal for its own, which Python's subprocess cannot, and becomes the program.

Signals get their usual meaning: whoever runs the tests in the background may have them ignored.
"""


class Terminal:
    """A running program and the terminal it runs in; see ``at_terminal``."""

    def __init__(
        self, child: subprocess.Popen[bytes], *, ours: int, theirs: int, life: int
    ) -> None:
        """Keep both ends of the terminal, and a pipe that ends when the program does."""
        self.child = child
        self._ours, self._theirs, self._life = ours, theirs, life
        self._shown = b""
        self._seen = 0

    @property
    def shown(self) -> str:
        """Everything that stood on the terminal so far, what the terminal echoed included."""
        return self._shown.decode(errors="replace").replace("\r\n", "\n")

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._theirs)[_LOCAL_MODES] & termios.ECHO)

    def expect(self, text: str) -> None:
        """Wait until a text is shown, behind the one that was expected before it."""
        wanted = text.encode().replace(b"\n", b"\r\n")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (found := self._shown.find(wanted, self._seen)) < 0:
            is_running = self._read(deadline)
            if not is_running and self._shown.find(wanted, self._seen) < 0:
                raise AssertionError(f"the program ended without {text!r}:\n{self.shown}")
        self._seen = found + len(wanted)

    def type(self, text: str | bytes) -> None:
        """Type a text; ``\\r`` is the Enter key, ``\\x04`` Control-D."""
        rest = text.encode() if isinstance(text, str) else text
        while rest:
            rest = rest[os.write(self._ours, rest) :]

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, type the answer and press Enter."""
        self.expect(question)
        self.type(f"{text}\r")

    def interrupt(self) -> None:
        """Press Control-C; it reaches a program that was seen to run."""
        self.type("\x03")

    def resize(self, *, rows: int, columns: int) -> None:
        """Give the terminal another size, of which the program is told."""
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, size)

    def end(self) -> int:
        """Wait for the program to end by itself and return its exit code."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._read(deadline):
            pass
        return self.child.wait(_PATIENCE_SECONDS)

    def rest(self) -> bytes:
        """Return what an ended program left unread: what a shell would take for commands."""
        os.set_blocking(self._theirs, False)
        try:
            return os.read(self._theirs, _READ_SIZE_BYTES)
        except BlockingIOError:
            return b""

    def _read(self, deadline: float) -> bool:
        """Read once what is shown; whether the program may show more."""
        left = deadline - time.monotonic()
        ready, _, _ = select.select([self._ours, self._life], [], [], max(left, 0))
        if not ready:
            raise AssertionError(f"nothing more came; so far:\n{self.shown}")
        if self._ours in ready:
            self._shown += os.read(self._ours, _READ_SIZE_BYTES)
            return True
        self._read_rest()
        return False

    def _read_rest(self) -> None:
        """Read what an ended program wrote last: it may come later than the news of its end."""
        os.write(self._theirs, _END)
        while _END not in self._shown:
            self._shown += os.read(self._ours, _READ_SIZE_BYTES)
        self._shown = self._shown.replace(_END, b"")


@contextmanager
def at_terminal(
    argv: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
) -> Iterator[Terminal]:
    """Run a program in a terminal; it is killed where it has not ended by itself.

    ``environment`` is added to that of the tests. ``stdin`` and ``stdout`` are descriptors that
    take the terminal's place. ``TERM`` is ``xterm``, and no program asks where the cursor is.
    """
    ours, theirs = pty.openpty()
    life, held = os.pipe()
    base = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(theirs), *argv],
        cwd=cwd,
        env=base | dict(environment or {}),
        stdin=theirs if stdin is None else stdin,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        pass_fds=(theirs, held),
        start_new_session=True,
    )
    os.close(held)
    try:
        yield Terminal(child, ours=ours, theirs=theirs, life=life)
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
        for descriptor in (ours, theirs, life):
            os.close(descriptor)


def gitopskit(*arguments: str) -> list[str]:
    """Return the words that start our program."""
    return [sys.executable, "-m", "gitopskit", *arguments]
