"""Signals that end a question which runs in an event loop.

An exception that a signal handler raises is lost where Python happens to be in a callback of its
own, a weak reference's for example: an event loop runs many. So the loop takes the signals and
ends the question. Start at ``ended_by_signals``.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prompt_toolkit.application import Application

_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Ending:
    """Whether a signal came that ends the question."""

    has_come: bool = False

    def watch(self, question: Application[Any]) -> None:
        """Have the running loop end a question when a signal comes; ignored ones stay ignored."""
        loop = asyncio.get_running_loop()
        for number in _ENDINGS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._end, question)

    def _end(self, question: Application[Any]) -> None:
        self.has_come = True
        if question.is_running and not question.is_done:
            question.exit(exception=KeyboardInterrupt)


@contextmanager
def ended_by_signals() -> Iterator[Ending]:
    """Give what watches a question; afterwards the signals do what they did before.

    Raises:
        KeyboardInterrupt: a signal came, before an answer or just behind it.
    """
    before = {number: signal.getsignal(number) for number in _ENDINGS}
    ending = Ending()
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if ending.has_come:
        raise KeyboardInterrupt
