"""A made-up secret value, the forms it can show in, and a look into everything that may hold it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.support.shims import install_shims

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LEAKWATCH = Path(__file__).parent / "leakwatch"
_PROJECT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Canary:
    """A value with quotes, a backslash and a line break, so that escaping is seen through."""

    value: bytes

    @property
    def forms(self) -> tuple[bytes, ...]:
        """Return every spelling in which the value would still be the value."""
        text = self.value.decode()
        once = base64.b64encode(self.value)
        escaped = json.dumps(text)[1:-1]
        spellings = {
            self.value,
            once,
            once.rstrip(b"="),
            base64.b64encode(once),
            escaped.encode(),
            json.dumps(escaped)[1:-1].encode(),
            repr(text)[1:-1].encode(),
            repr(self.value)[2:-1].encode(),
            self.value.hex().encode(),
            quote(text).encode(),
            max(text.splitlines(), key=len).encode(),
        }
        return tuple(spellings)

    def is_in(self, data: bytes) -> bool:
        """Tell whether one of the forms stands in the data."""
        return any(form in data for form in self.forms)


@dataclass(frozen=True, slots=True)
class Leak:
    """Where the canary was seen: the channel, and which part of it."""

    channel: str
    place: str


@dataclass
class Watch:
    """Runs programs so that nothing they do with the canary goes unseen."""

    canary: Canary
    folder: Path
    leaks: list[Leak] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the folders and the shims."""
        for name in ("temporary", "records", "home"):
            (self.folder / name).mkdir(parents=True)
        self._shims = install_shims(
            self.folder / "shims", ["git", "kubectl", "kustomize", "ssh", "ssh-add", "ssh-agent"]
        )

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a watched program."""
        kept = {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}
        return kept | {
            "PATH": self._shims.path,
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "temporary"),
            "PYTHONPATH": f"{_LEAKWATCH}:{_PROJECT}",
            "LEAKWATCH_FOLDER": str(self.folder / "records"),
            **(extra or {}),
        }

    def run(
        self,
        arguments: Sequence[str],
        *,
        stdin: bytes = b"",
        cwd: Path | None = None,
        shows_value_on: str = "",
        extra: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a Python program to its end and look at all it left.

        ``shows_value_on`` names the one channel whose purpose is to show the value.
        """
        environment = self.environment(extra)
        if any(self.canary.is_in(os.fsencode(argument)) for argument in arguments):
            # coverage notes the arguments of what it measures in a file of its own
            environment = {k: v for k, v in environment.items() if not k.startswith("COVERAGE_")}
        done = subprocess.run(
            [sys.executable, *arguments],
            input=stdin,
            cwd=cwd or self.folder,
            env=environment,
            capture_output=True,
            check=False,
            timeout=120,
        )
        label = " ".join(arguments[:4])
        for channel, data in (("stdout", done.stdout), ("stderr", done.stderr)):
            if channel != shows_value_on:
                self.look(channel, label, data)
        self.look_around()
        return done

    def look(self, channel: str, place: str, data: bytes) -> None:
        """Note a leak if the canary is in the data."""
        if self.canary.is_in(data):
            self.leaks.append(Leak(channel, place))

    def forgive_replacing(self, folder: Path) -> None:
        """Forget what was renamed inside a folder whose files are to hold the value."""
        for record in (self.folder / "records").glob("removed.*"):
            if record.read_bytes().startswith(f"{folder}/".encode()):
                record.unlink()

    def look_at_objects(self, channel: str, objects: Iterable[Mapping[str, Any]]) -> None:
        """Note a leak in any of these Kubernetes objects."""
        for content in objects:
            metadata = content.get("metadata") or {}
            place = f"{content.get('kind')}/{metadata.get('namespace')}/{metadata.get('name')}"
            self.look(channel, place, json.dumps(content).encode())

    def look_around(self) -> None:
        """Look into temporary files, records of removed ones, and every start of a program."""
        for path in (self.folder / "temporary").rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.look("temporary file", str(path), path.read_bytes())
        for path in (self.folder / "records").iterdir():
            self.look(path.name.partition(".")[0], path.name, path.read_bytes())
        for number, record in enumerate(self._shims.records()):
            self.look("shim", f"start {number}", record.encode(errors="replace"))
