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
_IDENTITY = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}


def read_with_kubectl(body: str) -> dict[str, Any] | None:
    """Return the fields that kubectl reads in a body of YAML, or None where it refuses it."""
    return _read(_HEAD + body)


def read_json_with_kubectl(fields: str) -> dict[str, Any] | None:
    """Return what kubectl reads in the fields of a JSON object, or None where it refuses it."""
    return _read(f"{json.dumps(_IDENTITY)[:-1]}, {fields}}}")


def _read(text: str) -> dict[str, Any] | None:
    completed = run(
        Command(
            argv=[str(KUBECTL), "label", "--local", "-f", "-", "-o", "json", "x=y"],
            environment={},
            stdin=text.encode(),
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
