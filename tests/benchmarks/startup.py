"""How long `--version` and `--help` take as whole processes, beside bare Python."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Final

from tests.benchmarks.figures import Figure, median_ms

_ROUNDS: Final = 15


def measure() -> list[Figure]:
    """Return the wall time of three commands, run in turn so that drift hits all alike."""
    commands = {
        "bare": [sys.executable, "-c", "pass"],
        "version": [sys.executable, "-m", "gitopskit", "--version"],
        "help": [sys.executable, "-m", "gitopskit", "--help"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(_ROUNDS):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - started)
    bare = median_ms(seconds["bare"])
    return [
        Figure(
            name=f"gitopskit --{name}, wall",
            value=median_ms(seconds[name]),
            unit="ms",
            reference=bare,
            reference_name="python -c pass",
            aim=aim,
        )
        for name, aim in (("version", "< 80 ms"), ("help", "< 150 ms"))
    ]
