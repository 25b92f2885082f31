"""Hidden questions, asked on the terminal itself and nowhere else."""

from __future__ import annotations

import os
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from collections.abc import Iterator

_TERMINAL: Final = "/dev/tty"
_LONGEST_ANSWER_BYTES: Final = 4096
"""What a terminal passes on as one line. Source: termios(3), MAX_CANON on Linux."""


def ask_secret(question: str, *, hint: str) -> Plaintext:
    """Ask for a value without showing it; the terminal's state is restored, whatever happens.

    Raises:
        InputError: there is no terminal, or nothing was typed.
    """
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError as error:
        raise InputError("there is no terminal to ask on", hint=hint) from error
    try:
        os.write(terminal, question.encode())
        with _hidden(terminal):
            answer = os.read(terminal, _LONGEST_ANSWER_BYTES)
        os.write(terminal, b"\n")
    finally:
        os.close(terminal)
    value = answer.rstrip(b"\r\n")
    if not value:
        raise InputError("nothing was typed", hint=hint)
    return Plaintext(value)


@contextmanager
def _hidden(terminal: int) -> Iterator[None]:
    before = termios.tcgetattr(terminal)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSAFLUSH, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
