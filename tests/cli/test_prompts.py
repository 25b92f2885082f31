"""Questions on the terminal itself, whatever is typed, pasted or pressed."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.terminal import Terminal, at_terminal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_PROGRAM: Final = """\
import sys
from gitopskit.cli import prompts
from gitopskit.errors import InputError
try:
    answer = getattr(prompts, sys.argv[1])("question: ", hint="a hint")
except InputError as error:
    sys.exit(f"error: {error}")
except KeyboardInterrupt:
    sys.exit(130)
print("answer", answer, getattr(answer, "reveal", bytes)()[:9])
"""
_DROPPING: Final = """\
import select, sys, termios
real = select.select
def once_in_vain(*arguments):
    ready = real(*arguments)
    select.select = real
    termios.tcflush(ready[0][0], termios.TCIFLUSH)
    print("dropped", flush=True)
    return ready
select.select = once_in_vain
"""
"""Loses the first keys once they are there, as the terminal does when Ctrl-C is pressed."""

_ROOT: Final = Path(__file__).parents[2]


def _ask(function: str) -> AbstractContextManager[Terminal]:
    return at_terminal([sys.executable, "-c", _PROGRAM, function], cwd=_ROOT)


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("abc\r", "<3 bytes, hidden>) b'abc'"),
        ("\r", "<0 bytes, hidden>) b''"),
        ("a\tb\r", "<3 bytes, hidden>) b'a\\tb'"),
        ("ab\x7fc\r", "<2 bytes, hidden>) b'ac'"),
        ("ü\x7f\x7f\x7fc\r", "<1 bytes, hidden>) b'c'"),
        ("€\x08x\r", "<1 bytes, hidden>) b'x'"),
        ("abc\x15d\r", "<1 bytes, hidden>) b'd'"),
        (b"\xff\xfe\r", "<2 bytes, hidden>) b'\\xff\\xfe'"),
        ("a\r\r\r", "<1 bytes, hidden>) b'a'"),
    ],
    ids=[
        "text",
        "nothing",
        "tab",
        "erased",
        "erased beyond the start",
        "erased as a whole",
        "all erased",
        "no text",
        "Enter again",
    ],
)
def test_what_is_typed_is_taken_and_not_shown(typed: str | bytes, taken: str) -> None:
    with _ask("ask_hidden") as terminal:
        terminal.expect("question: ")
        assert not terminal.echoes
        terminal.type(typed)

        assert (terminal.end(), terminal.echoes) == (0, True)
        assert terminal.shown == f"question: \nanswer Plaintext({taken}\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("abc\rdef", "what was typed or pasted is more than one line"),
        ("abc\r\rdef\r", "what was typed or pasted is more than one line"),
        ("a\x04\r", "what was typed holds control characters, of arrow keys perhaps"),
        ("x" * (1024 * 1024 + 1), "the answer is larger than 1 MiB"),
    ],
    ids=["a second line", "a later line", "a control character", "too long"],
)
def test_what_is_no_line_of_text_is_refused_and_read_by_nobody_else(typed: str, said: str) -> None:
    with _ask("ask_hidden") as terminal:
        terminal.expect("question: ")
        terminal.type(typed)

        assert (terminal.end(), terminal.echoes, terminal.rest()) == (1, True, b"")
        assert terminal.shown == f"question: \nerror: {said}\n"


@pytest.mark.parametrize("keys", ["\x03", "\x04", "abc\x15\x04"], ids=["C", "D", "D after all"])
def test_a_person_may_give_up_with_control(keys: str) -> None:
    with _ask("ask_hidden") as terminal:
        terminal.expect("question: ")
        terminal.type(keys)

        assert (terminal.end(), terminal.echoes) == (130, True)


@pytest.mark.parametrize("function", ["ask_hidden", "ask_line"])
@pytest.mark.parametrize(("then", "code"), [("def\r", 0), ("\x03", 130)], ids=["Enter", "C"])
def test_keys_that_the_terminal_drops_are_not_waited_for(
    function: str, then: str, code: int
) -> None:
    program = [sys.executable, "-c", _DROPPING + _PROGRAM, function]
    with at_terminal(program, cwd=_ROOT) as terminal:
        terminal.expect("question: ")
        terminal.type("abc\r")
        terminal.expect("dropped")
        terminal.type(then)

        assert terminal.end() == code
        assert "abc'" not in terminal.shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
@pytest.mark.parametrize("function", ["ask_hidden", "ask_line"])
def test_a_signal_ends_a_question_as_control_c_does(function: str, number: signal.Signals) -> None:
    with _ask(function) as terminal:
        terminal.expect("question: ")
        terminal.child.send_signal(number)

        assert (terminal.end(), terminal.echoes) == (130, True)


def test_a_secret_that_must_be_is_asked_for_once() -> None:
    with _ask("ask_secret") as terminal:
        terminal.answer("question: ", "abc")
        assert terminal.end() == 0
    with _ask("ask_secret") as terminal:
        terminal.answer("question: ", "")
        terminal.expect("error: nothing was typed")
        assert terminal.end() == 1


def test_two_values_that_differ_three_times_are_refused() -> None:
    with _ask("ask_new_secret") as terminal:
        for _ in range(3):
            terminal.answer("question: ", "abc")
            terminal.answer("the same again: ", "abd")
            terminal.expect("the two are not the same")
        terminal.expect("error: the two values were not the same")
        assert terminal.end() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (" abc \r", "question:  abc \nanswer abc "),
        ("\r", "question: \nanswer  "),
        (b"\xff\r", "error: the answer is not UTF-8"),
    ],
    ids=["text", "nothing", "no text"],
)
def test_a_line_may_be_seen_and_loses_its_spaces(typed: str | bytes, said: str) -> None:
    with _ask("ask_line") as terminal:
        terminal.expect("question: ")
        assert terminal.echoes
        terminal.type(typed)
        terminal.end()

        assert said in terminal.shown


def test_lines_that_nobody_asked_for_are_read_by_nobody_else() -> None:
    with _ask("ask_line") as terminal:
        terminal.expect("question: ")
        terminal.type("abc\rtouch stolen\r")

        assert (terminal.end(), terminal.rest()) == (0, b"")
