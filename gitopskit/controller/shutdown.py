"""The orderly end of a program in an event loop: SIGTERM and SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


async def run_until_signal(
    program: Coroutine[Any, Any, None],
    *,
    on_stop: Callable[[], None],
    grace_seconds: float = 20.0,
) -> signal.Signals | None:
    """Run a program to its end, or until a signal; return the signal, or None.

    On the first signal ``on_stop`` is called, which should make the program end of itself; after
    ``grace_seconds``, or on a second signal, the program is cancelled. Kubernetes kills 30 seconds
    after SIGTERM. What the program raises is raised.
    """
    received: asyncio.Queue[signal.Signals] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, received.put_nowait, number)
    running = loop.create_task(program)
    try:
        first = await _signal_or_end(received, running, timeout_seconds=None)
        if first is not None:
            on_stop()
            await _signal_or_end(received, running, timeout_seconds=grace_seconds)
        if running.done():
            await running
        return first
    finally:
        if running.cancel():
            with contextlib.suppress(asyncio.CancelledError):
                await running
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def _signal_or_end(
    received: asyncio.Queue[signal.Signals],
    running: asyncio.Task[None],
    *,
    timeout_seconds: float | None,
) -> signal.Signals | None:
    """Wait for a signal, the end of the program, or the time; return the signal if one came."""
    signalled = asyncio.ensure_future(received.get())
    try:
        await asyncio.wait(
            {signalled, running}, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED
        )
        return signalled.result() if signalled.done() else None
    finally:
        signalled.cancel()
