"""Replicas of a controller as real processes, and who of them leads."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.process import Command, start, stop
from tests.support.polling import eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

_START_SECONDS = 30.0


@dataclass
class Replica:
    """One process with a log of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def lines(self) -> list[JsonObject]:
        """Return what it has logged."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{")]

    def has(self, event: str, *, times: int = 1) -> bool:
        """Tell whether it has logged an event so often."""
        return [line["event"] for line in self.lines()].count(event) >= times

    def identity(self) -> str:
        """Return the name under which it leads, or led last; empty if it never did."""
        held = [line["holder"] for line in self.lines() if line["event"] == "lease_acquired"]
        return held[-1] if held else ""

    async def until(self, event: str, *, times: int = 1) -> None:
        await eventually(lambda: self.has(event, times=times), timeout_seconds=_START_SECONDS)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it, as a node that fails does, and wait until it is gone."""
        self.process.kill()
        self.process.wait()


@contextmanager
def replica(
    kubeconfig: Path, log: Path, *flags: str, controller: str = "unsealer"
) -> Iterator[Replica]:
    """Run one controller for the length of a block."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(log.parent),
        "KUBECONFIG": str(kubeconfig),
    }
    argv = (sys.executable, "-m", "gitopskit", controller, "run", *flags)
    process = start(Command(argv=argv, environment=environment), output=log)
    try:
        yield Replica(process, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
        stop(process)


@contextmanager
def two_reconcilers(
    kubeconfig: Path, cache_dir: Path, folder: Path, *, poll_seconds: str = "0.5"
) -> Iterator[tuple[Replica, Replica]]:
    """Run two reconcilers that poll so often, with logs in a folder, for the length of a block."""

    def flags(name: str) -> tuple[str, ...]:
        cache = str(cache_dir / name)
        polls = ("--poll-seconds", poll_seconds)
        return ("--allow-local-repositories", *polls, "--cache-dir", cache)

    with (
        replica(kubeconfig, folder / "1.log", *flags("1"), controller="reconciler") as first,
        replica(kubeconfig, folder / "2.log", *flags("2"), controller="reconciler") as second,
    ):
        yield first, second


async def leader_first(one: Replica, other: Replica) -> tuple[Replica, Replica]:
    """Return who leads, then who follows."""
    for each in (one, other):
        await each.until("listening")
    await eventually(lambda: bool(one.identity() or other.identity()), timeout_seconds=20)
    return (one, other) if one.identity() else (other, one)
