"""Hybrid keys beside RSA-4096: one value sealed and opened in turn, and a whole call of `seal`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import open_value, seal_value
from gitopskit.sealing.hybrid_keys import new_hybrid_key
from gitopskit.sealing.keys import KeyPair, load_certificate, new_sealing_key, read_private_keys
from tests.benchmarks.figures import Figure, median_ms

if TYPE_CHECKING:
    from collections.abc import Callable

_ROUNDS: Final = 9
_CALLS: Final = 100
_REFERENCE: Final = "RSA-4096"
_VALUE: Final = Plaintext(b"correct horse battery staple")
_LABEL: Final = b"shop/database"
_MANIFEST: Final = """\
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: shop}
stringData: {password: correct-horse, user: admin}
"""


def measure() -> list[Figure]:
    """Return the figures; the reference is the same work with an RSA key of 4096 bits."""
    now = datetime.now(UTC)
    pairs = (new_hybrid_key(now=now), new_sealing_key(now=now))
    return [
        _figure("seal one value, hybrid key", [_sealing(pair) for pair in pairs]),
        _figure("open one value, hybrid key", [_opening(pair) for pair in pairs]),
        _whole(pairs),
    ]


def _figure(name: str, works: list[Callable[[], object]]) -> Figure:
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for work, taken in zip(works, seconds, strict=True):
            started = time.perf_counter()
            for _ in range(_CALLS):
                work()
            taken.append((time.perf_counter() - started) / _CALLS)
    return Figure(
        name=name,
        value=median_ms(seconds[0]),
        unit="ms",
        reference=median_ms(seconds[1]),
        reference_name=_REFERENCE,
    )


def _sealing(pair: KeyPair) -> Callable[[], object]:
    public_key = load_certificate(pair.certificate_pem, where="public").public_key
    return lambda: seal_value(_VALUE, public_key=public_key, label=_LABEL)


def _opening(pair: KeyPair) -> Callable[[], object]:
    public_key = load_certificate(pair.certificate_pem, where="public").public_key
    (key,) = read_private_keys(pair.private_pem.reveal(), where="private")
    blob = seal_value(_VALUE, public_key=public_key, label=_LABEL)
    return lambda: open_value(blob, private_keys=[key.key], label=_LABEL)


def _whole(pairs: tuple[KeyPair, KeyPair]) -> Figure:
    """Measure `seal` of one Secret as a process, with each kind of key in turn."""
    seconds: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret.yaml").write_text(_MANIFEST)
        for number, pair in enumerate(pairs):
            (folder / f"{number}.pem").write_bytes(pair.certificate_pem)
        for _ in range(_ROUNDS):
            for number, taken in enumerate(seconds):
                started = time.perf_counter()
                _seal(folder, f"{number}.pem")
                taken.append(time.perf_counter() - started)
    return Figure(
        name="seal one Secret, hybrid key, whole process",
        value=median_ms(seconds[0]),
        unit="ms",
        reference=median_ms(seconds[1]),
        reference_name=_REFERENCE,
        aim="at most 120 ms with RSA",
    )


def _seal(folder: Path, certificate: str) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    subprocess.run(
        [
            *(sys.executable, "-m", "gitopskit", "seal"),
            *(folder / "secret.yaml", "--cert", folder / certificate),
        ],
        check=True,
        capture_output=True,
        env=environment,
    )
