"""The orderly end of what a person does in front of a terminal."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Ending:
    """Whether a signal came that ends what is being done."""

    has_come: bool = False

    def note(self, _number: int, _frame: FrameType | None) -> None:
        """Take the signal, as its handler."""
        self.has_come = True

    def check(self) -> None:
        """Check that none came.

        Raises:
            KeyboardInterrupt: one did.
        """
        if self.has_come:
            raise KeyboardInterrupt


@contextmanager
def endings_noted() -> Iterator[Ending]:
    """Have SIGINT, SIGTERM and SIGHUP noted instead of raised, for what waits and looks.

    An exception that a handler raises is lost where Python is in a callback of its own just then:
    that of a weak reference, for example, of which an event loop leaves many behind.

    Raises:
        KeyboardInterrupt: one came that nobody has looked for.
    """
    numbers = (signal.SIGINT, *_ENDINGS)
    before = {number: signal.getsignal(number) for number in numbers}
    ending = Ending()
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, ending.note)
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    ending.check()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise KeyboardInterrupt, as SIGINT does, so that all is cleared up.

    A signal that is ignored, as ``nohup`` does it, stays ignored.
    """
    before = {number: signal.getsignal(number) for number in _ENDINGS}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
