from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.shutdown import run_until_signal
from tests.support.clock import settle

if TYPE_CHECKING:
    from collections.abc import Callable


def nothing() -> None:
    """Stop nothing."""


class Program:
    """Runs until told to end, or for ever."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.outcome = ""

    async def run(self) -> None:
        try:
            await self.may_end.wait()
            self.outcome = "ended"
        except asyncio.CancelledError:
            self.outcome = "cancelled"
            raise


async def started(
    program: Program, on_stop: Callable[[], None], *, grace_seconds: float = 5
) -> asyncio.Task[signal.Signals | None]:
    task = asyncio.ensure_future(
        run_until_signal(program.run(), on_stop=on_stop, grace_seconds=grace_seconds)
    )
    await settle()
    return task


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_the_program_end_of_itself(number: signal.Signals) -> None:
    program = Program()
    task = await started(program, program.may_end.set)

    os.kill(os.getpid(), number)

    assert await task == number
    assert program.outcome == "ended"


async def test_a_program_that_does_not_end_in_time_is_cancelled() -> None:
    program = Program()
    task = await started(program, nothing, grace_seconds=0.01)

    os.kill(os.getpid(), signal.SIGTERM)

    assert await task == signal.SIGTERM
    assert program.outcome == "cancelled"


async def test_a_second_signal_cancels_at_once() -> None:
    program = Program()
    stopped = asyncio.Event()
    task = await started(program, stopped.set, grace_seconds=60)

    os.kill(os.getpid(), signal.SIGINT)
    await stopped.wait()
    os.kill(os.getpid(), signal.SIGINT)

    assert await task == signal.SIGINT
    assert program.outcome == "cancelled"


async def test_a_program_may_end_without_a_signal() -> None:
    program = Program()
    program.may_end.set()

    assert await run_until_signal(program.run(), on_stop=nothing) is None


async def test_what_the_program_raises_is_raised() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await run_until_signal(fail(), on_stop=nothing)


async def test_cancelling_from_outside_cancels_the_program() -> None:
    program = Program()
    task = await started(program, nothing)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert program.outcome == "cancelled"
