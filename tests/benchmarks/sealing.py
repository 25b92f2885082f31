"""Sealing as whole processes, beside kubeseal on the same input."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.cli import settings
from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import BuildSettings, build_module
from gitopskit.sealing.keys import new_sealing_key
from tests.benchmarks.figures import Figure, median_ms
from tests.support.kubeseal import KUBESEAL
from tests.support.sealing import write_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUNDS: Final = 7
_SECRETS: Final = 1000
_ITEMS: Final = 2
_DOCUMENT: Final = """\
apiVersion: v1
kind: Secret
metadata:
  name: secret-{number}
  namespace: shop
type: Opaque
data:
  username: YWRtaW4=
  password: Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==
"""


def measure() -> list[Figure]:
    """Return items sealed per second and the time for one Secret, with an RSA-4096 key."""
    kubeseal = _kubeseal()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, certificate = write_pair(new_sealing_key(now=datetime.now(UTC)), folder)
        ours = (sys.executable, "-m", "gitopskit", "seal", "--cert", str(certificate))
        theirs = (str(kubeseal), "--cert", str(certificate))
        many, their_many = _compare(ours, theirs, secrets=_SECRETS, folder=folder)
        one, their_one = _compare(ours, theirs, secrets=1, folder=folder)
    items = _SECRETS * _ITEMS
    return [
        Figure(
            name=f"seal {_SECRETS} Secrets of {_ITEMS} items, YAML in and out",
            value=items / statistics.median(many),
            unit="items/s",
            reference=items / statistics.median(their_many),
            reference_name="kubeseal 0.40.0",
            aim="at least x1",
        ),
        Figure(
            name="seal one Secret, whole process",
            value=median_ms(one),
            unit="ms",
            reference=median_ms(their_one),
            reference_name="kubeseal 0.40.0",
            aim="under 200 ms",
        ),
    ]


def _compare(
    ours: Sequence[str], theirs: Sequence[str], *, secrets: int, folder: Path
) -> tuple[list[float], list[float]]:
    """Return the wall times of both programs, run in turn so that drift hits both alike."""
    source, target = folder / "secrets.yaml", folder / "sealed.yaml"
    source.write_text("---\n".join(_DOCUMENT.format(number=number) for number in range(secrets)))
    files = ("--format", "yaml", "-f", str(source), "-w", str(target))
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for program, took in zip((ours, theirs), seconds, strict=True):
            started = time.perf_counter()
            subprocess.run([*program, *files], check=True, capture_output=True)
            took.append(time.perf_counter() - started)
    return seconds


def _kubeseal() -> Path:
    found = settings.current()
    build = BuildSettings(
        cache_dir=found.cache_dir,
        path=found.path,
        kubebuilder_assets=found.kubebuilder_assets,
        go_environment=found.go_environment,
        clock=SystemClock(),
        progress=lambda line: print(line, file=sys.stderr),  # noqa: T201 -- for who waits
    )
    return build_module(KUBESEAL, build) / "kubeseal"
