"""Sealing as whole processes, beside kubeseal or the bare work on the same input.

What has a reference runs in turn with it, so that drift of the machine hits both alike; figures are
medians.
"""

from __future__ import annotations

import base64
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.cli import settings
from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import BuildSettings, build_module
from gitopskit.manifests.write import dump_documents
from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import open_value, seal_value
from gitopskit.sealing.keys import load_certificate, new_sealing_key, read_private_keys
from gitopskit.sealing.seal import SealOptions, seal_secret
from tests.benchmarks.figures import Figure, median_ms
from tests.support.kubeseal import KUBESEAL
from tests.support.sealing import write_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROUNDS: Final = 7
_FEW_ROUNDS: Final = 3
_SECRETS: Final = 1000
_ITEMS: Final = 2
_VERIFIED: Final = 2000
_OURS: Final = (sys.executable, "-m", "gitopskit", "seal")
_KUBESEAL: Final = "kubeseal 0.40.0"
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
_READ: Final = (
    "import pathlib, sys, yaml\n"
    "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
    "    list(yaml.load_all(path.read_bytes(), yaml.CSafeLoader))\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """A folder with an RSA-4096 key of the past and one of now, and the real kubeseal."""

    folder: Path
    kubeseal: str

    @property
    def old(self) -> Path:
        """The folder with the halves of the old key."""
        return self.folder / "old"

    @property
    def new(self) -> Path:
        """The folder with the halves of the new key."""
        return self.folder / "new"


def measure() -> list[Figure]:
    """Return the figures of sealing, setting, re-encrypting and verifying, with RSA-4096 keys."""
    with tempfile.TemporaryDirectory() as name:
        world = _World(folder=Path(name), kubeseal=str(_kubeseal()))
        for folder in (world.old, world.new):
            folder.mkdir()
            write_pair(new_sealing_key(now=datetime.now(UTC)), folder)
        return [
            _many(world),
            _one(world),
            _set(world),
            _reencrypted(world),
            _verified(world),
        ]


def _many(world: _World) -> Figure:
    ours, theirs = _sealed(world, secrets=_SECRETS)
    items = _SECRETS * _ITEMS
    return Figure(
        name=f"seal {_SECRETS} Secrets of {_ITEMS} items, YAML in and out",
        value=items / statistics.median(ours),
        unit="items/s",
        reference=items / statistics.median(theirs),
        reference_name=_KUBESEAL,
        aim="at least x2",
    )


def _one(world: _World) -> Figure:
    ours, theirs = _sealed(world, secrets=1)
    return Figure(
        name="seal one Secret, whole process",
        value=median_ms(ours),
        unit="ms",
        reference=median_ms(theirs),
        reference_name=_KUBESEAL,
        aim="at most 120 ms",
    )


def _sealed(world: _World, *, secrets: int) -> tuple[list[float], list[float]]:
    """Return the wall times of both programs for a file of so many Secrets."""
    source, target = world.folder / "secrets.yaml", world.folder / "sealed.yaml"
    source.write_text("---\n".join(_DOCUMENT.format(number=number) for number in range(secrets)))
    files = ("--format", "yaml", "-f", str(source), "-w", str(target))
    certificate = ("--cert", str(world.new / "tls.crt"))
    seconds = _in_turn(
        {
            "ours": lambda: _run(*_OURS, *certificate, *files),
            "theirs": lambda: _run(world.kubeseal, *certificate, *files),
        }
    )
    return seconds["ours"], seconds["theirs"]


def _set(world: _World) -> Figure:
    """Measure the change of one item of ten; kubeseal writes the whole file anew for that."""
    value, secret = world.folder / "value", world.folder / "secret.yaml"
    value.write_text("correct horse battery staple")
    secret.write_text(_DOCUMENT.format(number=0))
    ours, theirs = world.folder / "ours.yaml", world.folder / "theirs.yaml"
    for path in (ours, theirs):
        path.write_text(_sealed_text(world, number=0, items=10))
    certificate = ("--cert", str(world.old / "tls.crt"))
    change = ("set", str(ours), "item-3", "--from-file", str(value))
    merge = ("-f", str(secret), "--merge-into", str(theirs), "--format", "yaml")
    seconds = _in_turn(
        {
            "ours": lambda: _run(*_OURS, *change, *certificate),
            "theirs": lambda: _run(world.kubeseal, *merge, *certificate),
        }
    )
    return Figure(
        name="seal set of one item, whole process",
        value=median_ms(seconds["ours"]),
        unit="ms",
        reference=median_ms(seconds["theirs"]),
        reference_name=f"{_KUBESEAL} --merge-into",
    )


def _reencrypted(world: _World) -> Figure:
    """Measure a tree that needs it all; the reference opens as many values and does no more."""
    tree, fresh = world.folder / "tree", world.folder / "fresh"
    _write_tree(world, fresh, files=_SECRETS)
    keys = ("--from-key", str(world.old / "tls.key"), "--to-cert", str(world.new / "tls.crt"))

    def renew() -> None:
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(fresh, tree)

    seconds = _in_turn(
        {
            "ours": lambda: _run(*_OURS, "reencrypt", str(tree), *keys),
            "opening": _opening(world, values=_SECRETS * _ITEMS),
        },
        rounds=_FEW_ROUNDS,
        before=renew,
    )
    items = _SECRETS * _ITEMS
    return Figure(
        name=f"seal reencrypt of {items} items in {_SECRETS} files",
        value=items / statistics.median(seconds["ours"]),
        unit="items/s",
        reference=items / statistics.median(seconds["opening"]),
        reference_name=f"opening alone, {os.cpu_count()} threads",
        aim="at least 400 items/s",
    )


def _opening(world: _World, *, values: int) -> Callable[[], None]:
    """Return what opens an envelope so many times, on all processors."""
    certificate = load_certificate((world.old / "tls.crt").read_bytes(), where="tls.crt")
    (key,) = read_private_keys((world.old / "tls.key").read_bytes(), where="tls.key")
    blob = seal_value(Plaintext(b"value"), public_key=certificate.public_key, label=b"a/b")

    def once(_number: int) -> None:
        open_value(blob, private_keys=[key.key], label=b"a/b")

    def work() -> None:
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(once, range(values)))

    return work


def _verified(world: _World) -> Figure:
    tree = world.folder / "verified"
    _write_tree(world, tree, files=_VERIFIED)
    seconds = _in_turn(
        {
            "ours": lambda: _run(*_OURS, "verify", str(tree)),
            "reading": lambda: _run(sys.executable, "-c", _READ, str(tree)),
        },
        rounds=_FEW_ROUNDS,
    )
    return Figure(
        name=f"seal verify of {_VERIFIED} SealedSecrets, no key",
        value=median_ms(seconds["ours"]),
        unit="ms",
        reference=median_ms(seconds["reading"]),
        reference_name="PyYAML's CSafeLoader alone",
        aim="under 1500 ms",
    )


def _write_tree(world: _World, folder: Path, *, files: int) -> None:
    folder.mkdir()
    for number in range(files):
        text = _sealed_text(world, number=number, items=_ITEMS)
        (folder / f"secret-{number}.yaml").write_text(text)


def _sealed_text(world: _World, *, number: int, items: int) -> str:
    """Return a SealedSecret of the old key as we write it."""
    certificate = load_certificate((world.old / "tls.crt").read_bytes(), where="tls.crt")
    value = base64.b64encode(b"correct horse battery staple").decode()
    content = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"secret-{number}", "namespace": "shop"},
        "data": {f"item-{item}": value for item in range(items)},
    }
    return dump_documents([seal_secret(content, SealOptions(certificate=certificate))])


def _in_turn(
    works: Mapping[str, Callable[[], None]],
    *,
    rounds: int = _ROUNDS,
    before: Callable[[], object] = bool,
) -> dict[str, list[float]]:
    """Return the wall times of several works, one after the other in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        before()
        for name, work in works.items():
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def _run(*command: str) -> None:
    """Run a program; Python may keep what it compiled, as it does where somebody works with it."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    subprocess.run(command, check=True, capture_output=True, env=environment)


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
