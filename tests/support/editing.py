"""Sealed files to change, and editors that are shell scripts."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.manifests.documents import read_documents
from gitopskit.sealedfiles.memory_folder import memory_place
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.sealing import private_key_of, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Mapping

needs_memory = pytest.mark.skipif(
    memory_place([Path("/dev/shm")]) is None,  # noqa: S108 -- what the program itself looks for
    reason="this system has no /dev/shm in memory",
)

_SCRIPT: Final = """\
#!/bin/sh
# The editor of a test: notes which file it was given, and how that and its folder look.
for path; do :; done
echo "$path" >> {log}/paths
for each in "$path" "${{path%/*}}"; do ls -ld "$each" | cut -c1-10 >> {log}/modes; done
stat -f -c %T "$path" >> {log}/file-system 2>&1
cat "$path" > {log}/text
{script}
"""


@dataclass(frozen=True, slots=True)
class Editor:
    """A script to be put into EDITOR, and the folder with what it noted."""

    program: Path
    log: Path

    @property
    def paths(self) -> list[Path]:
        """Which files it was started with, in turn."""
        return [Path(line) for line in self._lines("paths")]

    @property
    def modes(self) -> list[str]:
        """The modes of the file and of its folder, as ``ls`` shows them, once per start."""
        return self._lines("modes")

    @property
    def text(self) -> str:
        """What it was given to edit the last time."""
        return (self.log / "text").read_text()

    def _lines(self, name: str) -> list[str]:
        path = self.log / name
        return path.read_text().splitlines() if path.exists() else []


def make_editor(folder: Path, script: str, *, name: str = "editor") -> Editor:
    """Write an editor that runs a shell script, with the file to edit as ``$path``."""
    program, log = folder / name, folder / f"{name}.log"
    log.mkdir()
    program.write_text(_SCRIPT.format(log=shlex.quote(str(log)), script=script))
    program.chmod(0o755)
    return Editor(program, log)


def opened(text: str, *, number: int = 0) -> Mapping[str, str]:
    """Return the values of the only SealedSecret of a text, with the key of that number."""
    (manifest,) = read_documents(text, path="sealed.yaml")
    keyring = Keyring([private_key_of(sealing_pair(number))])
    unsealed = unseal_secret(manifest.content, keyring=keyring)
    return {item: value.reveal().decode() for item, value in unsealed.data.items()}
