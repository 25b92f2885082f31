"""Go's own HPKE behind our envelopes and PEM blocks, built from a program of ours."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gitopskit.controlplane.build import GoModule

GO_HPKE: Final = GoModule(
    name="hpke",
    folder=Path(__file__).parents[1] / "tools" / "hpke",
    packages=("./hybridvalue",),
    cost="about 5 seconds",
)


@dataclass(frozen=True, slots=True)
class GoHpke:
    """The program."""

    program: Path

    def open(self, envelope: bytes, *, key: Path, label: bytes) -> bytes | None:
        """Return the value in an envelope, None if it does not open."""
        done = self._run("open", key, label, envelope)
        return done.stdout if done.returncode == 0 else None

    def seal(self, value: bytes, *, key: Path, label: bytes) -> bytes:
        """Return the envelope of a value."""
        done = self._run("seal", key, label, value)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _run(
        self, what: str, key: Path, label: bytes, data: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self.program, what, key, label], input=data, capture_output=True, check=False
        )
