"""Questions on the terminal itself and nowhere else, so that standard input is free for files.

Hidden answers are read key by key: a terminal's own lines are cut at 4096 bytes without a word
(1024 on macOS), and a longer secret would be sealed cut off. Start at ``ask_secret``.
"""

from __future__ import annotations

import os
import select
import signal
import termios
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.cli.interruption import Ending, ended_in_order, endings_noted
from gitopskit.errors import InputError
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from collections.abc import Iterator

_TERMINAL: Final = "/dev/tty"
_READ_SIZE_BYTES: Final = 65536
_LONGEST_ANSWER_BYTES: Final = 1024 * 1024
_PASTE_GAP_SECONDS: Final = 0.05
"""What is pasted comes in pieces; a person needs longer from one key to the next."""

_ATTEMPTS: Final = 3
_LOCAL_MODES, _CONTROL_KEYS = 3, 6
"""Where local modes and control characters are. Source: docs.python.org, termios.tcgetattr."""

_ENTER: Final = b"\r\n"
_BACKSPACES: Final = b"\x7f\x08"
_TAB: Final = 0x09
_SPACE: Final = 0x20


def ask_hidden(question: str, *, hint: str) -> Plaintext:
    """Ask for a value without showing it, and return it, empty for Enter alone.

    The terminal's state is restored, whatever happens. ``hint`` says what to do without asking.

    Raises:
        InputError: there is no terminal, or what came is not one line of text.
        KeyboardInterrupt: the person gave up, with Ctrl-C or Ctrl-D.
    """
    with _terminal(hint) as terminal, _reader() as reader, _hidden(terminal) as keys:
        os.write(terminal, question.encode())
        try:
            return Plaintext(_read_hidden(reader, keys, hint=hint))
        finally:
            with suppress(OSError):  # the terminal may be gone
                os.write(terminal, b"\n")


def ask_secret(question: str, *, hint: str) -> Plaintext:
    """Ask for a value without showing it; see ``ask_hidden``.

    Raises:
        InputError: as there, or nothing was typed.
    """
    value = ask_hidden(question, hint=hint)
    if not len(value):
        raise InputError("nothing was typed", hint=hint)
    return value


def ask_new_secret(question: str, *, hint: str) -> Plaintext:
    """Ask for a new value, twice, until both are the same, and return it; empty for Enter alone.

    Raises:
        InputError: as ``ask_hidden``, or the two differed three times.
    """
    for _ in range(_ATTEMPTS):
        value = ask_hidden(question, hint=hint)
        if not len(value) or ask_hidden("the same again: ", hint=hint) == value:
            return value
        tell("the two are not the same", hint=hint)
    raise InputError("the two values were not the same", hint=hint)


def ask_line(question: str, *, hint: str) -> str:
    """Ask for a line that may be seen, and return it without spaces around it.

    Raises:
        InputError: there is no terminal, or it is no text.
        KeyboardInterrupt: the person gave up, with Ctrl-C or Ctrl-D.
    """
    with _terminal(hint) as terminal, _reader() as reader:
        os.write(terminal, question.encode())
        answer = reader.read()
        termios.tcflush(terminal, termios.TCIFLUSH)
    try:
        return answer.decode().strip()
    except UnicodeDecodeError as error:
        raise InputError("the answer is not UTF-8", hint=hint) from error


def tell(text: str, *, hint: str) -> None:
    """Show a line on the terminal.

    Raises:
        InputError: there is none.
    """
    with _terminal(hint) as terminal:
        os.write(terminal, f"{text}\n".encode())


@contextmanager
def terminal_kept() -> Iterator[None]:
    """Give the terminal, if there is one, the state back that it has now.

    What a program set that was killed in front of it would stay otherwise.
    """
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        yield
        return
    before = termios.tcgetattr(terminal)
    try:
        yield
    finally:
        with suppress(OSError, termios.error):  # the terminal may be gone
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        os.close(terminal)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """The bytes that the terminal's owner chose for: erase one, erase all, end."""

    erase: bytes
    kill: bytes
    end: bytes


@contextmanager
def _terminal(hint: str) -> Iterator[int]:
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError as error:
        raise InputError("there is no terminal to ask on", hint=hint) from error
    try:
        with ended_in_order():
            yield terminal
    finally:
        os.close(terminal)


@contextmanager
def _hidden(terminal: int) -> Iterator[_Keys]:
    """Show nothing of what is typed, and give it out key by key; what was typed before is dropped.

    What is left unread at the end is dropped too: a shell would take it for commands. Of the keys
    that send signals only Ctrl-C works: a core dump would hold the value, and a stopped program
    leaves the terminal as it is.
    """
    before = termios.tcgetattr(terminal)
    keys = before[_CONTROL_KEYS]
    nothing = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
    quiet = [*before]
    quiet[_LOCAL_MODES] &= ~(termios.ECHO | termios.ICANON)
    quiet[_CONTROL_KEYS] = [*keys]
    quiet[_CONTROL_KEYS][termios.VMIN], quiet[_CONTROL_KEYS][termios.VTIME] = 1, 0
    quiet[_CONTROL_KEYS][termios.VQUIT] = quiet[_CONTROL_KEYS][termios.VSUSP] = nothing
    termios.tcsetattr(terminal, termios.TCSAFLUSH, quiet)
    try:
        yield _Keys(
            erase=_BACKSPACES + keys[termios.VERASE],
            kill=keys[termios.VKILL],
            end=keys[termios.VEOF],
        )
    finally:
        with suppress(OSError, termios.error):  # the terminal may be gone
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


@contextmanager
def _reader() -> Iterator[_Reader]:
    """Read the terminal by a descriptor of its own, which never waits.

    Ctrl-C drops what was typed before it: a read of what was there a moment ago would wait for
    ever. Only this opening does not wait; the descriptors of others stay as they are.
    """
    terminal = os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        with endings_noted() as ending:
            yield _Reader(terminal, ending)
    finally:
        os.close(terminal)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what is typed, until a signal comes that ends the question."""

    terminal: int
    ending: Ending

    def read(self) -> bytes:
        """Return what was typed, as soon as there is something.

        Raises:
            KeyboardInterrupt: a signal came, or the terminal hung up.
        """
        while True:
            try:
                self._wait()
                chunk = os.read(self.terminal, _READ_SIZE_BYTES)
            except BlockingIOError:  # it was dropped meanwhile
                continue
            except OSError:  # a terminal that hung up
                chunk = b""
            if not chunk:
                raise KeyboardInterrupt
            return chunk

    def has_more(self) -> bool:
        """Whether something else comes within the gap of a paste."""
        return bool(select.select([self.terminal], [], [], _PASTE_GAP_SECONDS)[0])

    def _wait(self) -> None:
        """Wait until there is something to read; every signal writes to a pipe beside it."""
        woken, waker = os.pipe()
        os.set_blocking(waker, False)
        before = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        try:
            self.ending.check()
            while self.terminal not in select.select([self.terminal, woken], [], [])[0]:
                os.read(woken, _READ_SIZE_BYTES)
                self.ending.check()
        finally:
            signal.set_wakeup_fd(before)
            os.close(woken)
            os.close(waker)


def _read_hidden(reader: _Reader, keys: _Keys, *, hint: str) -> bytes:
    line = bytearray()
    while True:
        chunk = reader.read()
        for position, byte in enumerate(chunk, start=1):
            if byte in _ENTER:
                _require_one_line(reader, chunk[position:], hint=hint)
                return _text(line, hint=hint)
            if byte in keys.end and not line:
                raise KeyboardInterrupt
            _take(line, byte, keys)
        if len(line) > _LONGEST_ANSWER_BYTES:
            raise InputError("the answer is larger than 1 MiB", hint=hint)


def _take(line: bytearray, byte: int, keys: _Keys) -> None:
    if byte in keys.kill:
        line.clear()
    elif byte in keys.erase:
        text = bytes(line).decode(errors="surrogateescape")[:-1]
        line[:] = text.encode(errors="surrogateescape")
    else:
        line.append(byte)


def _require_one_line(reader: _Reader, rest: bytes, *, hint: str) -> None:
    """Check that nothing was pasted behind the line; it is read away in any case."""
    size = len(rest)
    while size <= _LONGEST_ANSWER_BYTES and reader.has_more():
        more = reader.read()
        rest, size = rest + more.strip(_ENTER), size + len(more)
    if rest.strip(_ENTER):
        raise InputError("what was typed or pasted is more than one line", hint=hint)


def _text(line: bytearray, *, hint: str) -> bytes:
    if any(byte < _SPACE and byte != _TAB for byte in line):
        raise InputError(
            "what was typed holds control characters, of arrow keys perhaps", hint=hint
        )
    return bytes(line)
