"""The real kubectl of the test environment, as the judge of what a manifest means."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitopskit.process import Command, run

if TYPE_CHECKING:
    from collections.abc import Sequence

KUBECTL = Path(sys.executable).parent / "kubectl"

_HEAD = "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: a\n"


def read_with_kubectl(body: str) -> dict[str, Any] | None:
    """Return the fields that kubectl reads in a body of YAML, or None where it refuses it."""
    completed = run(
        Command(
            argv=[str(KUBECTL), "label", "--local", "-f", "-", "-o", "json", "x=y"],
            environment={},
            stdin=(_HEAD + body).encode(),
        )
    )
    if completed.exit_code != 0:
        return None
    content: dict[str, Any] = json.loads(completed.stdout)
    return {name: content[name] for name in content if name not in _OWN_FIELDS}


def kustomize_build(folder: Path, *, arguments: Sequence[str] = ()) -> bytes:
    """Return what `kubectl kustomize` makes of a folder; empty where it fails."""
    argv = [str(KUBECTL), "kustomize", str(folder), *arguments]
    completed = run(Command(argv=argv, environment={}))
    return completed.stdout if completed.exit_code == 0 else b""


_OWN_FIELDS = frozenset({"apiVersion", "kind", "metadata"})
